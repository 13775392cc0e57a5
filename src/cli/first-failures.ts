import type { ProducerSession } from '../producer/session.ts';
import type { Failure, PopulationStatus } from '../shared/transactions/populations.ts';

/** No more are looked at of each population: one page of Redis' own scan. */
const LOOKED_AT = 500;

/** What one failure of each reason said, as far as those looked at tell: a reason by itself does not say what to do. */
export async function firstFailures(
  { populations }: { readonly populations: Pick<ProducerSession['populations'], 'failures'> },
  statuses: readonly Pick<PopulationStatus, 'population' | 'failedByReason'>[],
): Promise<Record<string, string>> {
  const messages: Record<string, string> = {};
  for (const { population, failedByReason } of statuses) {
    const wanted = new Set(Object.keys(failedByReason).filter((reason) => !(reason in messages)));
    if (wanted.size === 0) continue;
    for (const { reason, message } of await somePageOf(populations.failures(population))) {
      if (wanted.delete(reason)) messages[reason] = message;
    }
  }
  return messages;
}

async function somePageOf(failures: AsyncIterable<Failure>): Promise<Failure[]> {
  const page: Failure[] = [];
  for await (const failure of failures) {
    page.push(failure);
    if (page.length >= LOOKED_AT) break;
  }
  return page;
}
