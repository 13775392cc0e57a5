import assert from 'node:assert/strict';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { type TestContext, test } from 'node:test';
import type { CommandContext } from '../../src/cli/context.ts';
import { type ResumeOptions, resume } from '../../src/cli/resume.ts';
import { status } from '../../src/cli/status.ts';
import { planPopulation } from '../../src/producer/plan-population.ts';
import { TinyPersonFactory } from '../../src/shared/factory/tiny-person-factory.ts';
import { createKeys } from '../../src/shared/keys.ts';
import { FLEET_ACCOUNT, populationAccount } from '../../src/shared/limits/accounts.ts';
import { createLedger } from '../../src/shared/limits/ledger.ts';
import { describeScope } from '../../src/shared/limits/scope-description.ts';
import { createPopulations } from '../../src/shared/transactions/populations.ts';
import { createSlotTransactions } from '../../src/shared/transactions/slot-transactions.ts';
import { fleetEnv } from '../support/cli-process.ts';
import { connect, testPrefix } from '../support/redis.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const SCOPE = '0123456789abcdef';

/** Populations in Redis and commands run on them in this process, without any worker. */
async function town(t: TestContext, env: Record<string, string> = {}) {
  const prefix = testPrefix(t);
  const redis = await connect(t);
  const keys = createKeys(prefix);
  const populations = createPopulations(redis, keys, 'sim');
  const ledger = createLedger(redis, keys);
  const environment = await fleetEnv(prefix, {
    PERSONA_FLEET_DATA_DIR: join(await temporaryFolder(t), 'data'),
    ...env,
  });
  const run = async (command: (context: CommandContext) => Promise<number>): Promise<string> => {
    const stdout = new PassThrough();
    const context = {
      env: environment,
      stdout,
      stderr: new PassThrough(),
      signal: new AbortController().signal,
      program: '',
      parent: undefined,
    } as unknown as CommandContext;
    try {
      assert.equal(await command(context), 0);
    } finally {
      stdout.end();
    }
    return text(stdout);
  };
  return {
    populations,
    ledger,
    async paused(seed: string, reason: string, model = 'gpt-4.1-mini'): Promise<string> {
      const factory = new TinyPersonFactory({ context: 'A town.', populationSize: 10, seed, model });
      const { population } = await planPopulation(factory.encodeCompleteState(), populations, 'sim');
      await populations.pause(population, { code: 'budget', message: reason });
      return population;
    },
    async pauseFleet() {
      const description = describeScope({ model: 'gpt-4.1-mini', baseUrl: undefined, windowMs: 60_000 });
      await redis.hset(keys.limits.scopes, SCOPE, description);
      await redis.hset(keys.limits.scope(SCOPE).state, {
        pausedReason: 'auth',
        pausedMessage: 'the key was refused',
      });
    },
    async commitAll(population: string, size: number) {
      await populations.resume(population);
      const slots = createSlotTransactions(redis, keys, 'sim', population);
      for (let slot = 0; slot < size; slot += 1) {
        await slots.commit(slot, { name: `Ann ${slot}`, payload: Buffer.from('x') });
      }
    },
    failSlot: (population: string, slot: number, reason: string, message: string) =>
      createSlotTransactions(redis, keys, 'sim', population).fail(slot, {
        reason,
        record: JSON.stringify({ reason, message, attempts: 1 }),
      }),
    spend: (account: string, fields: Record<string, number>) =>
      redis.hset(
        keys.limits.ledger,
        Object.fromEntries(Object.entries(fields).map(([name, value]) => [`${account}:${name}`, value])),
      ),
    resume: (prefix?: string, options: ResumeOptions = {}) =>
      run((context) => resume(prefix, options, context)),
    status: (options: Parameters<typeof status>[1] = {}) =>
      run((context) => status(undefined, options, context)),
  };
}

test('every paused population goes on, and so does the fleet', async (t) => {
  const { paused, pauseFleet, populations, resume, status } = await town(t);
  const [one, two] = [await paused('1', 'the key was refused'), await paused('2', 'the key was refused')];
  await pauseFleet();
  assert.match(await status(), /gpt-4\.1-mini at api\.openai\.com: paused: the key was refused; .*resume/);
  const printed = await resume();
  assert.match(printed, /^calls of gpt-4\.1-mini are let through again$/m);
  for (const population of [one, two]) {
    assert.match(
      printed,
      new RegExp(
        `^${population} {2}goes on: 10 open slots in 10 jobs; .*watch ${population} --simulation sim$`,
        'm',
      ),
    );
    assert.ok(await populations.isUnderWay(population));
  }
  assert.doesNotMatch(await status(), /paused/);
  assert.equal(await resume(), 'nothing is paused\n');
});

test('only the named population goes on', async (t) => {
  const { paused, populations, resume } = await town(t);
  const [one, two] = [await paused('1', 'r'), await paused('2', 'r')];
  const facts = JSON.parse(await resume(one, { json: true }));
  assert.deepEqual(facts, {
    lifted: [],
    populations: [{ simulation: 'sim', population: one, openSlots: 10, shards: 10, budget: {}, left: {} }],
  });
  assert.equal((await populations.status(two))?.state, 'paused');
});

test('a budget replaces the one that was reached, and leaves the other limit as it is', async (t) => {
  const { paused, ledger, spend, resume } = await town(t);
  const population = await paused('1', 'the budget of $1.00 is reached');
  const account = populationAccount('sim', population);
  await ledger.setBudget(account, { nanoDollars: 1_000_000_000, tokens: 5_000 });
  await spend(account, { nanoDollars: 1_000_000_000, promptTokens: 100 });
  assert.match(
    await resume(),
    /its budget leaves \$0\.00, and the next call may take \$0\.00\d+, so that it pauses again: raise it with --budget-usd 1\.1 or more/,
  );
  const printed = await resume(undefined, { budgetUsd: 2.5 });
  assert.match(printed, /goes on: .*; budget \$2\.50, \$1\.50 left; 5,000 tokens, 4,900 left;/);
  assert.doesNotMatch(printed, /leaves \$/);
  assert.match(printed, /its budget leaves 4,900 tokens, and the next call may take [67],\d\d\d tokens/);
  assert.deepEqual(await ledger.budgetOf(account), { nanoDollars: 2_500_000_000, tokens: 5_000 });
});

test('a budget needs one population, and dollars a price', async (t) => {
  const { paused, ledger, resume } = await town(t);
  const one = await paused('1', 'r', 'unheard-of');
  await paused('2', 'r');
  await assert.rejects(resume(undefined, { budgetUsd: 1 }), {
    exitCode: 2,
    message: /expected one population/,
  });
  await assert.rejects(resume(one, { budgetUsd: 1 }), {
    exitCode: 2,
    message: /--budget-usd: the price of unheard-of is not known/,
  });
  await resume(one, { budgetTokens: 7 });
  assert.equal((await ledger.budgetOf(populationAccount('sim', one))).tokens, 7);
});

test('status of the fleet: its limits, what it spent and may spend; a list of populations stays one', async (t) => {
  const { paused, pauseFleet, spend, status } = await town(t, { PERSONA_FLEET_BUDGET_USD: '9' });
  const population = await paused('1', 'r');
  await pauseFleet();
  await spend(FLEET_ACCOUNT, { calls: 3, nanoDollars: 2_000_000_000 });
  const fleet = JSON.parse(await status({ fleet: true, json: true }));
  assert.deepEqual(
    [fleet.scopes.length, fleet.scopes[0].pausedReason, fleet.spend.calls, fleet.budget],
    [1, 'auth', 3, { nanoDollars: 9_000_000_000, usd: 9 }],
  );
  assert.match(
    await status({ fleet: true }),
    /^fleet {2}3 model calls, .*\$2\.00\n {2}budget \$9\.00, \$7\.00 left$/m,
  );
  const listed = JSON.parse(await status({ json: true }));
  assert.deepEqual(
    listed.map((one: { population: string }) => one.population),
    [population],
  );
});

test('a reason that names what the next call may take, and the cap of the fleet, say whether it can go on', async (t) => {
  const { paused, ledger, spend, resume } = await town(t, { PERSONA_FLEET_BUDGET_TOKENS: '12000' });
  const reason =
    'the budget of 10000 tokens is reached: 9000 tokens are spent, and the next call may take 4321 tokens';
  const population = await paused('1', reason);
  const account = populationAccount('sim', population);
  await ledger.setBudget(account, { tokens: 10_000 });
  await spend(account, { promptTokens: 9_000 });
  await spend(FLEET_ACCOUNT, { promptTokens: 9_000 });
  const printed = await resume(population);
  assert.match(
    printed,
    /leaves 1,000 tokens, and the next call may take 4,321 tokens, .* --budget-tokens 14000 /,
  );
  assert.match(
    printed,
    /the fleet's budget, as PERSONA_FLEET_BUDGET_TOKENS has it here, leaves 3,000 tokens/,
  );
});

test('a population that is complete is left alone', async (t) => {
  const { paused, commitAll, resume } = await town(t);
  const population = await paused('1', 'r');
  await commitAll(population, 10);
  assert.equal(await resume(population), `${population}  is complete: nothing to do\n`);
});

test('status says when a population waits for workers that are not there', async (t) => {
  const { paused, resume, status } = await town(t);
  await paused('1', 'r');
  assert.doesNotMatch(await status(), /no worker is connected/);
  await resume();
  assert.match(await status(), /^gpt-4\.1-mini: no worker is connected that serves this model/m);
});

test('status shows what one failure of a reason said', async (t) => {
  const { paused, failSlot, status } = await town(t);
  await failSlot(await paused('1', 'r'), 2, 'bad_response', 'the endpoint answered with HTML');
  assert.match(await status(), /^ {4}bad_response: the endpoint answered with HTML$/m);
});
