import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { loadPopulationSpec } from '../../src/producer/population-spec.ts';
import { UserError } from '../../src/shared/errors.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

/** The one line that refuses a file. */
async function refusal(t: TestContext, content: string | Uint8Array): Promise<string> {
  const path = join(await temporaryFolder(t), 'spec');
  await writeFile(path, content);
  try {
    await loadPopulationSpec(path);
  } catch (error) {
    assert.ok(error instanceof UserError, String(error));
    assert.ok(error.message.length < 1_000, `${error.message.length} characters`);
    return error.message.replace(path, 'FILE');
  }
  throw new Error('expected this to be refused');
}

const DEPTH = 10_000;
const many = (count: number, line: (index: number) => string) =>
  Array.from({ length: count }, (_, i) => line(i)).join('\n');

test('depth: one line, in YAML and JSON, in values, keys and demographies', async (t) => {
  for (const text of [
    '['.repeat(DEPTH) + ']'.repeat(DEPTH),
    `${'{"a":'.repeat(DEPTH)}1${'}'.repeat(DEPTH)}`,
    `context: a\ndimensions:\n  ${'- '.repeat(DEPTH)}a`,
    `${'? '.repeat(DEPTH)}a`,
    `demography: ${'{a: '.repeat(100)}1${'}'.repeat(100)}`,
    many(1_000, (index) => `${' '.repeat(index)}a:`),
  ]) {
    assert.equal(
      await refusal(t, text),
      'FILE is not valid YAML: expected at most 64 levels of nesting, got more',
    );
  }
});

// Each of these took the parser from ten seconds to minutes: the runner's time limit is what they are tested against.
test('texts that are made to take long are refused in time', async (t) => {
  for (const [text, expected] of [
    [many(60_000, (index) => `key${index}: value`), /^FILE: expected at most 1048576 bytes of JSON/],
    [many(20_000, (index) => `- &a${index} x\n- *a${index}`), /expected at most 100 aliases, got more$/],
    ['&a '.repeat(100_000), /A node can have at most one anchor at line 1, column 4$/],
    [
      `{${'a,'.repeat(50_000)}}`,
      /the key "a" is there twice, again at line 1, column 4: keep one, or rename it$/,
    ],
    ['!'.repeat(1_000_000), /is not valid YAML: /],
  ] as const) {
    assert.match(await refusal(t, text), expected);
  }
});

test('ten megabytes are refused without being parsed, and what is no UTF-8 without being guessed at', async (t) => {
  assert.match(
    await refusal(t, `{"content":${'['.repeat(10_000_000)}`),
    /^the spec, FILE: expected at most 1048576 bytes, got more: shorten it$/,
  );
  assert.match(
    await refusal(t, Buffer.from('context: caf\xe9\npopulationSize: 1\n', 'latin1')),
    /^the spec, FILE: it is not text in UTF-8: save it as UTF-8$/,
  );
});

test('keys that change prototypes are refused in a demography too', async (t) => {
  for (const [text, place] of [
    ['{"content": {"__proto__": {"x": "50%", "y": "50%"}}}', '$.content.__proto__'],
    ['demography: { a: { constructor: { x: 1 } } }\npopulationSize: 1\n', '$.demography.a.constructor'],
  ] as const) {
    const message = await refusal(t, text);
    assert.ok(message.includes(`is not allowed, at ${place}`), message);
  }
});

test('numbers that are none are named with their place', async (t) => {
  for (const [weight, expected] of [
    [
      '.nan',
      /at \$\.dimensions\.a\.x, got NaN: write a finite number of at most 1\.79e308, or leave the key out$/,
    ],
    ['-.inf', /at \$\.dimensions\.a\.x, got -Infinity: write a finite number/],
    ['1e999', /at \$\.dimensions\.a\.x, got Infinity: write a finite number/],
    ['"NaN%"', /dimensions\.a\.x: expected a weight: .* got "NaN%"$/],
  ] as const) {
    const text = `context: a\npopulationSize: 5\ndimensions:\n  a: { x: ${weight}, y: 1 }\n`;
    assert.match(await refusal(t, text), expected);
  }
});
