import type { ProducerSession } from '../producer/session.ts';
import { delay, withDeadline } from '../shared/lifecycle.ts';
import type { PopulationStatus } from '../shared/transactions/populations.ts';

const LOOK_FOR_MS = 1_000;
const LOOK_EVERY_MS = 50;

/**
 * The populations as they stand when nobody works on them any more. People are committed a little before their calls are settled
 * in the ledger: where calls are still in flight by the books, that is waited for, for a second at the most. Calls of
 * workers that died stay so for longer. Resolves with what was seen last when Redis does not answer.
 */
export async function lastLook(
  session: Pick<ProducerSession, 'status'>,
  seen: readonly PopulationStatus[],
): Promise<PopulationStatus[]> {
  const deadline = performance.now() + LOOK_FOR_MS;
  let last = [...seen];
  const look = async (): Promise<void> => {
    for (;;) {
      last = await Promise.all(seen.map(({ population }) => session.status(population)));
      if (last.every(({ inFlight }) => inFlight === 0) || performance.now() >= deadline) return;
      await delay(LOOK_EVERY_MS);
    }
  };
  await withDeadline(look(), 2 * LOOK_FOR_MS, 'Redis did not answer').catch(() => {});
  return last;
}
