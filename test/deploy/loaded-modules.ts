/**
 * Loads every module of the program but its entry, and prints the URLs of all that came with them as JSON. A process of its own:
 * it must see what is loaded first.
 */
import { globSync } from 'node:fs';
import { registerHooks } from 'node:module';
import { fileURLToPath } from 'node:url';

const loaded: string[] = [];
registerHooks({
  load(url, context, nextLoad) {
    loaded.push(url);
    return nextLoad(url, context);
  },
});
const src = new URL('../../src/', import.meta.url);
for (const file of globSync('**/*.ts', { cwd: fileURLToPath(src), exclude: ['cli.ts'] })) {
  await import(new URL(file, src).href);
}
process.stdout.write(JSON.stringify(loaded));
