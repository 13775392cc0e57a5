import type { Keys } from '../shared/keys.ts';
import type { Redis } from '../shared/redis.ts';
import {
  createPopulations,
  type ForgottenPeople,
  type PopulationStatus,
} from '../shared/transactions/populations.ts';

/** So many at once: one round trip for them all, and no longer a turn of Redis than others can wait for. */
const AT_ONCE = 500;
/** How often populations are read again because some were forgotten meanwhile. */
const MOST_READINGS = 3;

export interface PeopleReading {
  /** Redis' clock, of the moment at which the last populations were read. */
  readonly nowMs: number;
  readonly populations: readonly PopulationStatus[];
  /** Populations that are left out, as their keys hold what cannot be read. */
  readonly unreadable: number;
  /** What populations had that are forgotten, of all simulations. */
  readonly forgotten: ForgottenPeople;
  /** Names that are taken, of all simulations. */
  readonly names: number;
}

/**
 * Every population of every simulation. One that is forgotten meanwhile is among the populations or among what is forgotten, and
 * never among both or neither: where that has changed in between, all is read again, up to three times.
 */
export async function readPopulations(redis: Redis, keys: Keys): Promise<PeopleReading> {
  const simulations = await redis.smembers(keys.simulations);
  const stores = simulations.map((simulation) => ({
    populations: createPopulations(redis, keys, simulation),
    countNames: () => redis.hlen(keys.simulation(simulation).names),
  }));
  const forgottenBy = async () =>
    sumOf(await Promise.all(stores.map(({ populations }) => populations.forgotten())));

  for (let readings = 1; ; readings += 1) {
    const [before, ...found] = await Promise.all([
      forgottenBy(),
      ...stores.map(async ({ populations, countNames }) => {
        const [ids, names] = await Promise.all([populations.ids(), countNames()]);
        return { looks: ids.map((id) => () => populations.status(id)), names };
      }),
    ]);
    const people = await readEach(
      redis,
      found.flatMap(({ looks }) => looks),
    );
    const forgotten = await forgottenBy();
    const isSame = before.committed === forgotten.committed && before.pruned === forgotten.pruned;
    if (isSame || readings === MOST_READINGS) {
      return { ...people, forgotten, names: found.reduce((sum, { names }) => sum + names, 0) };
    }
  }
}

type Look = () => Promise<PopulationStatus | undefined>;

async function readEach(
  redis: Redis,
  looks: readonly Look[],
): Promise<Pick<PeopleReading, 'nowMs' | 'populations' | 'unreadable'>> {
  const populations: PopulationStatus[] = [];
  let unreadable = 0;
  let nowMs = 0;
  for (let from = 0; from === 0 || from < looks.length; from += AT_ONCE) {
    const [time, ...statuses] = await Promise.all([
      redis.time(),
      ...looks.slice(from, from + AT_ONCE).map(readable),
    ]);
    nowMs = Number(time[0]) * 1_000 + Math.floor(Number(time[1]) / 1_000);
    for (const status of statuses) {
      if (status === 'unreadable') unreadable += 1;
      else if (status !== undefined) populations.push(status);
    }
  }
  return { nowMs, populations, unreadable };
}

/** Only what stands in a population's own keys makes it unreadable; any other failure is the whole reading's. */
async function readable(look: Look): Promise<PopulationStatus | undefined | 'unreadable'> {
  try {
    const status = await look();
    const numbers = Object.values(status ?? {}).filter((value) => typeof value === 'number');
    return numbers.every(Number.isFinite) ? status : 'unreadable';
  } catch (error) {
    const isOfAnotherType = error instanceof Error && error.message.startsWith('WRONGTYPE');
    if (error instanceof SyntaxError || isOfAnotherType) return 'unreadable';
    throw error;
  }
}

function sumOf(parts: readonly ForgottenPeople[]): ForgottenPeople {
  return {
    committed: parts.reduce((sum, { committed }) => sum + committed, 0),
    pruned: parts.reduce((sum, { pruned }) => sum + pruned, 0),
  };
}
