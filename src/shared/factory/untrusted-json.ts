import { UserError } from '../errors.ts';
import { formatPath, isPlainObject, kindOf, type ValuePath } from './value-path.ts';

/** What can stand in a state: JSON, nothing else. */
export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

export interface JsonLimits {
  /** Containers inside containers, the outermost counted. */
  readonly maxDepth: number;
  /** Bytes of the compact JSON text in UTF-8. */
  readonly maxBytes: number;
}

/** A state travels through Redis with every population; what is larger belongs in a file of its own. */
export const stateLimits: JsonLimits = { maxDepth: 32, maxBytes: 1024 * 1024 };

const FORBIDDEN_KEYS: ReadonlySet<string> = new Set(['__proto__', 'constructor', 'prototype']);

/** A state that cannot be used: not JSON, hostile, too large, of another type, or from a newer version. */
export class FactoryStateError extends UserError {
  override readonly name = 'FactoryStateError';
  /** Where in the state, for instance `$.dimensions[2].values`. */
  readonly path: string;

  constructor(message: string, path: ValuePath = [], options: { cause?: unknown } = {}) {
    super(message, options);
    this.path = formatPath(path);
  }
}

/**
 * Parses JSON text from outside and checks it like `copyUntrustedJson`, before any schema library touches it:
 * an own `__proto__` key survives `JSON.parse` and turns into a changed prototype at the first `Object.assign`.
 */
export function parseUntrustedJson(text: string, limits: JsonLimits = stateLimits): Json {
  const bytes = Buffer.byteLength(text);
  if (bytes > limits.maxBytes) throw tooLarge(limits, `got ${bytes}`);
  let parsed: unknown;
  try {
    parsed = JSON.parse(text.replace(/^\uFEFF/, ''));
  } catch (cause) {
    throw new FactoryStateError('expected JSON text, but it does not parse', [], { cause });
  }
  return copyUntrustedJson(parsed, limits);
}

/**
 * A deep copy that is JSON through and through, or FactoryStateError with the path of the first offending value.
 *
 * Refuses own keys `__proto__`, `constructor` and `prototype` at any depth, values that JSON lacks, and what passes
 * the limits. Every property is read once, so that a getter or proxy cannot answer the check and the copy
 * differently; bytes are counted on the way, so that a small graph of shared references cannot unfold into a huge tree.
 */
export function copyUntrustedJson(value: unknown, limits: JsonLimits = stateLimits): Json {
  return new Copier(limits).copy(value, 0);
}

class Copier {
  readonly #limits: JsonLimits;
  readonly #path: PropertyKey[] = [];
  #bytes = 0;

  constructor(limits: JsonLimits) {
    this.#limits = limits;
  }

  copy(value: unknown, depth: number): Json {
    if (value === null || typeof value === 'boolean' || typeof value === 'string') return this.#scalar(value);
    if (typeof value === 'number' && Number.isFinite(value))
      return this.#scalar(Object.is(value, -0) ? 0 : value);
    const isArray = Array.isArray(value);
    if (!isArray && !isPlainObject(value)) {
      throw new FactoryStateError(
        `expected a JSON value at ${formatPath(this.#path)}, got ${kindOf(value)}`,
        this.#path,
      );
    }
    if (depth >= this.#limits.maxDepth) {
      throw new FactoryStateError(
        `expected at most ${this.#limits.maxDepth} levels of nesting, got more at ${formatPath(this.#path)}`,
        this.#path,
      );
    }
    return isArray ? this.#array(value, depth) : this.#object(value, depth);
  }

  #array(items: readonly unknown[], depth: number): Json[] {
    this.#count(2 + Math.max(0, items.length - 1));
    return Array.from(items, (item, index) => this.#child(index, item, depth));
  }

  #object(source: Record<string, unknown>, depth: number): { [key: string]: Json } {
    const keys = Object.keys(source);
    this.#count(2 + Math.max(0, keys.length - 1));
    const copy: { [key: string]: Json } = {};
    for (const key of keys) {
      if (FORBIDDEN_KEYS.has(key)) {
        const path = [...this.#path, key];
        throw new FactoryStateError(
          `the key "${key}" is not allowed, at ${formatPath(path)}: rename it`,
          path,
        );
      }
      this.#count(Buffer.byteLength(JSON.stringify(key)) + 1);
      copy[key] = this.#child(key, source[key], depth);
    }
    return copy;
  }

  #child(step: PropertyKey, value: unknown, depth: number): Json {
    this.#path.push(step);
    const copy = this.copy(value, depth + 1);
    this.#path.pop();
    return copy;
  }

  #scalar<T extends null | boolean | number | string>(value: T): T {
    this.#count(Buffer.byteLength(JSON.stringify(value)));
    return value;
  }

  #count(bytes: number): void {
    this.#bytes += bytes;
    if (this.#bytes > this.#limits.maxBytes) throw tooLarge(this.#limits, 'got more', this.#path);
  }
}

function tooLarge(limits: JsonLimits, got: string, path: ValuePath = []): FactoryStateError {
  return new FactoryStateError(
    `expected at most ${limits.maxBytes} bytes of JSON, ${got}, at ${formatPath(path)}: shorten it`,
    path,
  );
}
