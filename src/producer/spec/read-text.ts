import { open } from 'node:fs/promises';
import { UserError } from '../../shared/errors.ts';

/** What is larger would not fit into a factory state, and takes the YAML parser long. */
export const MAX_TEXT_BYTES = 1024 * 1024;

/**
 * The text of a file in UTF-8, without a byte order mark. Pipes can be read too.
 *
 * @throws UserError for what is missing, unreadable, longer than `maxBytes` (without reading it whole) or no UTF-8
 */
export async function readText(path: string, what: string, maxBytes = MAX_TEXT_BYTES): Promise<string> {
  try {
    await using file = await open(path, 'r');
    const chunks: Buffer[] = [];
    let bytes = 0;
    for await (const chunk of file.createReadStream({ end: maxBytes, autoClose: false })) {
      chunks.push(chunk);
      bytes += chunk.length;
    }
    if (bytes > maxBytes) {
      throw new UserError(`${what}, ${path}: expected at most ${maxBytes} bytes, got more: shorten it`);
    }
    return new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(chunks));
  } catch (cause) {
    if (cause instanceof UserError) throw cause;
    const { code } = cause as NodeJS.ErrnoException;
    if (code === 'ERR_ENCODING_INVALID_ENCODED_DATA') {
      throw new UserError(`${what}, ${path}: it is not text in UTF-8: save it as UTF-8`, { cause });
    }
    const why = code === 'ENOENT' ? 'there is no such file' : `it cannot be read (${code})`;
    throw new UserError(`${what}, ${path}: ${why}`, { cause });
  }
}
