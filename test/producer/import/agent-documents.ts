import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

/** The text of an agent file with this name, and with whatever is beside the name or beside the persona. */
export function agentText(name: string, more: object = {}, beside: object = {}): string {
  return JSON.stringify({ type: 'TinyPerson', persona: { name, ...more }, ...beside });
}

/** Writes files, and the folders they are in; returns the path of a file. */
export async function writeFiles(
  folder: string,
  files: Readonly<Record<string, string>>,
): Promise<(name: string) => string> {
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), text);
  }
  return (name) => join(folder, name);
}
