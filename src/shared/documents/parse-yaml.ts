import { type Document, isAlias, isCollection, isMap, isPair, isScalar, parseDocument } from 'yaml';
import { explain, UserError } from '../errors.ts';
import type { Json } from '../factory/untrusted-json.ts';
import { copyDocument, MAX_DEPTH } from '../sampling/demography/copy-document.ts';
import { describeRepeatedKey, lineAndColumn } from '../sampling/demography/json-text.ts';

/** Each costs the parser a walk through the document. */
const MAX_ALIASES = 100;

const MAX_MESSAGE_CHARACTERS = 200;
const TOO_DEEP = `expected at most ${MAX_DEPTH} levels of nesting, got more`;

/**
 * What a YAML file says, as plain JSON. Keys like `__proto__`, which schemas pass over in silence, are refused.
 *
 * @throws UserError of one line for what is no YAML, too deep or too large, whatever it tries, and in seconds
 */
export function parseYaml(path: string, text: string, maxBytes: number): Json {
  try {
    // Left to ourselves is what takes the parser minutes for a hostile megabyte: comparing each key with all others of its
    // map, and quoting the line of each of a million errors.
    const document = parseDocument(text, { uniqueKeys: false, prettyErrors: false });
    const fault = syntaxFault(document, text) ?? faultOf(document, text);
    if (fault !== undefined) throw new Error(fault);
    // Aliases are resolved here: unknown ones, and those that unfold into gigabytes, are found only now.
    return copyDocument(path, document.toJS(), maxBytes);
  } catch (cause) {
    if (cause instanceof UserError) throw cause;
    const [line = ''] = explain(cause).split('\n');
    // The parser calls itself for every level.
    const why = line.startsWith('Maximum call stack size exceeded') ? TOO_DEEP : line;
    throw new UserError(`${path} is not valid YAML: ${why}`, { cause });
  }
}

function syntaxFault({ errors: [first] }: Document.Parsed, text: string): string | undefined {
  return first && `${first.message.slice(0, MAX_MESSAGE_CHARACTERS)} ${lineAndColumn(text, first.pos[0])}`;
}

/** What the parser lets pass: depth, keys that are written twice, and more aliases than anybody writes by hand. */
function faultOf(document: Document.Parsed, text: string): string | undefined {
  const open: { readonly node: unknown; readonly depth: number }[] = [{ node: document.contents, depth: 0 }];
  let aliases = 0;
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const { node, depth } = next;
    if (isAlias(node)) aliases += 1;
    if (aliases > MAX_ALIASES) return `expected at most ${MAX_ALIASES} aliases, got more`;
    if (!isCollection(node)) continue;
    if (depth >= MAX_DEPTH) return TOO_DEEP;
    const twice = isMap(node) ? keyTwice(node.items) : undefined;
    if (twice !== undefined) return describeRepeatedKey(twice.name, text, twice.offset);
    for (const item of node.items) {
      if (isPair(item))
        open.push({ node: item.key, depth: depth + 1 }, { node: item.value, depth: depth + 1 });
      else open.push({ node: item, depth: depth + 1 });
    }
  }
  return undefined;
}

/** The key that the map has already, and where it stands again. As a key of an object, 1 is "1". */
function keyTwice(items: readonly { readonly key: unknown }[]): { name: string; offset: number } | undefined {
  const keys = new Set<string>();
  for (const { key } of items) {
    if (!isScalar(key)) continue;
    const name = String(key.value);
    if (keys.has(name)) return { name, offset: key.range?.[0] ?? 0 };
    keys.add(name);
  }
  return undefined;
}
