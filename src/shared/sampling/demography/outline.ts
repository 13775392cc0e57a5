import type { Json } from '../../factory/untrusted-json.ts';
import { isJsonMap, isRemark, type JsonMap } from './shares.ts';

/** Entries that are not to be written: which keys of which maps. */
export type Omitted = ReadonlyMap<JsonMap, ReadonlySet<string>>;

const INDENT = '  ';

/**
 * A document as text for a prompt: title and description first, then a line an entry, indented by depth. Texts stay as people
 * wrote them. Entries that are omitted leave nothing behind, nor do maps that are empty without them, nor the sources of
 * shares that were all omitted.
 */
export function outline(document: JsonMap, omitted: Omitted): string {
  const lines: string[] = [];
  const opening = new Set<string>();
  for (const wanted of ['title', 'description']) {
    const key = Object.keys(document).find((key) => key.trim().toLowerCase() === wanted);
    const text = key === undefined ? undefined : document[key];
    if (key === undefined || typeof text !== 'string' || omitted.get(document)?.has(key)) continue;
    opening.add(key);
    if (text.trim() !== '') lines.push(text.trim());
  }
  const rest = visibleEntries(document, omitted).filter(([key]) => !opening.has(key));
  for (const [key, value] of rest) {
    // TinyTroupe's files hold everything in one map of this name.
    if (key === 'content' && isJsonMap(value)) writeMap(value, '', omitted, lines);
    else writeEntry(key, value, '', omitted, lines);
  }
  return lines.join('\n');
}

function writeMap(map: JsonMap, indent: string, omitted: Omitted, lines: string[]): void {
  for (const [key, value] of visibleEntries(map, omitted)) writeEntry(key, value, indent, omitted, lines);
}

function visibleEntries(map: JsonMap, omitted: Omitted): [string, Json][] {
  const without = omitted.get(map);
  const entries = Object.entries(map);
  if (without === undefined) return entries;
  const left = entries.filter(([key]) => !without.has(key));
  return left.every(([key, value]) => isRemark(key, value) && /^sources?$/i.test(key.trim())) ? [] : left;
}

function writeEntry(key: string, value: Json, indent: string, omitted: Omitted, lines: string[]): void {
  writeValue(`${indent}${key.replace(/\s+/gu, ' ').trim()}:`, value, indent + INDENT, omitted, lines);
}

/** Writes `head` with the value behind it or, indented, below it; nothing at all for an empty value. */
function writeValue(head: string, value: Json, indent: string, omitted: Omitted, lines: string[]): void {
  if (value === null || value === '') return;
  if (typeof value !== 'object') {
    const text = String(value);
    lines.push(
      text.includes('\n') ? `${head}\n${indent}${text.replaceAll('\n', `\n${indent}`)}` : `${head} ${text}`,
    );
    return;
  }
  const start = lines.length;
  lines.push(head);
  if (Array.isArray(value)) writeList(value, head, indent, omitted, lines);
  else writeMap(value, indent, omitted, lines);
  if (lines.length === start + 1 && lines[start] === head) lines.pop();
}

function writeList(
  items: readonly Json[],
  head: string,
  indent: string,
  omitted: Omitted,
  lines: string[],
): void {
  const words = items.filter((item) => typeof item !== 'object').map(String);
  if (words.length < items.length || words.some((word) => word.includes('\n'))) {
    for (const item of items) writeValue(`${indent}-`, item, indent + INDENT, omitted, lines);
  } else if (words.length > 0) {
    lines[lines.length - 1] = `${head} ${words.join(words.some((word) => word.includes(',')) ? '; ' : ', ')}`;
  }
}
