import { TinyPersonFactory } from '../../shared/factory/tiny-person-factory.ts';
import type { ModelProfile } from '../../shared/models/model-profiles.ts';
import type { PopulationSpec } from '../population-spec.ts';
import { type Estimate, estimate } from './estimate.ts';
import { planningCalls } from './planning-calls.ts';
import type { Rate } from './time.ts';

/**
 * The estimate of a spec by its own numbers: what it leaves to a model is not asked. So the prompts of its people lack what
 * free text would say varies, and those of `factories` have the broad context in place of a narrower one. Pure.
 */
export function estimateSpec(
  spec: PopulationSpec,
  options: { readonly model: string; readonly profile: ModelProfile; readonly rate: Rate },
): Estimate {
  const { samplingSpaceDescription, factories, context, populationSize } = spec;
  const known = [context, factories?.context ?? ''].filter((text) => text !== '').join('\n\n');
  const factory = new TinyPersonFactory({
    ...spec,
    context: known === '' ? (samplingSpaceDescription ?? '') : known,
    populationSize: factories?.populationSize ?? populationSize,
    model: options.model,
  });
  return estimate({
    ...options,
    populations: [{ state: factory.encodeCompleteState(), people: populationSize }],
    planning: planningCalls(spec),
  });
}
