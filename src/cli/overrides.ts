import type { PopulationSpec } from '../producer/population-spec.ts';
import { type Config, DEFAULT_MODEL, SIMULATED_MODEL } from '../shared/config.ts';

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

/**
 * The model a population is generated with, and cached under. OPENAI_MODEL=simulated-1 wins over the spec: it says that there
 * is a simulator and no such model.
 */
export function modelOf(spec: PopulationSpec, config: Config): string {
  if (config.OPENAI_MODEL === SIMULATED_MODEL) return SIMULATED_MODEL;
  return spec.model ?? config.OPENAI_MODEL ?? DEFAULT_MODEL;
}
