import type { PopulationSpec } from '../producer/population-spec.ts';
import { type Config, DEFAULT_MODEL, SIMULATED_MODEL } from '../shared/config.ts';

/** The spec with what the command line says instead; of a spec with factories, `count` is the size of each. */
export function withOverrides(
  spec: PopulationSpec,
  { count, seed }: { count?: number; seed?: string },
): PopulationSpec {
  return {
    ...spec,
    ...(count === undefined ? {} : sized(spec, count)),
    ...(seed === undefined ? {} : { seed }),
  };
}

function sized({ factories }: PopulationSpec, populationSize: number): Partial<PopulationSpec> {
  if (factories === null) return { populationSize };
  return { populationSize: populationSize * factories.count, factories: { ...factories, populationSize } };
}

/**
 * The model a population is generated with, and cached under. OPENAI_MODEL=simulated-1 wins over the spec: it says that there
 * is a simulator and no such model.
 */
export function modelOf(spec: PopulationSpec, config: Config): string {
  if (config.OPENAI_MODEL === SIMULATED_MODEL) return SIMULATED_MODEL;
  return spec.model ?? config.OPENAI_MODEL ?? DEFAULT_MODEL;
}
