import { createWriteStream } from 'node:fs';
import { access, constants, open, realpath, rename, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Writable } from 'node:stream';
import { finished } from 'node:stream/promises';
import { makeFolder } from '../../shared/make-folder.ts';
import { removeStaleTemporaries, temporaryName } from './temporary-name.ts';
import { describeWriteError } from './write-errors.ts';

/**
 * Writes a file so that it is there whole or not at all: to a temporary name beside it, synced, then renamed. When
 * anything fails, an earlier file of that name is untouched and the temporary one is removed; one that a killed process left
 * is removed by the next that writes there.
 *
 * A path that leads to something else than a regular file (a pipe, a device) is written to directly; where it is a link
 * to a file, that file is replaced. `-` is `stdout`. Throws UserError when the disk is full or the place cannot be written
 * to.
 */
export async function writeWhole(
  path: string,
  stdout: Writable,
  write: (put: (text: string) => Promise<void>) => Promise<void>,
): Promise<void> {
  if (path === '-') return write((text) => putText(stdout, text));
  try {
    const direct = await isSpecialFile(path);
    await makeFolder(dirname(path));
    // Renaming onto a link (/dev/stdout is one) would replace the link.
    const place = direct ? path : await realpath(path).catch(() => path);
    const target = direct ? path : temporaryName(place);
    if (!direct) await removeStaleTemporaries(place);
    try {
      const stream = createWriteStream(target, { flags: 'w' });
      // Without a listener a late error would end the process; `finished` and `putText` report it.
      stream.on('error', () => {});
      try {
        await write((text) => putText(stream, text));
        stream.end();
        await finished(stream);
      } finally {
        stream.destroy();
      }
      if (direct) return;
      await sync(target);
      await rename(target, place);
    } catch (error) {
      if (!direct) await rm(target, { force: true }).catch(() => undefined);
      throw error;
    }
  } catch (error) {
    throw describeWriteError(path, error, 'results are in Redis');
  }
}

/** Fails early, before any work is paid for, when nothing can be written at this path. */
export async function assertWritable(path: string): Promise<void> {
  if (path === '-') return;
  try {
    await makeFolder(dirname(path));
    const existing = await stat(path).catch(() => undefined);
    if (existing?.isDirectory()) throw Object.assign(new Error('a directory'), { code: 'EISDIR' });
    if (existing?.isFile() === false) return await access(path, constants.W_OK);
    // Only creating a file tells whether one can be created: permissions say nothing of /proc or a full disk.
    await (await open(temporaryName(path), 'w')).close();
    await rm(temporaryName(path), { force: true });
  } catch (error) {
    throw describeWriteError(path, error, 'nothing has run');
  }
}

/** Resolves when the stream has taken the text; rejects when it is broken. */
export async function putText(stream: Writable, text: string): Promise<void> {
  if (stream.destroyed) throw stream.errored ?? new Error('the output was closed');
  await new Promise<void>((resolve, reject) => {
    stream.write(text, (error) => (error ? reject(error) : resolve()));
  });
}

async function sync(path: string): Promise<void> {
  const handle = await open(path, 'r+');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function isSpecialFile(path: string): Promise<boolean> {
  const entry = await stat(path).catch(() => undefined);
  return entry !== undefined && !entry.isFile() && !entry.isDirectory();
}
