import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { DEFAULT_MODEL, loadConfig, SIMULATED_MODEL } from '../../../src/shared/config.ts';
import { UserError } from '../../../src/shared/errors.ts';
import { loadModelProfiles, type ModelProfiles } from '../../../src/shared/models/model-profiles.ts';
import { loadPrices } from '../../../src/shared/models/prices.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

test('without a models file the configuration and the price list decide', () => {
  const profiles = loadModelProfiles(
    loadConfig({
      PERSONA_FLEET_RPM: '600',
      PERSONA_FLEET_TPM: '90000',
      PERSONA_FLEET_COMPLETION_TOKENS: '2000',
    }),
  );
  assert.deepEqual(profiles.of(DEFAULT_MODEL), {
    rpm: 600,
    tpm: 90_000,
    charge: 'used',
    price: loadPrices().of(DEFAULT_MODEL),
    completionTokens: 2_000,
    maxCompletionTokens: 16_384,
    capabilities: {},
  });
  assert.equal(profiles.of(SIMULATED_MODEL).price, undefined);
  assert.equal(profiles.pricesAsOf, loadPrices().asOf);
});

test('an entry wins field by field; a star stands for models without one', async (t) => {
  const profiles = await written(
    t,
    'models.yaml',
    `gpt-4.1-mini:
  rpm: 100
  price: { input: 1, cachedInput: 0.25, cacheWrite: 1.5, output: 4 }
  structuredOutput: json_object
  temperature: false
'*':
  tpm: 0
  charge: reserved
  maxCompletionTokens: 1000
`,
    { PERSONA_FLEET_RPM: '600', PERSONA_FLEET_TPM: '90000' },
  );
  const named = profiles.of('gpt-4.1-mini');
  assert.equal(named.rpm, 100);
  assert.equal(named.tpm, 90_000);
  assert.deepEqual(named.price, {
    input: 1,
    cachedInput: 0.25,
    cacheWrite: 1.5,
    output: 4,
    source: 'configured',
  });
  assert.deepEqual(named.capabilities, { structuredOutput: 'json_object', temperature: false });
  assert.deepEqual(profiles.of('gpt-4.1-mini-2025-04-14'), named, 'a dated snapshot is the same model');
  const other = profiles.of('gpt-4.1');
  assert.equal(other.rpm, 600);
  assert.equal(other.tpm, 0, '0 in the file: what the provider says');
  assert.equal(other.charge, 'reserved');
  assert.deepEqual(other.price, loadPrices().of('gpt-4.1'));
  assert.deepEqual([other.completionTokens, other.maxCompletionTokens], [1_000, 1_000]);
});

test('a JSON file does as well', async (t) => {
  const profiles = await written(t, 'models.JSON', '{"vendor/model:8b": {"rpm": 7}}');
  assert.equal(profiles.of('vendor/model:8b').rpm, 7);
  assert.equal(profiles.of('toString').rpm, 0);
});

test('one message lists every fault of the file with its place', async (t) => {
  const text = `m:
  rpm: -1
  tpn: 5
  charge: never
  price: { input: 1, output: many, cached: 2 }
n:
  completionTokens: 2000
  maxCompletionTokens: 1000
`;
  await assert.rejects(written(t, 'models.yaml', text), (error: unknown) => {
    assert.ok(error instanceof UserError);
    const { message } = error;
    assert.match(message, /models file .*models\.yaml, has 7 faults:/);
    for (const part of [
      /m\.rpm: expected a number from 0, got -1/,
      /m\.tpn: unknown key; there are rpm, tpm, charge, /,
      /m\.charge: expected one of "used", "reserved", got "never"/,
      /m\.price\.output: expected a number, got "many"/,
      /m\.price\.cachedInput: expected a number, got nothing/,
      /m\.price\.cached: unknown key; there are input, cachedInput, cacheWrite, output, source, date/,
      /n\.completionTokens: expected at most maxCompletionTokens, got more/,
    ]) {
      assert.match(message, part);
    }
    return true;
  });
});

test('what is no map of models, no YAML, not there or not text is said in one line', async (t) => {
  await assert.rejects(written(t, 'models.yaml', '- rpm: 1'), /expected a map with names of models as keys/);
  await assert.rejects(written(t, 'models.yaml', 'm: {rpm: 1'), /models\.yaml is not valid YAML/);
  await assert.rejects(written(t, 'models.yaml', 'm: {rpm: 1}\nm: {rpm: 2}'), /the key "m" is there twice/);
  await assert.rejects(written(t, 'models.json', '{'), /models\.json is not valid JSON/);
  await assert.rejects(written(t, 'models.yaml', Buffer.from([0xff, 0xfe, 0xff])), /not text in UTF-8/);
  assert.throws(
    () => loadModelProfiles(loadConfig({ PERSONA_FLEET_MODELS: '/nowhere/models.yaml' })),
    /PERSONA_FLEET_MODELS\), \/nowhere\/models\.yaml: there is no such file/,
  );
});

async function written(
  t: TestContext,
  name: string,
  text: string | Buffer,
  env: Record<string, string> = {},
): Promise<ModelProfiles> {
  const path = join(await temporaryFolder(t), name);
  await writeFile(path, text);
  return loadModelProfiles(loadConfig({ ...env, PERSONA_FLEET_MODELS: path }));
}

test('a file that raises only the room for an answer raises the cap with it', async (t) => {
  const profiles = await written(t, 'models.yaml', 'm: { completionTokens: 20000 }');
  const { completionTokens, maxCompletionTokens } = profiles.of('m');
  assert.deepEqual([completionTokens, maxCompletionTokens], [20_000, 20_000]);
});

test('a key without a name is no model, and 200_000 no number', async (t) => {
  await assert.rejects(written(t, 'models.json', '{"": {}}'), { message: /name of a model as key/ });
  await assert.rejects(written(t, 'models.yaml', 'm: { tpm: 200_000 }'), {
    message: /m\.tpm: expected a number, got "200_000": write 200000/,
  });
});
