import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { type TestContext, test } from 'node:test';
import type { CommandContext } from '../../src/cli/context.ts';
import { type EstimateCommandOptions, estimate } from '../../src/cli/estimate.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const SPEC = { context: 'People of a town.', populationSize: 1_000 };

/** The command in this process: it needs no Redis, which a port that nobody listens on would show. */
async function estimated(
  t: TestContext,
  spec: object,
  options: EstimateCommandOptions = {},
  env: Record<string, string> = {},
): Promise<string> {
  const path = join(await temporaryFolder(t), 'spec.json');
  await writeFile(path, JSON.stringify(spec));
  const stdout = new PassThrough();
  const context = {
    env: { REDIS_URL: 'redis://127.0.0.1:1', ...env },
    stdout,
    stderr: new PassThrough(),
    signal: new AbortController().signal,
    program: '',
    parent: undefined,
  } as unknown as CommandContext;
  assert.equal(await estimate(path, options, context), 0);
  stdout.end();
  return text(stdout);
}

test('calls, tokens, cached share, dollars and time, with what is taken for granted', async (t) => {
  const printed = await estimated(t, SPEC, {}, { PERSONA_FLEET_RPM: '20' });
  assert.match(printed, /^1,000 people by gpt-4\.1-mini$/m);
  assert.match(printed, /^ {2}calls +1,000 {2}\(one a person\)$/m);
  assert.match(printed, /^ {2}prompt tokens +[\d,]+ {2}\(9\d\.\d % of them cached\)$/m);
  assert.match(printed, /^ {2}completion tokens +about [\d,]+ {2}\([\d,]+ to [\d,]+\)$/m);
  assert.match(printed, /^ {2}dollars +about \$\d\.\d\d {2}\(\$\d\.\d\d to \$\d\.\d\d\)$/m);
  assert.match(printed, /^ {2}time +about 50 min 0 s, bound by requests per minute$/m);
  assert.match(printed, /up to about 10 %/);
  assert.match(printed, /\$0\.4 prompt, \$0\.1 cached, \$1\.6 completion/);
});

test('as JSON, of another size; a budget says how far it goes', async (t) => {
  const spec = { ...SPEC, budget: { usd: 0.5, tokens: 1_000_000_000 } };
  const facts = JSON.parse(await estimated(t, spec, { count: 50, json: true, workers: 0 }));
  assert.equal(facts.people, 50);
  assert.equal(facts.calls, 50);
  assert.ok(facts.usd.low < facts.usd.expected && facts.usd.expected < facts.usd.high);
  assert.ok(facts.cachedShare > 0.9);
  assert.equal(facts.time, null);
  assert.deepEqual(facts.budget, { usd: 0.5, tokens: 1_000_000_000 });
  assert.match(
    await estimated(t, spec),
    /^ {2}budget +\$0\.50 and 1,000,000,000 tokens: enough for about \d+ people$/m,
  );
  assert.match(await estimated(t, spec, { count: 50 }), /^ {2}budget .*: enough$/m);
});

test('an unknown price is unknown, and the models file can give it', async (t) => {
  const spec = { ...SPEC, model: 'house-model' };
  assert.match(await estimated(t, spec), /^ {2}dollars +unknown$/m);
  assert.equal(JSON.parse(await estimated(t, spec, { json: true })).usd, 'unknown');
  const models = join(await temporaryFolder(t), 'models.yaml');
  await writeFile(models, 'house-model: { price: { input: 1, cachedInput: 1, output: 1 } }');
  assert.match(
    await estimated(t, spec, {}, { PERSONA_FLEET_MODELS: models }),
    /^ {2}dollars +about \$\d\.\d\d/m,
  );
});

test('what is left to a model is not asked, and named', async (t) => {
  const factories = { count: 30, context: 'Customers of a bank.', populationSize: 4 };
  const printed = await estimated(t, { factories });
  assert.match(printed, /^120 people/m);
  assert.match(printed, /^ {2}calls +122 {2}\(one a person, and 2 for planning\)$/m);
  assert.match(printed, /what the spec leaves to a model is not asked here/);
});

test('a budget below one call, or below it for each of its populations, says the smallest that is of use', async (t) => {
  assert.match(
    await estimated(t, { ...SPEC, budget: { tokens: 500 } }),
    /^ {2}budget +500 tokens, and one call may take [\d,]+ tokens, .* at least [\d,]+ tokens$/m,
  );
  const factories = { count: 3, context: 'Customers of a bank.', populationSize: 5 };
  const printed = await estimated(t, { factories, budget: { tokens: 9_000 } });
  assert.match(printed, /leaves 3,000 tokens for one of 3 populations/);
  assert.match(
    printed,
    /^ {2}beside it +1 planning call, about [\d,]+ tokens, \$0\.\d+, at the most [\d,]+ tokens or \$0/m,
  );
});

test('a request larger than a minute of tokens is named', async (t) => {
  assert.match(
    await estimated(t, SPEC, {}, { PERSONA_FLEET_TPM: '1000' }),
    /one request reserves [\d,]+ tokens, more than the limit of 1,000 tokens per minute .* nothing will run/,
  );
  assert.doesNotMatch(await estimated(t, SPEC, {}, { PERSONA_FLEET_TPM: '100000' }), /nothing will run/);
});

test('dollars that cannot be counted are refused here as generate refuses them', async (t) => {
  const spec = { ...SPEC, model: 'house-model' };
  await assert.rejects(estimated(t, { ...spec, budget: { usd: 1 } }), {
    exitCode: 2,
    message: /budget\.usd: the price of house-model is not known/,
  });
  await assert.rejects(estimated(t, spec, {}, { PERSONA_FLEET_BUDGET_USD: '1' }), {
    exitCode: 2,
    message: /^PERSONA_FLEET_BUDGET_USD: the price of house-model is not known.*models file/,
  });
});

test("the fleet's cap is shown where there is one", async (t) => {
  assert.match(
    await estimated(t, SPEC, {}, { PERSONA_FLEET_BUDGET_USD: '3' }),
    /^ {2}fleet's cap +\$3\.00, whatever population spends it$/m,
  );
  assert.doesNotMatch(await estimated(t, SPEC), /cap/);
});
