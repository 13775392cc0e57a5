import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const program = fileURLToPath(new URL('../../src/cli.ts', import.meta.url));

test('a process whose parent is gone before it is ready ends by itself, in peace', async (t) => {
  const child = spawn(process.execPath, [program, 'simulate-llm', '--port', '0'], {
    env: { PATH: process.env.PATH ?? '' },
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  });
  t.after(() => child.kill('SIGKILL'));
  let stderr = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  child.disconnect();
  // Not 'close', which does not come after a disconnect.
  assert.deepEqual(await once(child, 'exit'), [0, null], stderr);
});
