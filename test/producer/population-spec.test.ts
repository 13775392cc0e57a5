import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { loadPopulationSpec } from '../../src/producer/population-spec.ts';
import { ExitCode, UserError } from '../../src/shared/errors.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

async function load(t: TestContext, text: string, name = 'spec.yaml') {
  const path = join(await temporaryFolder(t), name);
  await writeFile(path, text);
  return loadPopulationSpec(path);
}

/** The message that refuses a spec, without the file's path. */
async function refusal(t: TestContext, text: string): Promise<string> {
  try {
    await load(t, text);
  } catch (error) {
    assert.ok(error instanceof UserError, String(error));
    assert.equal(error.exitCode, ExitCode.badInput);
    return error.message.replace(/^\S*spec\.yaml/, 'FILE');
  }
  throw new Error(`expected this spec to be refused: ${text.slice(0, 100)}`);
}

const LEAST = 'context: A town.\npopulationSize: 10\n';

test('the least a spec can say, with the defaults filled in', async (t) => {
  assert.deepEqual(await load(t, LEAST), {
    simulation: 'default',
    context: 'A town.',
    populationSize: 10,
    agentParticularities: null,
    names: { locale: null, policy: 'reserved' },
    seed: '42',
    model: null,
    temperature: null,
    attempts: 5,
    onMismatch: 'repair',
    dimensions: [],
    joints: [],
    demography: null,
    samplingSpaceDescription: null,
    factories: null,
    budget: null,
  });
});

test('everything a spec can say', async (t) => {
  const spec = await load(
    t,
    `
simulation: market.2030
context: |
  A town
  by the sea.
populationSize: 1000
agentParticularities: All of them fish.
names: { locale: pt_BR, policy: model }
seed: 7
model: gpt-x
temperature: 0.5
attempts: 2
onMismatch: accept
samplingSpaceDescription: Many of them are old.
budget: { usd: 12.5, tokens: 3000000 }
dimensions:
  gender: { female: 51%, male: 49% }
  income: [low, 2, true]
  age: { range: [18, 90] }
  town: { Porto: 1.5, Faro: 0 }
  boat: { given: { town: { Porto: { none: 1, small: 3 } } } }
joint:
  - dimensions: [income, kids]
    cells: { low: { 0: 1 }, 2: { 0: 1, 1: 1 }, true: { 1: 1 } }
`,
  );
  const weighted = (...values: [value: string | number, weight: number][]) =>
    values.map(([value, weight]) => ({ value, weight }));
  assert.deepEqual(spec, {
    simulation: 'market.2030',
    context: 'A town\nby the sea.',
    populationSize: 1000,
    agentParticularities: 'All of them fish.',
    names: { locale: 'pt_BR', policy: 'model' },
    seed: '7',
    model: 'gpt-x',
    temperature: 0.5,
    attempts: 2,
    onMismatch: 'accept',
    samplingSpaceDescription: 'Many of them are old.',
    dimensions: [
      { name: 'gender', kind: 'values', values: weighted(['female', 51], ['male', 49]) },
      { name: 'income', kind: 'values', values: weighted(['low', 0.25], [2, 0.5], ['true', 0.25]) },
      { name: 'age', kind: 'range', min: 18, max: 90 },
      { name: 'town', kind: 'values', values: weighted(['Porto', 1], ['Faro', 0]) },
      { name: 'boat', kind: 'values', values: weighted(['none', 0.25], ['small', 0.75]) },
      { name: 'kids', kind: 'values', values: weighted(['0', 0.5], ['1', 0.5]) },
    ],
    joints: [
      {
        dimensions: ['income', 'kids'],
        cells: [
          { at: [0, 0], weight: 0.25 },
          { at: [1, 0], weight: 0.25 },
          { at: [1, 1], weight: 0.25 },
          { at: [2, 1], weight: 0.25 },
        ],
      },
      {
        dimensions: ['town', 'boat'],
        cells: [
          { at: [0, 0], weight: 0.25 },
          { at: [0, 1], weight: 0.75 },
        ],
      },
    ],
    demography: null,
    factories: null,
    budget: { usd: 12.5, tokens: 3_000_000 },
  });
});

test('a spec may be JSON', async (t) => {
  const json = JSON.stringify({ context: 'A town.', populationSize: 10 }, null, '\t');
  assert.equal((await load(t, json, 'spec.json')).context, 'A town.');
});

test('all faults come at once, each with its place; unknown keys are named', async (t) => {
  const message = await refusal(
    t,
    `
populationsize: 10
simulation: a:b
names: { locale: 5, policy: best, style: short }
temperature: 3
attempts: 0
seed: ''
dimensions:
  gender: { female: -1, male: lots }
  age: { range: [90, 18] }
  town: []
  job:
onMismatch: ignore
joint: 3
`,
  );
  for (const line of [
    /^FILE has 17 faults:$/m,
    /^ {2}populationsize: unknown key: a spec spells it populationSize$/m,
    /^ {2}populationSize: expected a whole number from 1, got nothing$/m,
    /^ {2}simulation: expected 1 to 64 letters.* got "a:b"$/m,
    /^ {2}names\.locale: expected a text, got 5$/m,
    /^ {2}names\.policy: expected one of "reserved", "model", got "best"$/m,
    /^ {2}names\.style: unknown key$/m,
    /^ {2}temperature: .* got 3$/m,
    /^ {2}attempts: .* got 0$/m,
    /^ {2}onMismatch: expected one of "repair", "accept", "fail", got "ignore"$/m,
    /^ {2}seed: .* got ""$/m,
    /^ {2}dimensions\.gender\.female: expected a weight of 0 or more, got -1$/m,
    /^ {2}dimensions\.gender\.male: expected a weight: a number or a percentage such as "30%", got "lots"$/m,
    /^ {2}dimensions\.age\.range: min must not be above max, got \[90, 18\]$/m,
    /^ {2}dimensions\.town: expected 1 to 10000 values, got none$/m,
    /^ {2}dimensions\.job: .* got nothing$/m,
    /^ {2}joint: expected a list of tables, .* got 3$/m,
    /^ {2}context: expected exactly one of context and contextFile, got neither/m,
  ]) {
    assert.match(message, line);
  }
});

test('both contexts, an empty one, or none at all is a fault of context', async (t) => {
  for (const text of [
    'populationSize: 1\n',
    'populationSize: 1\ncontext: ""\n',
    'populationSize: 1\ncontext: "  "\n',
    `${LEAST}contextFile: town.txt\n`,
  ]) {
    assert.match(await refusal(t, text), /\bcontext: /);
  }
});

test('contextFile is relative to the spec, and its text is trimmed', async (t) => {
  const folder = await temporaryFolder(t);
  await mkdir(join(folder, 'specs'));
  await writeFile(join(folder, 'town.txt'), '\uFEFF\n  A town\nby the sea.\n\n');
  const path = join(folder, 'specs', 'spec.yaml');
  await writeFile(path, 'contextFile: ../town.txt\npopulationSize: 1\n');
  const spec = await loadPopulationSpec(path);
  assert.equal(spec.context, 'A town\nby the sea.');
  assert.ok(!('contextFile' in spec));
});

test('a contextFile that is missing, a folder or empty is one clear line that names both files', async (t) => {
  const folder = await temporaryFolder(t);
  const path = join(folder, 'spec.yaml');
  await writeFile(join(folder, 'empty.txt'), ' \n');
  for (const [file, why] of [
    ['missing.txt', /contextFile of .*spec\.yaml, .*missing\.txt: there is no such file$/],
    ['.', /contextFile of .*spec\.yaml, .*: it cannot be read \(EISDIR\)$/],
    ['empty.txt', /spec\.yaml: contextFile empty\.txt is empty$/],
  ] as const) {
    await writeFile(path, `contextFile: ${file}\npopulationSize: 1\n`);
    await assert.rejects(loadPopulationSpec(path), { name: 'UserError', message: why });
  }
});

test('a spec that is missing is one clear line', async (t) => {
  const path = join(await temporaryFolder(t), 'nowhere.yaml');
  await assert.rejects(loadPopulationSpec(path), {
    name: 'UserError',
    message: `the spec, ${path}: there is no such file`,
  });
});

test('what is no YAML, or no map, is one line that says where', async (t) => {
  for (const [text, expected] of [
    ['context: "open\npopulationSize: 1', /^FILE is not valid YAML: .*line \d+/],
    ['context: a: b', /^FILE is not valid YAML: .*line 1/],
    ['{"context": "a",', /^FILE is not valid YAML: .*line 1/],
    [
      `${LEAST}context: Another town.\n`,
      /^FILE is not valid YAML: the key "context" is there twice, again at line 3, column 1: keep one, or rename it$/,
    ],
    [
      `${LEAST}dimensions: { a: { 1: 2, "1": 3 } }\n`,
      /the key "1" is there twice, again at line 3, column 26: keep/,
    ],
    [`${LEAST}---\ncontext: b\n`, /^FILE is not valid YAML: .*multiple documents/],
    ['', /^FILE has 1 fault:\n {2}the file: /],
    ['- context: a', /^FILE has 1 fault:\n {2}the file: /],
  ] as const) {
    const message = await refusal(t, text);
    assert.match(message, expected);
    assert.ok(message.split('\n').length <= 2, message);
  }
});

test('hostile YAML is refused in one line, whatever it tries', async (t) => {
  const letters = [...'bcdefgh'];
  const bomb = letters.map((letter, index) => {
    const before = String.fromCharCode(letter.charCodeAt(0) - 1);
    return `${letter}: &${letter} [${Array(9).fill(`*${before}`).join(', ')}]${index < 0 ? '' : '\n'}`;
  });
  for (const [text, expected] of [
    [`a: &a [x, x, x]\n${bomb.join('')}`, /not valid YAML: Excessive alias count/],
    [`context: *nowhere\n`, /not valid YAML: Unresolved alias/],
    [`${LEAST}dimensions: &d\n  a: *d\n`, /^FILE/],
    [`context: ${'['.repeat(20_000)}`, /^FILE is not valid YAML: /],
    [`${LEAST}__proto__: { context: b }\n`, /"__proto__" is not allowed, at \$\.__proto__/],
    [`${LEAST}dimensions:\n  __proto__: [a, b]\n`, /"__proto__" is not allowed, at \$\.dimensions/],
    [`${LEAST}dimensions:\n  town: { __proto__: 1, b: 2 }\n`, /"__proto__" is not allowed/],
    [
      `${LEAST}dimensions:\n  town: { a: .inf, b: 2 }\n`,
      /at \$\.dimensions\.town\.a, got Infinity: write a finite number/,
    ],
    [`context: ${'x'.repeat(1_100_000)}\npopulationSize: 1\n`, /at most 1048576 bytes/],
  ] as const) {
    const message = await refusal(t, text);
    assert.match(message, expected);
    assert.equal(message.split('\n').length, 1);
  }
});

test('tags and merge keys do nothing of their own', async (t) => {
  assert.equal((await load(t, 'context: !!js/function "x"\npopulationSize: 1\n')).context, 'x');
  assert.match(await refusal(t, `${LEAST}<<: { seed: 4 }\n`), /<<: unknown key/);
});

test('words that look like other types stay what the user wrote', async (t) => {
  const spec = await load(t, `${LEAST}seed: 0x1F\ndimensions: { answer: { yes: 1, no: 1, 007: 2 } }\n`);
  assert.equal(spec.seed, '31');
  const [answer] = spec.dimensions;
  assert.deepEqual(answer?.kind === 'values' ? answer.values.map(({ value }) => value).sort() : undefined, [
    '7',
    'no',
    'yes',
  ]);
});

test('what is expected comes in our own words, whatever the field', async (t) => {
  const message = await refusal(
    t,
    `
context: 3
contextFile: []
populationSize: many
agentParticularities: {}
names: 3
seed: {}
model: ''
temperature: warm
attempts: 1.5
samplingSpaceDescription: ${'x'.repeat(200_000)}
demography: 4
factories: {}
`,
  );
  assert.doesNotMatch(message, /invalid|received|string|expected object|too (?:big|small)|>=|<=/i);
  for (const line of [
    /^ {2}context: expected a text, got 3$/m,
    /^ {2}model: expected at least 1 character, got ""$/m,
    /^ {2}attempts: expected a whole number, got 1\.5$/m,
    /^ {2}samplingSpaceDescription: expected at most \d+ characters, got 200000$/m,
    /^ {2}names: expected a map, got 3$/m,
    /^ {2}contextFile: expected a text, got an empty list$/m,
    /^ {2}factories\.context: expected a text, got nothing$/m,
  ]) {
    assert.match(message, line);
  }
});

test('a budget is of dollars, of tokens, or of both', async (t) => {
  assert.deepEqual((await load(t, `${LEAST}budget: { usd: 0.1 }\n`)).budget, { usd: 0.1 });
  for (const [budget, line] of [
    ['{}', /^ {2}budget: expected usd, tokens or both, got an empty map$/m],
    ['5', /^ {2}budget: expected a map, got 5$/m],
    ['{ usd: 1.0e-12 }', /^ {2}budget\.usd: expected 0, or a number from 0\.000001, got 1e-12$/m],
    ['{ tokens: 200_000 }', /^ {2}budget\.tokens: expected a number, got "200_000": write 200000$/m],
    ['{ usd: -1 }', /^ {2}budget\.usd: expected a number from 0, got -1$/m],
    ['{ usd: 2000000 }', /^ {2}budget\.usd: expected a number up to 1000000, got 2000000$/m],
    ['{ tokens: 1.5 }', /^ {2}budget\.tokens: expected a whole number, got 1\.5$/m],
    ['{ dollars: 5 }', /^ {2}budget\.dollars: unknown key$/m],
  ] as const) {
    assert.match(await refusal(t, `${LEAST}budget: ${budget}\n`), line);
  }
});

test('the known keys are listed once, however many are unknown', async (t) => {
  const message = await refusal(t, `${LEAST}one: 1\ntwo: 2\nTemperature: 1\n`);
  assert.equal(message.match(/there are simulation/g)?.length, 1);
  assert.match(message, /^ {2}one: unknown key; there are simulation, .*joint$/m);
  assert.match(message, /^ {2}two: unknown key$/m);
  assert.match(message, /^ {2}Temperature: unknown key: a spec spells it temperature$/m);
});

test('an unknown locale is told its near matches, not all', async (t) => {
  for (const [locale, near] of [
    ['pt_XX', 'pt_BR or pt_PT'],
    ['Brazil', 'pt_BR'],
    ['German', 'de or de_AT or de_CH'],
  ] as const) {
    const message = await refusal(t, `${LEAST}names: { locale: ${locale} }\n`);
    assert.ok(message.endsWith(`got "${locale}"; did you mean ${near}?`), message);
  }
});
