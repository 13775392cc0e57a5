/** How fast people are committed, from what was seen at several moments. */
export interface CommitRates {
  /** People per second; undefined while it was not watched for long enough. */
  readonly total: number | undefined;
  of(population: string): number | undefined;
}

export interface CommitHistory {
  /**
   * Notes how many people each population has committed, at a time of Redis' clock, and returns the rates over the last
   * minute, or over the time since the first look where that is less.
   */
  note(nowMs: number, committed: ReadonlyMap<string, number>): CommitRates;
}

const WINDOW_MS = 60_000;
/** Looks that come a little late still reach over the whole minute. */
const LATE_MS = 3_000;
/** Over less than this, a rate says more about when one looked. */
const LEAST_MS = 4_000;
/** Looks in quicker succession are not all kept. */
const APART_MS = 5_000;
/** Populations that were not seen for so long are forgotten here, too. */
const KNOWN_MS = 3_600_000;

interface Known {
  readonly count: number;
  /** What it has gained since the first look. */
  readonly gained: number;
  readonly seenAtMs: number;
}

interface Look {
  readonly atMs: number;
  /** What each population has gained since the first look. */
  readonly gained: ReadonlyMap<string, number>;
}

/**
 * Keeps at most one look in five seconds of the last minute, so that its size is bounded by the number of populations.
 *
 * A population that appears has gained all it has. A count that falls is no gain: after a failover the last commits are gone, or
 * the population was forgotten and is generated anew; it gains what comes on top from then on. One that is missing from a look gains
 * nothing meanwhile. What there was at the first look is no gain: a restart shows no jump.
 */
export function createCommitHistory(): CommitHistory {
  let looks: Look[] = [];
  let known = new Map<string, Known>();

  function learn(nowMs: number, committed: ReadonlyMap<string, number>): void {
    const isFirst = looks.length === 0 && known.size === 0;
    for (const [population, count] of committed) {
      const { count: before, gained } = known.get(population) ?? { count: isFirst ? count : 0, gained: 0 };
      known.set(population, { count, gained: gained + Math.max(0, count - before), seenAtMs: nowMs });
    }
    for (const [population, { seenAtMs }] of known) {
      if (nowMs - seenAtMs > KNOWN_MS) known.delete(population);
    }
  }

  return {
    note(nowMs, committed) {
      const last = looks.at(-1);
      // The clock was set back: nothing can be said of what was before.
      if (last !== undefined && nowMs < last.atMs) {
        looks = [];
        known = new Map();
      }
      learn(nowMs, committed);
      const gained = new Map([...known].map(([population, one]) => [population, one.gained]));

      const oldestMs = nowMs - WINDOW_MS - LATE_MS;
      looks = looks.filter(({ atMs }) => atMs >= oldestMs);
      const [one, other] = looks.slice(-2);
      if (one !== undefined && other !== undefined && other.atMs - one.atMs < APART_MS) looks.pop();
      looks.push({ atMs: nowMs, gained });

      const base = looks[0] ?? { atMs: nowMs, gained };
      const watchedMs = nowMs - base.atMs;
      const rateOf = (population: string) => {
        const gain = (gained.get(population) ?? 0) - (base.gained.get(population) ?? 0);
        return (gain / watchedMs) * 1_000;
      };
      if (watchedMs < LEAST_MS) return { total: undefined, of: () => undefined };
      return {
        total: [...gained.keys()].reduce((sum, population) => sum + rateOf(population), 0),
        of: (population) => (committed.has(population) ? rateOf(population) : undefined),
      };
    },
  };
}
