import type { ChildProcess } from 'node:child_process';
import { closeSync, fstatSync, mkdirSync, openSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { finished } from 'node:stream/promises';

/** How this program begins the one line that it ends with. */
const MESSAGE_PREFIX = 'persona-fleet: ';
const TAIL_BYTES = 16_384;

/** Where the output of a started process goes, and what it said last. */
export interface ProcessOutput {
  readonly stdout: number | 'inherit';
  readonly stderr: number | 'pipe';
  /** It has been spawned. */
  onSpawned(child: Pick<ChildProcess, 'stderr'>): void;
  /** It has said that it is ready. */
  onReady(): void;
  /** The line to quote of one that has ended before it was ready; '' when it said nothing. */
  lastLine(): Promise<string>;
  /** Where all of it can be read, for the same message; '' when it stood there already. */
  readonly where: string;
}

/** Everything goes to the end of one file, never to a terminal. */
export function logFileOutput({ dir, name }: { dir: string; name: string }): ProcessOutput {
  mkdirSync(dir, { recursive: true });
  const file = join(dir, name);
  const log = openSync(file, 'a');
  const { size: start } = fstatSync(log);
  return {
    stdout: log,
    stderr: log,
    onSpawned: () => closeSync(log),
    onReady() {},
    async lastLine() {
      await using reading = await open(file, 'r');
      const { size } = await reading.stat();
      const from = Math.max(start, size - TAIL_BYTES);
      const { buffer, bytesRead } = await reading.read(Buffer.alloc(size - from), { position: from });
      return lastLineOf(buffer.toString('utf8', 0, bytesRead));
    },
    where: `its log is ${file}`,
  };
}

/**
 * Stdout is shared with this process. So is stderr, but only from when it is ready: until then it is kept back, so that of many
 * processes that fail to start for one reason, one says so, through whoever started them.
 */
export function sharedOutput(own: NodeJS.WritableStream): ProcessOutput {
  let spoken: Readable | null = null;
  let isReady = false;
  let kept = '';
  return {
    stdout: 'inherit',
    stderr: 'pipe',
    onSpawned({ stderr }) {
      spoken = stderr;
      spoken?.setEncoding('utf8').on('data', (text: string) => {
        if (isReady) own.write(text);
        else kept = (kept + text).slice(-TAIL_BYTES);
      });
    },
    onReady() {
      isReady = true;
      kept = '';
    },
    async lastLine() {
      if (spoken !== null) await finished(spoken);
      return lastLineOf(kept);
    },
    where: '',
  };
}

/** The command's own message where there is one, because a stack may follow it. */
function lastLineOf(text: string): string {
  const lines = text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
  const line = lines.findLast((each) => each.startsWith(MESSAGE_PREFIX)) ?? lines.at(-1) ?? '';
  return line.startsWith(MESSAGE_PREFIX) ? line.slice(MESSAGE_PREFIX.length) : line;
}
