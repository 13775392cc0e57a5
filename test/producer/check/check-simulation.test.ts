import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DivergenceKind } from '../../../src/producer/check/divergence.ts';
import { canonicalName } from '../../../src/shared/transactions/canonical-name.ts';
import { committedPeople, divergencesOf, nameOf, POPULATION, payloadOf } from './committed-people.ts';

type People = Awaited<ReturnType<typeof committedPeople>>;

test('a simulation whose parts agree has no divergence, slots that failed or are under way included', async (t) => {
  const people = await committedPeople(t);
  assert.deepEqual(await divergencesOf(people), []);
  assert.deepEqual(await divergencesOf(people, 'nothing-there'), []);
});

/** What is broken, and what is to be found; the first is the one that names the slot. */
const damages: readonly [string, (people: People) => Promise<unknown>, string, number | undefined][] = [
  [
    'a result that is gone',
    ({ redis, population }) => redis.hdel(population.results(2), '2'),
    DivergenceKind.resultMissing,
    undefined,
  ],
  [
    'a result without its commit',
    ({ redis, population }) => redis.setbit(population.committed, 2, 0),
    DivergenceKind.resultUncommitted,
    2,
  ],
  [
    'a result of torn bytes',
    ({ redis, population }) => redis.hset(population.results(2), '2', payloadOf('Ann').subarray(0, 20)),
    DivergenceKind.resultUnreadable,
    2,
  ],
  [
    'a name that was given back',
    ({ redis, key }) => redis.hdel(key.names, canonicalName(nameOf(2))),
    DivergenceKind.nameless,
    2,
  ],
  [
    'two results with one name',
    ({ redis, population }) => redis.hset(population.results(2), '2', payloadOf(nameOf(1))),
    DivergenceKind.nameNotOwned,
    2,
  ],
  [
    'a second name of a slot',
    ({ redis, key }) => redis.hset(key.names, 'ann zero', `${POPULATION}/2`),
    DivergenceKind.secondName,
    2,
  ],
  [
    'a name that nobody holds',
    ({ redis, key }) => redis.hset(key.names, 'ann zero', `${POPULATION}/7`),
    DivergenceKind.strandedName,
    7,
  ],
  [
    'a name of a population that is not there',
    ({ redis, key }) => redis.hset(key.names, 'ann zero', 'gone/3'),
    DivergenceKind.strandedName,
    3,
  ],
  [
    'a slot that is committed and failed',
    ({ redis, population }) => redis.setbit(population.failed, 2, 1),
    DivergenceKind.slotState,
    2,
  ],
  [
    'a slot beyond the end',
    ({ redis, population }) => redis.setbit(population.committed, 99, 1),
    DivergenceKind.slotState,
    undefined,
  ],
  [
    'a failure without its slot',
    ({ redis, population }) => redis.setbit(population.failed, 5, 0),
    DivergenceKind.failureRecord,
    5,
  ],
  [
    'a failed slot without a reason',
    ({ redis, population }) => redis.hdel(population.failures, '5'),
    DivergenceKind.failureRecord,
    5,
  ],
  [
    'a counter that moved twice',
    ({ redis, population }) => redis.hincrby(population.counters, 'committed', 1),
    DivergenceKind.counter,
    undefined,
  ],
  [
    'a population that ended too early',
    ({ redis, population }) => redis.hset(population.meta, 'status', 'complete'),
    DivergenceKind.populationState,
    undefined,
  ],
];

for (const [what, damage, kind, slot] of damages) {
  test(`found: ${what}`, async (t) => {
    const people = await committedPeople(t);
    await damage(people);
    const found = await divergencesOf(people);
    const named = found.find((one) => one.kind === kind);
    assert.ok(named, `${kind} among ${JSON.stringify(found)}`);
    assert.equal(named.slot, slot);
    assert.notEqual(named.detail, '');
  });
}

test('every kind that Redis alone can show is found by one of these', () => {
  const byFile: string[] = [
    DivergenceKind.commitLost,
    DivergenceKind.personDiffers,
    DivergenceKind.slotTwice,
    DivergenceKind.prunedMissing,
  ];
  const found = new Set([...damages.map(([, , kind]) => kind), ...byFile]);
  assert.deepEqual([...found].sort(), Object.values(DivergenceKind).sort());
});
