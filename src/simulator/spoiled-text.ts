import type { FaultKind } from './faults.ts';
import type { Random } from './seeded-random.ts';

/** Content faults that apply to JSON of any shape. */
export function spoil(json: string, fault: FaultKind | undefined, random: Random): string {
  if (fault === 'fenced_json') return fence(json);
  if (fault !== 'invalid_json') return json;
  // The two ways models really do it: an unescaped quote inside a text, and stopping early while claiming to be done.
  const middle = json.indexOf(' ', Math.floor(json.length / 2));
  if (middle !== -1 && random.next() < 0.5)
    return `${json.slice(0, middle)} "so to speak"${json.slice(middle)}`;
  return json.slice(0, Math.max(1, Math.floor(json.length * (0.3 + 0.6 * random.next()))));
}

/** What a model says around its JSON when nothing but the prompt asks it for JSON. */
export function surroundWithProse(json: string): string {
  return `Sure! Here is the JSON you asked for:\n\n${fence(json)}\n\nLet me know if {anything} should change.`;
}

function fence(json: string): string {
  return `\`\`\`json\n${json}\n\`\`\``;
}
