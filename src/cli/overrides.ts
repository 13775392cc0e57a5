import type { PopulationSpec } from '../producer/population-spec.ts';

/** The spec with what the command line says instead. */
export function withOverrides(
  spec: PopulationSpec,
  { count, seed }: { count?: number; seed?: string },
): PopulationSpec {
  return {
    ...spec,
    ...(count === undefined ? {} : { populationSize: count }),
    ...(seed === undefined ? {} : { seed }),
  };
}
