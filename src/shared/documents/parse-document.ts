import { UserError } from '../errors.ts';
import type { Json } from '../factory/untrusted-json.ts';
import { copyDocument } from '../sampling/demography/copy-document.ts';
import { parseJsonText } from '../sampling/demography/json-text.ts';
import { parseYaml } from './parse-yaml.ts';

/** Whether a file is JSON; every other one is YAML. */
export function isJsonPath(path: string): boolean {
  return /\.json$/i.test(path);
}

/**
 * What the text of a file says: JSON where its path ends in `.json`, else YAML. Both refuse repeated keys, what is too deep,
 * and keys like `__proto__`.
 *
 * @throws UserError of one line
 */
export function parseDocument(path: string, text: string, maxBytes: number): Json {
  if (!isJsonPath(path)) return parseYaml(path, text, maxBytes);
  let parsed: unknown;
  try {
    parsed = parseJsonText(text);
  } catch (cause) {
    if (!(cause instanceof SyntaxError)) throw cause;
    throw new UserError(`${path} is not valid JSON: ${cause.message}`, { cause });
  }
  return copyDocument(path, parsed, maxBytes);
}
