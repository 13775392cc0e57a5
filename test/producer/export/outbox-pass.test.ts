import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Outbox } from '../../../src/shared/transactions/outbox.ts';
import { prunedPopulation } from './pruned-population.ts';

/** Prunes whose outcome the process does not learn, though Redis has carried them out; and how the command ends. */
const unknownOutcomes: readonly [
  string,
  (prune: Outbox['prune'], stop: () => void) => Outbox['prune'],
  object,
][] = [
  [
    'the connection broke before the reply',
    (prune) => async (lines) => {
      await prune(lines);
      throw new Error('the connection is closed');
    },
    { message: 'the connection is closed' },
  ],
  [
    'Redis froze before the reply, and the command was told to stop',
    (prune, stop) => async (lines) => {
      await prune(lines);
      stop();
      return new Promise(() => {});
    },
    { name: 'UserError', exitCode: 130 },
  ],
  [
    'one of two was refused',
    (prune) => async (lines) => {
      if (lines.from === 0) return prune(lines);
      await prune(lines);
      throw new Error('CLUSTERDOWN The cluster is down');
    },
    { message: /CLUSTERDOWN/ },
  ],
];

for (const [what, pruneOf, ending] of unknownOutcomes) {
  test(`${what}: what Redis may have confirmed stays in the file`, async (t) => {
    const population = await prunedPopulation(t);
    await population.commit(0, 1, 2_000);
    const outbox = population.outbox('one');
    const stopping = new AbortController();
    const prune = pruneOf(outbox.prune, () => stopping.abort());
    await assert.rejects(population.prune({ outbox: { ...outbox, prune }, signal: stopping.signal }), ending);
    assert.deepEqual(await population.slotsIn(), [0, 1, 2_000]);
    await population.assertNobodyLostOrDoubled([0, 1, 2_000]);
    assert.deepEqual(await population.prune(), { people: 0 });
    await population.assertNobodyLostOrDoubled([0, 1, 2_000]);
  });
}

test('a commit that Redis loses between the read and the prune is not confirmed: its line is set aside, and nobody is doubled', async (t) => {
  const population = await prunedPopulation(t);
  const { redis, key } = population;
  await population.commit(0, 1, 2);
  const outbox = population.outbox('one');
  let isLost = false;
  const prune: Outbox['prune'] = async (lines) => {
    if (!isLost) {
      isLost = true;
      await redis.hdel(key.results(1), '1');
      await redis.setbit(key.committed, 1, 0);
    }
    return outbox.prune(lines);
  };
  assert.deepEqual(await population.prune({ outbox: { ...outbox, prune } }), { people: 2 });
  assert.deepEqual(await population.slotsIn(), [0, 2]);
  assert.match(
    population.said.join('\n'),
    /^the result of slot 1 went missing: looking .* afresh\n.* kept in .*\.cut-/,
  );
  const [aside = ''] = (await readdir(population.folder)).filter((name) => name.includes('.cut-'));
  assert.match(await readFile(join(population.folder, aside), 'utf8'), /^\{"slot":1,/m);
  await population.commit(1);
  assert.deepEqual(await population.prune(), { people: 1 });
  assert.deepEqual(await population.slotsIn(), [0, 2, 1]);
  await population.assertNobodyLostOrDoubled([0, 1, 2]);
});

test('a prune that reaches Redis after the file was looked at afresh confirms nothing', async (t) => {
  const population = await prunedPopulation(t);
  await population.commit(0, 1);
  const late: (() => Promise<unknown>)[] = [];
  let runs = 0;
  const pruned = await population.prune({
    newOutbox: () => {
      runs += 1;
      const outbox = population.outbox(`turn ${runs}`);
      if (runs > 1) return outbox;
      const prune: Outbox['prune'] = async (lines) => {
        late.push(() => outbox.prune(lines));
        return { code: 'conflict', confirmedBytes: 0 };
      };
      return { ...outbox, prune };
    },
    results: {
      ...population.results,
      payloads: async (slots) => {
        for (const prune of runs > 1 ? late.splice(0) : []) {
          assert.deepEqual(await prune(), { code: 'lost', holder: 'turn 2' });
        }
        return population.results.payloads(slots);
      },
    },
  });
  assert.deepEqual(pruned, { people: 2 });
  await population.assertNobodyLostOrDoubled([0, 1]);
});
