const OPENING = '<draft>';
const CLOSING = '</draft>';

/**
 * Tells what a prompt's last `<draft>` block of JSON holds already, as a text of its own: a prompt that shows a draft wants
 * entries that are not in it. Without such a block nothing is written.
 */
export function readDraft(prompt: string): (text: string) => boolean {
  const start = prompt.lastIndexOf(OPENING);
  if (start === -1) return () => false;
  const end = prompt.indexOf(CLOSING, start);
  const draft = prompt.slice(start + OPENING.length, end === -1 ? undefined : end);
  return (text) => draft.includes(JSON.stringify(text).replaceAll('<', '\\u003c'));
}
