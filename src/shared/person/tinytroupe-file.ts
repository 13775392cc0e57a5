import { randomBytes } from 'node:crypto';
import { open, rename, rm } from 'node:fs/promises';
import { explain, UserError } from '../errors.ts';
import {
  copyUntrustedJson,
  type Json,
  type JsonLimits,
  parseUntrustedJson,
} from '../factory/untrusted-json.ts';
import { kindOf } from '../factory/value-path.ts';
import { isJsonObject, type JsonObject } from './merge.ts';

/** TinyTroupe's two kinds of file: a whole person, and definitions to merge into one. */
export type SpecificationType = 'TinyPerson' | 'Fragment';

/** `{ "type": "TinyPerson", "persona": { … } }`; other keys (TinyTroupe's memories, our provenance) may stand beside. */
export interface SpecificationDocument {
  readonly type: SpecificationType;
  readonly persona: JsonObject;
  readonly [key: string]: Json;
}

/** TinyTroupe saves a person's memory in the same file, so files may be larger than states. */
const fileLimits: JsonLimits = { maxDepth: 32, maxBytes: 16 * 1024 * 1024 };

/**
 * Reads a document of the expected type from a file (given by its path) or from an object, as a checked deep copy
 * that shares nothing with its source. Throws UserError that names the file.
 */
export async function readSpecification(
  pathOrObject: string | object,
  expected: SpecificationType,
): Promise<SpecificationDocument> {
  const source = typeof pathOrObject === 'string' ? pathOrObject : `this ${expected} object`;
  try {
    const content =
      typeof pathOrObject === 'string'
        ? parseUntrustedJson(await readText(pathOrObject), fileLimits)
        : copyUntrustedJson(pathOrObject, fileLimits);
    return checkDocument(content, expected);
  } catch (cause) {
    if (!(cause instanceof UserError) && !isSystemError(cause)) throw cause;
    throw new UserError(`cannot load a ${expected} from ${source}: ${explain(cause)}`, { cause });
  }
}

/**
 * Writes a document, indented, under a temporary name beside the target, flushes it and renames it: after a crash or
 * on a full disk the target is what it was before. The folder must exist. Throws UserError that names the file.
 */
export async function writeSpecification(path: string, document: SpecificationDocument): Promise<void> {
  const temporary = `${path}.${randomBytes(6).toString('hex')}.tmp`;
  try {
    await writeAndFlush(temporary, `${JSON.stringify(document, null, 2)}\n`);
    await rename(temporary, path);
  } catch (cause) {
    // The failure to report is the first one, not that of a folder in which nothing can be removed either.
    await rm(temporary, { force: true }).catch(() => undefined);
    throw new UserError(`cannot save ${path}: ${explain(cause)}`, { cause });
  }
}

async function writeAndFlush(path: string, text: string): Promise<void> {
  await using file = await open(path, 'wx');
  await file.writeFile(text);
  await file.sync();
}

async function readText(path: string): Promise<string> {
  await using file = await open(path, 'r');
  // Before the content is in memory: the path may name anything.
  const { size } = await file.stat();
  if (size > fileLimits.maxBytes) {
    throw new UserError(`expected at most ${fileLimits.maxBytes} bytes, got ${size}`);
  }
  // Awaited here: the handle closes when this function ends.
  return await file.readFile('utf8');
}

function checkDocument(content: Json, expected: SpecificationType): SpecificationDocument {
  if (!isJsonObject(content)) throw new UserError(`expected an object, got ${kindOf(content)}`);
  const { type, persona } = content;
  if (type !== expected) {
    const got = typeof type === 'string' ? JSON.stringify(type) : kindOf(type);
    throw new UserError(`expected "type": "${expected}", got ${got}`);
  }
  if (!isJsonObject(persona)) throw new UserError(`expected an object at $.persona, got ${kindOf(persona)}`);
  return { ...content, type, persona };
}

function isSystemError(error: unknown): boolean {
  return error instanceof Error && 'code' in error && 'syscall' in error;
}
