import { UserError } from '../../shared/errors.ts';
import type { Json } from '../../shared/factory/untrusted-json.ts';
import { copyDocument } from '../../shared/sampling/demography/copy-document.ts';
import { MAX_DEMOGRAPHY_BYTES } from '../../shared/sampling/demography/demography-file.ts';
import { parseJsonText } from '../../shared/sampling/demography/json-text.ts';
import { parseYaml } from './parse-yaml.ts';
import { MAX_TEXT_BYTES, readText } from './read-text.ts';

/**
 * What a file says: one that ends in `.json` is JSON, and may be as large as a demography, before anybody knows whether it
 * is one; every other is YAML. Both refuse repeated keys, what is too deep, and keys like `__proto__`.
 *
 * @throws UserError of one line
 */
export async function readDocument(path: string, what: string): Promise<Json> {
  if (!/\.json$/i.test(path)) return parseYaml(path, await readText(path, what, MAX_TEXT_BYTES));
  const text = await readText(path, what, MAX_DEMOGRAPHY_BYTES);
  let parsed: unknown;
  try {
    parsed = parseJsonText(text);
  } catch (cause) {
    if (!(cause instanceof SyntaxError)) throw cause;
    throw new UserError(`${path} is not valid JSON: ${cause.message}`, { cause });
  }
  return copyDocument(path, parsed, MAX_DEMOGRAPHY_BYTES);
}
