import assert from 'node:assert/strict';
import { randomInt } from 'node:crypto';
import { cp, readdir, rm, stat, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { checkSimulation } from '../../src/producer/check/check-simulation.ts';
import { createKeys } from '../../src/shared/keys.ts';
import { connectRedis } from '../../src/shared/redis.ts';
import { createPopulations } from '../../src/shared/transactions/populations.ts';
import { collect } from '../support/collect.ts';
import { testFleet } from '../support/fleet.ts';
import { startRedis } from '../support/redis.ts';

const PEOPLE = 60;
const CUTS = 12;

test('power fails and the append-only file loses its tail, wherever it is cut: no commit without its result, no torn name, and the rest is generated again', async (t) => {
  const server = await startRedis({
    args: ['--appendonly', 'yes', '--appendfsync', 'everysec', '--aof-load-truncated', 'yes'],
  });
  t.after(() => server.stop());
  const fleet = await testFleet(t, { faults: { refusal: 0.1 } }, { REDIS_URL: server.url });
  const spec = await fleet.spec('power', { populationSize: PEOPLE });
  const args = ['generate', spec, '--workers', '2', '--out', 'people.jsonl'] as const;
  assert.ok([0, 3].includes((await fleet.run(...args)).code ?? -1));
  await server.kill();

  const folder = join(server.dir, 'appendonlydir');
  const whole = join(fleet.folder, 'whole');
  await cp(folder, whole, { recursive: true });
  const log = (await readdir(whole)).find((name) => name.endsWith('.incr.aof')) ?? '';
  const { size: bytes } = await stat(join(whole, log));
  const committedAfter = new Map<number, number>();
  for (let cut = 0; cut < CUTS; cut += 1) {
    // Half of them near the end, as a second's worth is.
    const kept = cut % 2 === 1 ? randomInt(bytes) : bytes - randomInt(Math.ceil(bytes / 20));
    await rm(folder, { recursive: true });
    await cp(whole, folder, { recursive: true });
    await truncate(join(folder, log), kept);
    await server.restart();
    const redis = await connectRedis(server.url, 'patient');
    const keys = createKeys('pft');
    assert.deepEqual(
      await collect(checkSimulation(redis, keys, 'test')),
      [],
      `${kept} of ${bytes} bytes kept`,
    );
    const populations = createPopulations(redis, keys, 'test');
    const [population] = await populations.ids();
    const status = population === undefined ? undefined : await populations.status(population);
    committedAfter.set(kept, status?.committed ?? 0);
    redis.disconnect();
    if (cut < CUTS - 1) await server.kill();
  }
  const byBytes = [...committedAfter].sort(([a], [b]) => a - b).map(([, committed]) => committed);
  assert.deepEqual(
    byBytes,
    byBytes.toSorted((a, b) => a - b),
    'what is left is a beginning of what happened',
  );

  fleet.simulator.control({ faults: {} });
  const before = fleet.simulator.stats().calls;
  await fleet.run('retry');
  const again = await fleet.run(...args);
  assert.equal(again.code, 0, again.stderr);
  await fleet.assertWhole(PEOPLE, await fleet.lines('people.jsonl'));
  const left = [...committedAfter.values()].at(-1) ?? 0;
  assert.equal(fleet.simulator.stats().calls - before, PEOPLE - left, 'only what is gone is generated again');
});
