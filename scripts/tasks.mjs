import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import path from 'node:path';

/** What `npm start` generates. */
const example = 'examples/riverside.yaml';

/** A test that hangs fails after this long, instead of holding up the run for ever. */
const testTimeoutMs = 300_000;

/**
 * Each task: from its arguments to the command lines that Node runs one after another, from the package's root,
 * until one fails. A task throws an error with one line when its arguments make no sense.
 */
export const tasks = {
  start: (args) => [['src/cli.ts', 'generate', example, ...args]],
  test: (args, root) => [
    ['scripts/ensure-redis.mjs'],
    ['scripts/ensure-prometheus.mjs'],
    [
      '--test',
      '--test-reporter=spec',
      '--test-global-setup=test/support/global-setup.ts',
      `--test-timeout=${testTimeoutMs}`,
      // One more than there are cores: much of a test is waiting for a process to start. Node's default is one less.
      `--test-concurrency=${availableParallelism() + 1}`,
      ...args.filter((arg) => arg.startsWith('-')),
      ...testFiles(
        args.filter((arg) => !arg.startsWith('-')),
        root,
      ),
    ],
  ],
  lint: (args, root) => [
    [binOf(root, '@biomejs/biome', 'biome'), process.env.CI ? 'ci' : 'check', '.', ...args],
  ],
  format: (args, root) => [[binOf(root, '@biomejs/biome', 'biome'), 'check', '--write', '.', ...args]],
  types: (args, root) => [[binOf(root, 'typescript', 'tsc'), '-p', 'tsconfig.json', ...args]],
  build: (_, root) => [
    ['scripts/clean-dist.mjs'],
    [binOf(root, 'typescript', 'tsc'), '-p', 'tsconfig.build.json'],
    ['scripts/copy-assets.mjs'],
  ],
  bench: ([name, ...args], root) => {
    const known = readdirSync(path.join(root, 'bench')).flatMap((file) => /^(.+)\.ts$/.exec(file)?.[1] ?? []);
    if (!known.includes(name)) {
      throw new Error(
        `unknown benchmark ${name ?? '(none)'}; expected one of: ${known.join(', ') || '(there is none)'}`,
      );
    }
    return [[`bench/${name}.ts`, ...args]];
  },
};

/** All test files, or those named: a path as it is, any other word as a part of the path below test/. */
function testFiles(words, root) {
  if (words.length === 0) return ['test/**/*.test.ts'];
  return words.flatMap((word) =>
    existsSync(path.join(root, word)) && word.endsWith('.ts')
      ? [word]
      : [`test/**/*${word}*.test.ts`, `test/**/*${word}*/**/*.test.ts`],
  );
}

/** The JavaScript behind a package's command, so that our Node runs it and not the one that its first line finds. */
function binOf(root, packageName, command) {
  const dir = path.join(root, 'node_modules', packageName);
  const { bin } = JSON.parse(readFileSync(path.join(dir, 'package.json'), 'utf8'));
  return path.join(dir, typeof bin === 'string' ? bin : bin[command]);
}
