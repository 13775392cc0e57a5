import { open } from 'node:fs/promises';
import { explain, UserError } from '../../errors.ts';
import { parseJsonText } from './json-text.ts';

/** Descriptions are a few kilobytes; what is larger than this is another kind of file. */
export const MAX_DEMOGRAPHY_BYTES = 16 * 1024 * 1024;

const BEGINS_LIKE_JSON = /^\uFEFF?\s*[{["]/;
const MAX_PATH_SHOWN = 200;

/** Reads and parses a JSON file. Throws one UserError that says what to do, also for free text, which is another thing. */
export async function readDemographyFile(path: string): Promise<unknown> {
  if (path.includes('\n') || BEGINS_LIKE_JSON.test(path)) {
    throw new UserError(
      `the demography: expected the path of a JSON file or an object, got text that begins ${JSON.stringify(path.slice(0, 40))}: parse JSON first, and give free text as samplingSpaceDescription`,
    );
  }
  const text = await readText(path);
  try {
    return parseJsonText(text);
  } catch (cause) {
    const problem = BEGINS_LIKE_JSON.test(text)
      ? `it is not valid JSON (${(cause as SyntaxError).message})`
      : 'that is free text: use samplingSpaceDescription for it';
    throw new UserError(`${place(path)}: expected a JSON file, but ${problem}`, { cause });
  }
}

/** How a file is called in messages. */
export function place(path: string): string {
  return `the demography ${path.slice(0, MAX_PATH_SHOWN)}`;
}

async function readText(path: string): Promise<string> {
  try {
    await using file = await open(path, 'r');
    const facts = await file.stat();
    if (!facts.isFile()) throw new UserError(`${place(path)}: expected a JSON file, got something else`);
    if (facts.size > MAX_DEMOGRAPHY_BYTES) {
      throw new UserError(
        `${place(path)}: expected at most ${MAX_DEMOGRAPHY_BYTES} bytes, got ${facts.size}: shorten it`,
      );
    }
    return new TextDecoder('utf-8', { fatal: true }).decode(await file.readFile());
  } catch (cause) {
    if (cause instanceof UserError) throw cause;
    const code = (cause as NodeJS.ErrnoException).code;
    const why =
      code === 'ENOENT'
        ? 'there is no such file'
        : code === 'ERR_ENCODING_INVALID_ENCODED_DATA'
          ? 'it is not text in UTF-8: save it as UTF-8'
          : `it cannot be read (${code ?? explain(cause)})`;
    throw new UserError(`${place(path)}: ${why}`, { cause });
  }
}
