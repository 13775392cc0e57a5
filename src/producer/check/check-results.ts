import { explain } from '../../shared/errors.ts';
import { RESULT_BUCKET_BITS } from '../../shared/keys.ts';
import { canonicalName } from '../../shared/transactions/canonical-name.ts';
import { decodeAnyRecord } from '../import/imported-record.ts';
import type { CheckedPopulation, CheckedSimulation } from './checked-simulation.ts';
import { type Divergence, DivergenceKind } from './divergence.ts';

const BUCKET = 1 << RESULT_BUCKET_BITS;

/** Committed slots have results, or were pruned; results can be read, and lie in slots that are committed and own their name. */
export async function* checkResults(
  checked: CheckedSimulation,
  population: CheckedPopulation,
): AsyncGenerator<Divergence> {
  const { status } = population;
  const missing: number[] = [];
  for (let from = 0; from < status.size; from += BUCKET) {
    yield* checkBucket(checked, population, from, missing);
  }
  if (missing.length === status.pruned) return;
  const slots = `${missing.slice(0, 5).join(', ')}${missing.length > 5 ? ', …' : ''}`;
  yield {
    kind: DivergenceKind.resultMissing,
    population: status.population,
    detail: `${missing.length} committed slots have no result here (${slots || 'none'}), and ${status.pruned} were pruned`,
  };
}

/** `missing` is filled with the committed slots that have no result. */
async function* checkBucket(
  { redis, keys, simulation }: CheckedSimulation,
  { status, isCommitted }: CheckedPopulation,
  from: number,
  missing: number[],
): AsyncGenerator<Divergence> {
  const { population } = status;
  const key = keys.simulation(simulation);
  const stored = await redis.hgetallBuffer(key.population(population).results(from));
  const slots = Object.keys(stored).map(Number);
  const present = new Set(slots);
  for (let slot = from; slot < Math.min(from + BUCKET, status.size); slot += 1) {
    if (isCommitted(slot) && !present.has(slot)) missing.push(slot);
  }
  const named: { slot: number; name: string }[] = [];
  for (const [field, payload] of Object.entries(stored)) {
    const slot = Number(field);
    if (!isCommitted(slot)) {
      const detail = `slot ${slot} has a result and is not committed`;
      yield { kind: DivergenceKind.resultUncommitted, population, slot, detail };
    }
    try {
      named.push({ slot, name: decodeAnyRecord(payload).persona.name });
    } catch (error) {
      const detail = `the result of slot ${slot} cannot be read: ${explain(error)}`;
      yield { kind: DivergenceKind.resultUnreadable, population, slot, detail };
    }
  }
  if (named.length === 0) return;
  const owners = await redis.hmget(key.names, ...named.map(({ name }) => canonicalName(name)));
  for (const [index, { slot, name }] of named.entries()) {
    const owner = owners[index];
    if (owner === `${population}/${slot}`) continue;
    const detail = `slot ${slot} has ${JSON.stringify(name)}, which belongs to ${owner ?? 'nobody'}`;
    yield { kind: DivergenceKind.nameNotOwned, population, slot, detail };
  }
}
