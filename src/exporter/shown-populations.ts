import { PopulationState, type PopulationStatus } from '../shared/transactions/populations.ts';

/** The name of a population within the fleet. */
export function populationKey({ simulation, population }: PopulationStatus): string {
  return `${simulation}/${population}`;
}

/** Whether people of it are still to come: as things are, or once somebody resumes it. */
function isUnfinished({ state }: PopulationStatus): boolean {
  return (
    state === PopulationState.planned || state === PopulationState.running || state === PopulationState.paused
  );
}

/**
 * Chooses the populations that get series of their own: those that are unfinished, then those that last committed somebody.
 *
 * Whoever was chosen stays while it is unfinished. With more of them than places, the order of their last commits changes with
 * every look, and series that come and go would be as good as none, and as many as there are populations.
 */
export function createShownPopulations(
  places: number,
): (all: readonly PopulationStatus[]) => PopulationStatus[] {
  let chosen: ReadonlySet<string> = new Set();
  return (all) => {
    const ranked = all.map((status) => {
      const key = populationKey(status);
      const unfinished = isUnfinished(status);
      return { status, key, rank: unfinished ? (chosen.has(key) ? 0 : 1) : 2 };
    });
    ranked.sort(
      (a, b) =>
        a.rank - b.rank ||
        (b.status.lastCommitMs ?? 0) - (a.status.lastCommitMs ?? 0) ||
        (a.key < b.key ? -1 : 1),
    );
    const shown = ranked.slice(0, places);
    chosen = new Set(shown.map(({ key }) => key));
    return shown.map(({ status }) => status);
  };
}
