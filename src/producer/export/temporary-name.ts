import { readdir, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { isAlive } from '../../embedded-redis/errno.ts';

/** Where a file or folder is made before it gets its name: beside it, because renaming works within a file system only. */
export function temporaryName(path: string): string {
  return join(dirname(path), `.${basename(path)}.${process.pid}.tmp`);
}

/** Where an earlier folder waits until the new one stands in its place. */
export function asideName(path: string): string {
  return `${temporaryName(path)}.old`;
}

/** Removes what processes that were killed left of their exports to this path; those of living processes stay. */
export function removeStaleTemporaries(path: string): Promise<void> {
  return removeOfTheDead(path, '.tmp');
}

/** The same for what was moved aside: only when a complete export stands, because it may be the last earlier one. */
export function removeStaleAsides(path: string): Promise<void> {
  return removeOfTheDead(path, '.tmp.old');
}

async function removeOfTheDead(path: string, ending: string): Promise<void> {
  const folder = dirname(path);
  const beginning = `.${basename(path)}.`;
  // Tidying up must not fail an export: a folder that cannot be read may well be one that can be written to.
  const entries = await readdir(folder).catch(() => []);
  for (const entry of entries) {
    if (!entry.startsWith(beginning) || !entry.endsWith(ending)) continue;
    const pid = entry.slice(beginning.length, -ending.length);
    if (!/^[1-9]\d{0,9}$/.test(pid) || isAlive(Number(pid))) continue;
    await rm(join(folder, entry), { recursive: true, force: true }).catch(() => undefined);
  }
}
