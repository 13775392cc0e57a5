import { delay, type Stoppable, stoppable, unlessAborted, withDeadline } from '../shared/lifecycle.ts';
import type { Redis } from '../shared/redis.ts';
import { type CommitRates, createCommitHistory } from './commit-rates.ts';
import type { FleetReading } from './fleet-reading.ts';
import { populationKey } from './shown-populations.ts';

/** The fleet as it stands, and how fast it moves. */
export interface FleetSight extends FleetReading {
  readonly rates: CommitRates;
  /** Time that one PING took. */
  readonly roundTripMs: number;
  /** Time that reading took after that. */
  readonly tookMs: number;
}

/** Why there is nothing to be seen. */
export interface Unseen {
  readonly failure: unknown;
  /** Time that one PING took; undefined when Redis did not answer at all. */
  readonly roundTripMs: number | undefined;
}

/** Looks at the fleet for whoever asks, and by itself every ten seconds, so that rates are known however seldom one asks. */
export interface FleetWatch extends Stoppable {
  /**
   * The fleet as of now, or why it could not be read. Never rejects. Whoever asks while a look is under way shares it. Takes 2 s
   * at the most while Redis does not answer at all, and 8 s where it is slow.
   */
  look(): Promise<FleetSight | Unseen>;
  /** Whether Redis answers, within 2 s. */
  isUp(): Promise<boolean>;
}

const TIMES = {
  /** How long Redis may take to answer at all. */
  pingMs: 2_000,
  /** How long reading may take after that. Both together are short of the 10 s after which Prometheus gives a scrape up. */
  readMs: 6_000,
  /** Between looks that nobody asked for. */
  byItselfMs: 10_000,
};

/**
 * `redis` is a connection that waits for Redis: what it is asked while that is away may never be answered. So there is at most
 * one PING and one reading under way at any time, and nothing piles up. Nothing has to be done for it to recover.
 */
export function watchFleet(options: {
  redis: Redis;
  read: () => Promise<FleetReading>;
  times?: Partial<typeof TIMES>;
}): FleetWatch {
  const { redis, read } = options;
  const times = { ...TIMES, ...options.times };
  const ping = sharedPing(redis);
  const history = createCommitHistory();
  const stopping = new AbortController();
  let reading: Promise<Omit<FleetSight, 'roundTripMs'>> | undefined;
  let lookedAtMs = Number.NEGATIVE_INFINITY;

  const answered = () =>
    withDeadline(ping(), times.pingMs, `Redis did not answer within ${times.pingMs / 1_000} s`);

  async function readAll(): Promise<Omit<FleetSight, 'roundTripMs'>> {
    const sinceMs = performance.now();
    const found = await read();
    const committed = new Map(found.populations.map((status) => [populationKey(status), status.committed]));
    const rates = history.note(found.nowMs, committed);
    return { ...found, rates, tookMs: performance.now() - sinceMs };
  }

  async function look(): Promise<FleetSight | Unseen> {
    lookedAtMs = performance.now();
    let roundTripMs: number | undefined;
    try {
      roundTripMs = await answered();
      reading ??= readAll().finally(() => {
        reading = undefined;
      });
      const late = `reading the fleet took more than ${times.readMs / 1_000} s`;
      return { ...(await withDeadline(reading, times.readMs, late)), roundTripMs };
    } catch (failure) {
      return { failure, roundTripMs };
    }
  }

  async function keepLooking(): Promise<void> {
    while (!stopping.signal.aborted) {
      const dueInMs = lookedAtMs + times.byItselfMs - performance.now();
      if (dueInMs > 0) await delay(dueInMs, stopping.signal);
      else await unlessAborted(look(), stopping.signal);
    }
  }
  const kept = keepLooking();

  const isUp = () =>
    answered().then(
      () => true,
      () => false,
    );
  return stoppable({ look, isUp }, async () => {
    stopping.abort();
    await kept;
  });
}

/** A PING that all share who ask while it is unanswered. Resolves with the time it took, in milliseconds. */
function sharedPing(redis: Redis): () => Promise<number> {
  let pinging: Promise<number> | undefined;
  return () => {
    const sentAtMs = performance.now();
    pinging ??= redis
      .ping()
      .then(() => performance.now() - sentAtMs)
      .finally(() => {
        pinging = undefined;
      });
    return pinging;
  };
}
