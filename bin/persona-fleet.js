#!/usr/bin/env node
/**
 * The command. In a checkout it runs the TypeScript source, in an installed package the compiled files; in this
 * process when its Node is new enough, else as a child on the locked Node.
 */
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { isFitting, lockedNode, noFittingNode } from './find-node.js';
import { runChild } from './run-child.js';

const self = fileURLToPath(import.meta.url);

async function main() {
  const source = new URL('../src/cli.ts', import.meta.url);
  const isCheckout = existsSync(source);
  if (isCheckout && !existsSync(new URL('../node_modules', import.meta.url))) {
    console.error(
      'persona-fleet: nothing is installed in this checkout yet: run `npm ci --ignore-scripts` first',
    );
    process.exitCode = 2;
    return;
  }
  if (isFitting(process.version)) {
    await import(isCheckout ? source.href : new URL('../dist/cli.js', import.meta.url).href);
    return;
  }
  const node = lockedNode(self);
  if (node === undefined) {
    console.error(noFittingNode());
    process.exitCode = 2;
    return;
  }
  process.exitCode = await runChild(node, [self, ...process.argv.slice(2)]);
}

main();
