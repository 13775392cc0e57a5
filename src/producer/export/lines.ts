import { createReadStream } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';

const NEWLINE = 0x0a;
/** Longer than a line ever is: people are a few KB. */
const LAST_LINE_BYTES = 1 << 20;
/** Of lines of a few KB. */
const RUN = 128;

/** The slot that an exported JSON line begins with; undefined for anything else. */
export function slotOfLine(line: string): number | undefined {
  const slot = /^\{"slot":(\d{1,9}),/.exec(line)?.[1];
  return slot === undefined ? undefined : Number(slot);
}

/** Whose line it is; undefined for what is no exported person. */
export function personOfLine(
  line: string,
): { slot: number; simulation: string; population: string } | undefined {
  const slot = slotOfLine(line);
  if (slot === undefined) return undefined;
  try {
    const { simulation, population } = JSON.parse(line).provenance;
    if (typeof simulation !== 'string' || typeof population !== 'string') return undefined;
    return { slot, simulation, population };
  } catch {
    return undefined; // torn, or somebody else's
  }
}

/**
 * The whole lines of a file from this byte on. What follows its last line break is left out, or, with `torn`, comes last, where
 * there is anything.
 */
export async function* linesFrom(
  path: string,
  start: number,
  { torn = false }: { readonly torn?: boolean } = {},
): AsyncGenerator<string> {
  // Not `readline`, which ends lines at U+2028 too, and JSON may hold that.
  let rest: Buffer = Buffer.alloc(0);
  for await (const chunk of createReadStream(path, { start })) {
    const known: Buffer = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    let from = 0;
    for (let end = known.indexOf(NEWLINE); end >= 0; end = known.indexOf(NEWLINE, from)) {
      yield known.toString('utf8', from, end);
      from = end + 1;
    }
    rest = known.subarray(from);
  }
  if (torn && rest.length > 0) yield rest.toString('utf8');
}

/** Neighbours with the same key together, in their order and some at a time, for whoever asks Redis about them. */
export async function* runsOf<T>(
  items: AsyncIterable<T>,
  keyOf: (item: T) => string | number | undefined,
): AsyncGenerator<T[]> {
  let run: T[] = [];
  let key: string | number | undefined;
  for await (const item of items) {
    const itemKey = keyOf(item);
    if (run.length === RUN || (run.length > 0 && itemKey !== key)) {
      yield run;
      run = [];
    }
    key = itemKey;
    run.push(item);
  }
  if (run.length > 0) yield run;
}

/** The line that ends right before this byte; undefined when none does. */
export async function lineEndingAt(file: FileHandle, end: number): Promise<string | undefined> {
  const length = Math.min(end, LAST_LINE_BYTES);
  const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, end - length);
  if (length === 0 || bytesRead < length || buffer[length - 1] !== NEWLINE) return undefined;
  const text = buffer.subarray(0, length - 1);
  return text.toString('utf8', text.lastIndexOf(NEWLINE) + 1);
}

/** Line breaks before this byte. */
export async function countLines(path: string, end: number): Promise<number> {
  if (end === 0) return 0;
  let lines = 0;
  for await (const chunk of createReadStream(path, { end: end - 1 })) {
    const bytes: Buffer = chunk;
    for (let at = bytes.indexOf(NEWLINE); at >= 0; at = bytes.indexOf(NEWLINE, at + 1)) lines += 1;
  }
  return lines;
}
