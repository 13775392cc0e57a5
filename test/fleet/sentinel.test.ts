import assert from 'node:assert/strict';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { checkSimulation } from '../../src/producer/check/check-simulation.ts';
import { compareFile } from '../../src/producer/check/compare-file.ts';
import { createKeys } from '../../src/shared/keys.ts';
import { collect } from '../support/collect.ts';
import { testFleet, untilCommitted } from '../support/fleet.ts';
import { connectFleet } from '../support/redis.ts';
import { startSentinelTrio } from '../support/redis-sentinel.ts';

const PEOPLE = 150;
const LOST = 30;

test('a failover by Sentinel in mid-run that loses acknowledged commits: workers and producer follow, and generate again what is gone', async (t) => {
  const trio = await startSentinelTrio();
  t.after(() => trio.stop());
  const fleet = await testFleet(t, { latencyMedianMs: 100 }, { REDIS_URL: trio.url });
  const spec = await fleet.spec('failover', { populationSize: PEOPLE });
  const producer = fleet.start('generate', spec, '--workers', '2', '--out', 'people.jsonl');
  await untilCommitted(t, fleet, 20);
  await trio.cutReplication();
  await untilCommitted(t, fleet, (await committedIn(t, trio.replica.url)).length + LOST);
  await trio.primary.kill();
  await trio.failOver();
  assert.equal((await producer.ended).code, 0, producer.stderr());
  await fleet.assertWhole(PEOPLE, await fleet.lines('people.jsonl'));
  assert.deepEqual(await divergences(t, trio.replica.url), []);
  const { calls } = fleet.simulator.stats();
  assert.ok(calls >= PEOPLE + LOST, `who was lost is generated again: ${calls} calls`);
});

test('a file that was exported before a failover shows every commit that it lost; the same command generates just those', async (t) => {
  const trio = await startSentinelTrio();
  t.after(() => trio.stop());
  const fleet = await testFleet(t, {}, { REDIS_URL: trio.url });
  const spec = await fleet.spec('lost');
  const generate = (count: number, out: string) =>
    fleet.run('generate', spec, '--count', String(count), '--workers', '1', '--out', out);
  assert.equal((await generate(40, 'few.jsonl')).code, 0);
  await trio.cutReplication();
  const kept = await committedIn(t, trio.replica.url);
  assert.equal((await generate(70, 'before.jsonl')).code, 0);
  const all = await committedIn(t, trio.primary.url);
  await trio.primary.kill();
  await trio.failOver();

  const source = { redis: await connectFleet(t, trio.url), keys: createKeys('pft'), simulation: 'test' };
  assert.deepEqual(await divergences(t, trio.url), [], 'what is left agrees');
  const before = join(fleet.folder, 'before.jsonl');
  const found = await collect(compareFile(before, source));
  const lost = all.filter((slot) => !kept.includes(slot));
  assert.ok(lost.length >= 30, 'commits were lost');
  assert.deepEqual(
    found.map(({ kind, slot }) => [kind, slot]),
    lost.map((slot) => ['commit-lost', slot]),
  );

  const { calls } = fleet.simulator.stats();
  const again = await generate(70, 'after.jsonl');
  assert.equal(again.code, 0, again.stderr);
  assert.equal(fleet.simulator.stats().calls - calls, lost.length);
  await fleet.assertWhole(70, await fleet.lines('after.jsonl'));
  const left = await collect(compareFile(before, source));
  assert.ok(left.every(({ kind }) => kind === 'person-differs'));
});

async function divergences(t: TestContext, url: string) {
  return collect(checkSimulation(await connectFleet(t, url), createKeys('pft'), 'test'));
}

/** The slots that a server alone knows as committed, in the simulation's only population. */
async function committedIn(t: TestContext, url: string): Promise<number[]> {
  const redis = await connectFleet(t, url);
  const simulation = createKeys('pft').simulation('test');
  const [population = ''] = await redis.smembers(simulation.populations);
  const bits = await redis.getrangeBuffer(simulation.population(population).committed, 0, -1);
  return [...bits].flatMap((byte, index) =>
    Array.from({ length: 8 }, (_, bit) => index * 8 + bit).filter((_, bit) => (byte >> (7 - bit)) & 1),
  );
}
