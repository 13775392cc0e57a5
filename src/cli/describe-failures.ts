import { printable } from '../shared/printable.ts';

const MOST_CHARACTERS = 200;

/** What one failure of each reason said, as rows of a table; on one line each, and cut. */
export function describeFailures(messages: Readonly<Record<string, string>>): [string, string][] {
  return Object.entries(messages).map(([reason, message]): [string, string] => {
    const line = printable(message.replace(/\s+/g, ' ').trim());
    return [reason, line.length > MOST_CHARACTERS ? `${line.slice(0, MOST_CHARACTERS)}…` : line];
  });
}
