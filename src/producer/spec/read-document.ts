import { isJsonPath, parseDocument } from '../../shared/documents/parse-document.ts';
import { type Json, stateLimits } from '../../shared/factory/untrusted-json.ts';
import { MAX_DEMOGRAPHY_BYTES } from '../../shared/sampling/demography/demography-file.ts';
import { MAX_TEXT_BYTES, readText } from './read-text.ts';

/**
 * What a file says, see `parseDocument`; one that is JSON may be as large as a demography, before anybody knows whether it
 * is one.
 *
 * @throws UserError of one line
 */
export async function readDocument(path: string, what: string): Promise<Json> {
  if (isJsonPath(path)) {
    return parseDocument(path, await readText(path, what, MAX_DEMOGRAPHY_BYTES), MAX_DEMOGRAPHY_BYTES);
  }
  return parseDocument(path, await readText(path, what, MAX_TEXT_BYTES), stateLimits.maxBytes);
}
