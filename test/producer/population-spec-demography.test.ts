import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { stringify } from 'yaml';
import { loadPopulationSpec } from '../../src/producer/population-spec.ts';
import { UserError } from '../../src/shared/errors.ts';
import { TinyPersonFactory } from '../../src/shared/factory/tiny-person-factory.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const brazil = {
  title: 'A part of Brazil',
  content: {
    Country: 'Brazil',
    'Age Distribution': { '0-17': '30%', '18-64': '60%', '65+': '10%' },
    'Gender Distribution': { Female: '51%', Male: '49%' },
    Habits: { Coffee: 'Strong, and sweet' },
  },
};

/** Writes files into a folder and loads the first. */
async function load(t: TestContext, files: Readonly<Record<string, string | object>>) {
  const folder = await temporaryFolder(t);
  const paths = await Promise.all(
    Object.entries(files).map(async ([name, content]) => {
      const path = join(folder, name);
      await mkdir(join(path, '..'), { recursive: true });
      const json = name.endsWith('.json');
      const text = json ? JSON.stringify(content) : stringify(content, { aliasDuplicateObjects: false });
      await writeFile(path, typeof content === 'string' ? content : text);
      return path;
    }),
  );
  return loadPopulationSpec(paths[0] ?? '');
}

/** The message that refuses the first of these files, with its folder left out. */
async function refusal(t: TestContext, files: Readonly<Record<string, string | object>>): Promise<string> {
  try {
    await load(t, files);
  } catch (error) {
    assert.ok(error instanceof UserError, String(error));
    return error.message.replaceAll(/\S*persona-fleet-test-\w+\//g, '');
  }
  throw new Error(`expected this to be refused: ${JSON.stringify(files).slice(0, 200)}`);
}

test('a demography gives dimensions, prose and the locale of its country', async (t) => {
  const spec = await load(t, {
    'specs/spec.yaml': { demography: '../brazil.json', populationSize: 20 },
    'brazil.json': brazil,
  });
  assert.deepEqual(
    spec.dimensions.map(({ kind }) => kind),
    ['range', 'values'],
  );
  assert.equal(spec.populationSize, 20);
  assert.equal(spec.names.locale, 'pt_BR');
  assert.match(spec.context, /Strong, and sweet/);
  assert.doesNotMatch(spec.context, /51/);
  assert.equal(spec.demography?.country, 'Brazil');
  // What a factory makes of it.
  assert.equal(new TinyPersonFactory(spec).encodeCompleteState().dimensions.length, 2);
});

test('contexts come as paragraphs: one’s own, the demography’s prose, what is added', async (t) => {
  const spec = await load(t, {
    'spec.yaml': {
      context: 'A survey.',
      additionalDemographicSpecification: 'They drink tea.',
      demography: brazil,
      populationSize: 1,
    },
  });
  assert.match(spec.context, /^A survey\.\n\n\S[\s\S]*Strong, and sweet[\s\S]*\n\nThey drink tea\.$/);
});

test('the spec’s locale wins over the country’s; null means by nationality', async (t) => {
  for (const [names, expected] of [
    [{ locale: 'ja' }, 'ja'],
    [{ locale: null }, null],
    [{ policy: 'model' }, 'pt_BR'],
  ] as const) {
    const spec = await load(t, { 'spec.yaml': { demography: brazil, populationSize: 1, names } });
    assert.equal(spec.names.locale, expected);
  }
  const atlantis = { ...brazil, content: { ...brazil.content, Country: 'Atlantis' } };
  const spec = await load(t, { 'spec.yaml': { demography: atlantis, populationSize: 1 } });
  assert.equal(spec.names.locale, null);
});

test('described dimensions replace those of the demography; tables may speak of both', async (t) => {
  const plain = await load(t, { 'spec.yaml': { demography: brazil, populationSize: 1 } });
  const [age, gender] = plain.dimensions.map(({ name }) => name);
  assert.ok(age !== undefined && gender !== undefined);
  const spec = await load(t, {
    'spec.yaml': {
      demography: brazil,
      populationSize: 1,
      dimensions: {
        [gender]: { f: 1, m: 1 },
        school: { given: { [age]: { '0-17': ['yes'], '18-64': ['no'], '65+': ['no'] } } },
      },
    },
  });
  assert.deepEqual(
    spec.dimensions.map(({ name }) => name),
    [age, gender, 'school'],
  );
  assert.deepEqual(
    spec.joints.map(({ dimensions }) => dimensions),
    [[age, 'school']],
  );
  const school = spec.dimensions[2];
  assert.deepEqual(
    school?.kind === 'values' ? school.values.map(({ weight }) => Number(weight.toFixed(9))) : undefined,
    [0.3, 0.7],
  );
});

test('a demography by itself is a spec of 1,000 people', async (t) => {
  for (const name of ['brazil.json', 'brazil.yaml']) {
    const spec = await load(t, { [name]: brazil });
    assert.equal(spec.populationSize, 1_000);
    assert.equal(spec.dimensions.length, 2);
    assert.equal(spec.names.locale, 'pt_BR');
    assert.equal(spec.simulation, 'default');
    assert.match(spec.context, /Strong, and sweet/);
  }
});

test('a file that is neither a spec nor a demography is told so, and a misspelt spec is a spec', async (t) => {
  for (const [content, expected] of [
    [{}, /^spec\.json: it is neither a spec .* nor the demography of a population .*its keys are none$/],
    [
      { type: 'TinyPerson', persona: { name: 'Lisa' } },
      /^spec\.json: it is neither .* its keys are "type", "persona"$/,
    ],
    [
      { populationsize: 10 },
      /^spec\.json has 3 faults:\n {2}populationsize: unknown key: a spec spells it populationSize; if the file is a demography/,
    ],
    [{ 'population-size': 10, contxt: 'x' }, /population-size: unknown key/],
  ] as const) {
    assert.match(await refusal(t, { 'spec.json': content }), expected);
  }
});

test('faults of a demography stand beside the others, in one message', async (t) => {
  for (const [demography, expected] of [
    [
      'nowhere.json',
      /^spec\.yaml has 2 faults:\n {2}attempts: .*\n {2}demography: .*nowhere\.json.*no such file$/,
    ],
    [
      5,
      /^spec\.yaml has 2 faults:\n {2}attempts: .*\n {2}demography: expected the path of a JSON file, or an object, got 5$/,
    ],
    [['a'], / {2}demography: expected the path of a JSON file, or an object, got a list of 1$/],
  ] as const) {
    const files = { 'spec.yaml': { demography, populationSize: 1, attempts: 0 } };
    const message = await refusal(t, files);
    assert.match(message, expected);
  }
});

test('factories are populations of their own: their sizes add up', async (t) => {
  const factories = { count: 3, context: 'Night workers', populationSize: 40 };
  const spec = await load(t, { 'spec.yaml': { factories, agentParticularities: 'All smoke.' } });
  assert.deepEqual(spec.factories, factories);
  assert.equal(spec.populationSize, 120);
  assert.equal(spec.context, '');
  const shared = await load(t, { 'spec.yaml': { factories, context: 'A city.' } });
  assert.equal(shared.context, 'A city.');
});

test('factories: every fault', async (t) => {
  const factories = { count: 3, context: 'Night workers', populationSize: 40 };
  for (const [spec, ...expected] of [
    [{ factories: 3 }, / {2}factories: expected a map, got 3$/],
    [{ factories: { ...factories, count: 1_001 } }, / {2}factories\.count: .*1000, got 1001$/],
    [
      { factories: { ...factories, count: 0, seed: 3 } },
      / {2}factories\.count: .* got 0$/m,
      / {2}factories\.seed: unknown key$/m,
    ],
    [
      { factories: { count: 1 } },
      /factories\.context: .* got nothing$/m,
      /factories\.populationSize: .* got nothing$/m,
    ],
    [
      { factories: { ...factories, populationSize: 99_000_000 } },
      / {2}factories: expected at most 100000000 people in all, got 3 × 99000000 = 297000000: lower count or populationSize$/,
    ],
    [
      {
        factories,
        populationSize: 3,
        dimensions: {},
        joint: [],
        demography: brazil,
        samplingSpaceDescription: 'x',
      },
      / {2}populationSize: cannot be combined with factories, .*factories\.populationSize says how many/m,
      / {2}dimensions: cannot be combined with factories/m,
      / {2}joint: cannot be combined with factories/m,
      / {2}demography: cannot be combined with factories/m,
      / {2}samplingSpaceDescription: cannot be combined with factories/m,
    ],
  ] as const) {
    const message = await refusal(t, { 'spec.yaml': spec });
    assert.match(message, new RegExp(`^spec\\.yaml has ${expected.length} fault`));
    for (const pattern of expected) assert.match(message, pattern);
  }
});

test('a free text needs no context, and stands beside stated dimensions', async (t) => {
  const samplingSpaceDescription = 'Mostly nurses.';
  const spec = await load(t, {
    'spec.yaml': { samplingSpaceDescription, populationSize: 9, dimensions: { age: { range: [18, 60] } } },
  });
  assert.equal(spec.samplingSpaceDescription, samplingSpaceDescription);
  assert.equal(spec.context, '');
  assert.equal(spec.dimensions.length, 1);
  const message = await refusal(t, {
    'spec.yaml': {
      samplingSpaceDescription,
      additionalDemographicSpecification: 'x',
      contextFile: 'a',
      context: 'b',
    },
  });
  assert.match(message, / {2}populationSize: expected a whole number from 1, got nothing$/m);
  assert.match(message, / {2}additionalDemographicSpecification: adds to a demography, and there is none/m);
  assert.match(message, / {2}context: expected one of context and contextFile, got both$/m);
});

const faulty: [what: string, text: string, message: RegExp][] = [
  ['a key without a value', '{"Sex": }', /not valid JSON.*Unexpected token "}" at line 1, column 9/],
  [
    'a key twice',
    '{"Sex": {"f": "50%", "f": "20%", "m": "50%"}}',
    /the key "f" is there twice, again at line 1, column 22/,
  ],
  ['NaN', '{"Sex": {"f": NaN}}', /JSON has no NaN or Infinity: write a number/],
  ['a huge number', '{"Sex": {"f": 1e999}}', /at \$\.Sex\.f, got Infinity: write a finite number/],
  ['10,000 levels', `${'{"a":'.repeat(10_000)}1${'}'.repeat(10_000)}`, /at most 64 levels of nesting/],
  ['17 MB', ' '.repeat(17_000_000), /expected at most 16777216 bytes/],
];
for (const [what, text, expected] of faulty) {
  test(`a demography with ${what} is refused alike by itself and in a spec, and never called YAML`, async (t) => {
    for (const files of [
      { 'people.json': text },
      { 'spec.yaml': { demography: 'people.json', populationSize: 1 }, 'people.json': text },
    ]) {
      const message = await refusal(t, files);
      assert.match(message, expected);
      assert.doesNotMatch(message, /YAML/);
    }
  });
}

test('a demography beyond a megabyte is read by itself and in a spec, JSON and YAML alike in a spec', async (t) => {
  const large = { ...brazil, Notes: 'x'.repeat(1_500_000) };
  for (const files of [
    { 'people.json': large },
    { 'spec.yaml': { demography: 'people.json', populationSize: 1 }, 'people.json': large },
    { 'spec.yaml': { demography: 'people.yaml', populationSize: 1 }, 'people.yaml': brazil },
  ]) {
    assert.equal((await load(t, files)).dimensions.length, 2);
  }
});

test('a spec in JSON is held to the limits of a spec', async (t) => {
  const spec = { context: 'x'.repeat(1_500_000), populationSize: 1 };
  assert.match(
    await refusal(t, { 'spec.json': spec }),
    /^spec\.json: expected at most 1048576 bytes of JSON/,
  );
});

test('shares decide whether a heading is a misspelt key', async (t) => {
  const halves = { cold: '50%', warm: '50%' };
  for (const document of [{ Temperature: halves }, { Model: halves, Names: 'many' }]) {
    const spec = await load(t, { 'people.json': document });
    assert.deepEqual([spec.populationSize, spec.dimensions.length], [1_000, 1]);
  }
  for (const [document, key] of [
    [{ Names: { a: 1 }, Context: 'x' }, 'Names: unknown key: a spec spells it names'],
    [{ Dimensions: { weather: halves } }, 'Dimensions: unknown key: a spec spells it dimensions'],
    [{ names: { policy: 'model' }, weather: halves }, 'weather: unknown key; there are .*'],
  ] as const) {
    const wrap = 'if the file is a demography and no spec, name it in a spec: `demography: people\\.json`';
    assert.match(await refusal(t, { 'people.json': document }), new RegExp(`^ {2}${key}; ${wrap}$`, 'm'));
  }
});
