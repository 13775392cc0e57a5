import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { isFitting, lockedNode, noFittingNode } from '../bin/find-node.js';
import { runChild } from '../bin/run-child.js';
import { ensureDependencies } from './install.mjs';
import { tasks } from './tasks.mjs';

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));

/** @returns {Promise<number>} the exit code */
export async function main([name, ...args]) {
  const task = tasks[name];
  if (task === undefined) {
    console.error(`unknown task ${name ?? '(none)'}; expected one of: ${Object.keys(tasks).join(', ')}`);
    return 2;
  }
  if (!(await ensureDependencies(root, (line) => console.error(line)))) return 1;

  // The locked Node comes first even when this one would do: everybody then runs the same.
  const node =
    lockedNode(path.join(root, 'package.json')) ??
    (isFitting(process.version) ? process.execPath : undefined);
  if (node === undefined) {
    console.error(noFittingNode());
    return 2;
  }
  let steps;
  try {
    steps = task(args, root);
  } catch (error) {
    console.error(error.message);
    return 2;
  }
  const searchPath = [path.join(root, 'node_modules', '.bin'), path.dirname(node), process.env.PATH];
  const env = {
    ...process.env,
    PATH: searchPath.join(path.delimiter),
    // TypeScript is stripped once, not by each process again: half the start of a command, and a third of the tests.
    NODE_COMPILE_CACHE:
      process.env.NODE_COMPILE_CACHE ?? path.join(root, 'node_modules', '.cache', 'persona-fleet'),
  };
  for (const step of steps) {
    const code = await runChild(node, step, { cwd: root, env });
    if (code !== 0) return code;
  }
  return 0;
}
