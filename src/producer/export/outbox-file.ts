import { constants, fstatSync, ftruncateSync } from 'node:fs';
import { type FileHandle, open, realpath, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { UserError } from '../../shared/errors.ts';
import { makeFolder } from '../../shared/make-folder.ts';
import { OutboxLostError } from './lease.ts';

/**
 * The file of an outbox, as one process adds to it.
 *
 * Bytes are appended by the kernel (O_APPEND), never written at a place: a process that was stopped between its last look
 * at the lease and its write adds lines that nobody confirms, and cannot damage any that are confirmed. `sync` and
 * `assertUntouched` find those.
 */
export interface OutboxFile extends AsyncDisposable {
  /** Bytes that are there as far as this process knows: those it found and those it added. */
  readonly length: number;
  append(bytes: Buffer): Promise<void>;
  /** Resolves when all bytes are on disk. Throws OutboxLostError when somebody else wrote to the file, or removed it. */
  sync(): Promise<void>;
  assertUntouched(): void;
  /** Cuts off what follows this byte, unless the file is no longer as this process left it. */
  cutBack(length: number): void;
}

/** One name for a file however it is spelled, and its folder made. Throws UserError for what is no regular file. */
export async function locateFile(path: string): Promise<{ path: string; bytes: number }> {
  const absolute = resolve(path);
  await makeFolder(dirname(absolute));
  const entry = await stat(absolute).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  if (entry === undefined) {
    return { path: join(await realpath(dirname(absolute)), basename(absolute)), bytes: 0 };
  }
  if (!entry.isFile()) {
    throw new UserError(
      `${path} is not a regular file: people are pruned only once they are safely in one; name it with --out`,
    );
  }
  return { path: await realpath(absolute), bytes: entry.size };
}

/** Opens the file, which is made where there is none, durably: a file whose folder was not synced may be gone after a crash. */
export async function openOutboxFile(path: string): Promise<OutboxFile> {
  const flags = constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT;
  const handle = await open(path, flags);
  try {
    await syncFolders(dirname(path));
    return outboxFile(path, handle);
  } catch (error) {
    await handle.close();
    throw error;
  }
}

function outboxFile(path: string, handle: FileHandle): OutboxFile {
  const { size: found, nlink: names } = fstatSync(handle.fd);
  let length = found;
  const assertUntouched = () => {
    const { size, nlink } = fstatSync(handle.fd);
    // Nobody could read it again. Not asked of file systems that count no names.
    if (nlink === 0 && names > 0)
      throw new OutboxLostError(`${path} was removed, or replaced by another file`);
    if (size !== length) {
      throw new OutboxLostError(`${path} has ${size} bytes, not the ${length} that were left there`);
    }
  };
  return {
    get length() {
      return length;
    },
    async append(bytes) {
      for (let from = 0; from < bytes.length; ) {
        const { bytesWritten } = await handle.write(bytes, from);
        length += bytesWritten;
        from += bytesWritten;
      }
    },
    async sync() {
      await handle.sync();
      assertUntouched();
    },
    assertUntouched,
    cutBack(to) {
      // Nothing awaited in between: the time in which somebody else could take the file over is as short as can be.
      assertUntouched();
      ftruncateSync(handle.fd, to);
      length = to;
    },
    [Symbol.asyncDispose]: () => handle.close(),
  };
}

/** The folder's entry for the file, and those above it, as they may be new too. */
export async function syncFolders(folder: string): Promise<void> {
  // Some may be closed to us, and some systems sync no folders: then their own ways must do.
  const handle = await open(folder, 'r').catch(() => undefined);
  try {
    await handle?.sync();
  } finally {
    await handle?.close();
  }
  const parent = dirname(folder);
  if (parent !== folder) await syncFolders(parent);
}
