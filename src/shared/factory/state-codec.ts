import type { z } from 'zod';
import { copyUntrustedJson, FactoryStateError, type Json, parseUntrustedJson } from './untrusted-json.ts';
import { formatPath, isPlainObject, kindOf } from './value-path.ts';

const MAX_FAULTS_LISTED = 5;

/** What every encoded state begins with: which class reads it, and in which version of its shape. */
export interface StateEnvelope {
  readonly type: string;
  readonly version: number;
}

/** One kind of state: its tag, the version this program writes (and the newest it reads), and its strict schema. */
export interface StateKind<State extends StateEnvelope> {
  readonly type: State['type'];
  readonly version: State['version'];
  readonly schema: z.ZodType<State>;
}

/** The part of a state that its owner supplies; the codec adds the envelope. */
export type StateFields<State extends StateEnvelope> = Omit<State, keyof StateEnvelope>;

/**
 * Encodes fields as a state: a checked deep copy that shares nothing with its source and that `JSON.stringify`
 * keeps whole. What encodes also decodes, because both sides run the same checks. Throws FactoryStateError.
 */
export function encodeState<State extends StateEnvelope>(
  kind: StateKind<State>,
  fields: StateFields<State>,
): State {
  return decodeState(kind, { ...fields, type: kind.type, version: kind.version });
}

/**
 * Decodes a state, given as JSON text or as a value, into a deep copy. Throws FactoryStateError for hostile or
 * oversized input, another type, an unknown version, or fields that the schema refuses (unknown ones included).
 */
export function decodeState<State extends StateEnvelope>(kind: StateKind<State>, state: unknown): State {
  const copy = readState(state);
  const { type, version } = readEnvelope(copy);
  if (type !== kind.type) {
    throw new FactoryStateError(`expected a state of type "${kind.type}", got "${type}"`, ['type']);
  }
  if (version > kind.version) {
    throw new FactoryStateError(
      `this ${type} state has version ${version}, but this program reads versions up to ${kind.version}: upgrade persona-fleet`,
      ['version'],
    );
  }
  return parseWith(kind.schema, copy, `${type} state`);
}

/** JSON text or a value → a checked deep copy. */
export function readState(state: unknown): Json {
  return typeof state === 'string' ? parseUntrustedJson(state) : copyUntrustedJson(state);
}

/** The type and version of a checked state, to find out who decodes it. */
export function readEnvelope(state: Json): StateEnvelope {
  if (!isPlainObject(state)) {
    throw new FactoryStateError(`expected a state with "type" and "version", got ${kindOf(state)}`);
  }
  const { type, version } = state;
  if (typeof type !== 'string') {
    throw new FactoryStateError(`expected a string at $.type, got ${kindOf(type)}`, ['type']);
  }
  if (typeof version !== 'number' || !Number.isInteger(version) || version < 1) {
    const got = typeof version === 'number' ? version : kindOf(version);
    throw new FactoryStateError(`expected a version of at least 1 at $.version, got ${got}`, ['version']);
  }
  return { type, version };
}

/** Validates against a schema; FactoryStateError lists the first faults and carries the path of the first. */
export function parseWith<T>(schema: z.ZodType<T>, value: unknown, what: string): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const { issues } = result.error;
  const listed = issues
    .slice(0, MAX_FAULTS_LISTED)
    .map((issue) => `${formatPath(issue.path)}: ${plainly(issue.message)}`)
    .join('; ');
  const more = issues.length > MAX_FAULTS_LISTED ? `; and ${issues.length - MAX_FAULTS_LISTED} more` : '';
  throw new FactoryStateError(`invalid ${what}: ${listed}${more}`, issues[0]?.path ?? []);
}

/** The schema library's words for a value of another type, in ours. */
function plainly(message: string): string {
  return message
    .replace(/^Invalid [a-z]+: /, '')
    .replace(/, received undefined$/, ', got nothing')
    .replace(/, received (\S+)$/, ', got $1');
}
