import type { TestContext } from 'node:test';
import { checkSimulation } from '../../../src/producer/check/check-simulation.ts';
import type { Divergence } from '../../../src/producer/check/divergence.ts';
import { createKeys } from '../../../src/shared/keys.ts';
import { encodePayload } from '../../../src/shared/transactions/payload.ts';
import { createPopulations } from '../../../src/shared/transactions/populations.ts';
import { createSlotTransactions } from '../../../src/shared/transactions/slot-transactions.ts';
import { collect } from '../../support/collect.ts';
import { connect, testPrefix } from '../../support/redis.ts';

export const POPULATION = 'ab12ab12ab12ab12ab12ab12';
export const SIMULATION = 'sim';

/** A simulation with one population of eight slots: 0 to 4 committed, 5 failed, 6 under way, 7 untouched. */
export async function committedPeople(t: TestContext) {
  const redis = await connect(t);
  const keys = createKeys(testPrefix(t));
  const populations = createPopulations(redis, keys, SIMULATION);
  const encode = () => ({ state: '{}', digest: 'd' });
  await populations.define({ id: POPULATION, size: 8, encode, labels: { seed: '42' } });
  const slots = createSlotTransactions(redis, keys, SIMULATION, POPULATION);
  const reserve = (slot: number) =>
    slots.reserve(slot, { candidates: [{ name: nameOf(slot), record: '{}' }], opens: 'attempt' });
  const commit = async (slot: number) => {
    await reserve(slot);
    await slots.commit(slot, { name: nameOf(slot), payload: payloadOf(nameOf(slot)) });
  };
  for (const slot of [0, 1, 2, 3, 4]) await commit(slot);
  await reserve(5);
  const record = JSON.stringify({ reason: 'refusal', message: 'no', attempts: 1 });
  await slots.fail(5, { reason: 'refusal', record });
  await reserve(6);
  const key = keys.simulation(SIMULATION);
  return { redis, keys, key, population: key.population(POPULATION), commit };
}

export const nameOf = (slot: number) => `Ann Óne ${'abcdefgh'[slot]}`;

export function payloadOf(name: string): Buffer {
  const committedAt = '2026-01-01T00:00:00.000Z';
  const tokens = { prompt: 1, cached: 0, completion: 1 };
  const persona = { name, age: 30 };
  return encodePayload({
    ...{ persona, characteristics: {}, model: 'm', simulated: true, promptDigest: 'p' },
    ...{ attempts: 1, tokens, committedAt },
  });
}

export async function divergencesOf(
  { redis, keys }: Pick<Awaited<ReturnType<typeof committedPeople>>, 'redis' | 'keys'>,
  simulation = SIMULATION,
): Promise<Divergence[]> {
  return collect(checkSimulation(redis, keys, simulation));
}
