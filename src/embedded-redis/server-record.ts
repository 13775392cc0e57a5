import { readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * How to reach the private server of a data directory. `pid` is null from just before the server is started
 * until it answers, so that a server whose starter was killed meanwhile is found and not started a second time.
 */
export type ServerRecord = { pid: number | null; port: number; password: string };

const fileName = 'server.json';

/** Replaces the record as a whole; only this user may read it, since it holds the password. */
export async function writeRecord(dir: string, record: ServerRecord): Promise<void> {
  const path = join(dir, fileName);
  await writeFile(`${path}.tmp`, `${JSON.stringify(record)}\n`, { mode: 0o600 });
  await rename(`${path}.tmp`, path);
}

/** The record and its age, or undefined when there is none or it cannot be read as one. */
export async function readRecord(dir: string): Promise<{ record: ServerRecord; ageMs: number } | undefined> {
  try {
    const path = join(dir, fileName);
    const value: unknown = JSON.parse(await readFile(path, 'utf8'));
    if (!isRecord(value)) return undefined;
    return { record: value, ageMs: Date.now() - (await stat(path)).mtimeMs };
  } catch {
    return undefined;
  }
}

export async function removeRecord(dir: string): Promise<void> {
  await rm(join(dir, fileName), { force: true });
}

export function urlOf(record: ServerRecord): string {
  return `redis://:${record.password}@127.0.0.1:${record.port}`;
}

function isRecord(value: unknown): value is ServerRecord {
  if (typeof value !== 'object' || value === null) return false;
  const { pid, port, password } = value as Record<string, unknown>;
  const validPid = pid === null || (Number.isInteger(pid) && Number(pid) > 0);
  return validPid && Number.isInteger(port) && Number(port) > 0 && Number(port) < 65_536 && isToken(password);
}

/** Passwords are hex: anything else was not written by us and could change the meaning of the URL. */
function isToken(value: unknown): boolean {
  return typeof value === 'string' && /^[0-9a-f]+$/.test(value);
}
