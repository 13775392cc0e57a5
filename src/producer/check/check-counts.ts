import { PopulationState } from '../../shared/transactions/populations.ts';
import type { CheckedPopulation, CheckedSimulation } from './checked-simulation.ts';
import { type Divergence, DivergenceKind } from './divergence.ts';

/** Counters and state are what the slots say, every slot is settled one way at the most, and every failure has its reason. */
export async function* checkCounts(
  { redis, keys, simulation }: CheckedSimulation,
  { status, isCommitted, isFailed }: CheckedPopulation,
): AsyncGenerator<Divergence> {
  const { population, size, state } = status;
  const key = keys.simulation(simulation).population(population);
  const [committedBits, failedBits, failures] = await Promise.all([
    redis.bitcount(key.committed),
    redis.bitcount(key.failed),
    redis.hkeys(key.failures),
  ]);

  let [committed, failed] = [0, 0];
  for (let slot = 0; slot < size; slot += 1) {
    if (isCommitted(slot)) committed += 1;
    if (isFailed(slot)) failed += 1;
    if (isCommitted(slot) && isFailed(slot)) {
      yield {
        kind: DivergenceKind.slotState,
        population,
        slot,
        detail: `slot ${slot} is committed and failed at once`,
      };
    }
  }
  const beyond = committedBits - committed + failedBits - failed;
  if (beyond > 0) {
    const detail = `${beyond} slots beyond the population's ${size} are settled`;
    yield { kind: DivergenceKind.slotState, population, detail };
  }

  const recorded = new Set(failures.map(Number));
  for (const slot of recorded) {
    if (isFailed(slot)) continue;
    const detail = `slot ${slot} has a reason for its failure and is not failed`;
    yield { kind: DivergenceKind.failureRecord, population, slot, detail };
  }
  for (let slot = 0; slot < size; slot += 1) {
    if (!isFailed(slot) || recorded.has(slot)) continue;
    const detail = `slot ${slot} is failed, and no reason is recorded`;
    yield { kind: DivergenceKind.failureRecord, population, slot, detail };
  }

  const byReason = Object.values(status.failedByReason).reduce((sum, count) => sum + count, 0);
  for (const [counter, counted, actual] of [
    ['committed', status.committed, committedBits],
    ['failed', status.failed, failedBits],
    ['failed by reason', byReason, failedBits],
  ] as const) {
    if (counted === actual) continue;
    const detail = `the counter says ${counted} ${counter}, the slots say ${actual}`;
    yield { kind: DivergenceKind.counter, population, detail };
  }

  const isSettled = committed + failed >= size;
  const isFinished = state === PopulationState.complete || state === PopulationState.partial;
  if (isSettled !== isFinished && (isFinished || state !== PopulationState.cancelled)) {
    const detail = `it is ${state}, and ${size - committed - failed} of its ${size} slots are open`;
    yield { kind: DivergenceKind.populationState, population, detail };
  }
}
