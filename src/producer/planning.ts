import type { TinyPersonFactoryOptions } from '../shared/factory/tiny-person-factory.ts';
import type { PlannedFactory } from '../shared/planning/operations.ts';
import type { Dimension } from '../shared/sampling/dimensions.ts';
import type { Waiting } from './await-transaction.ts';
import type { PopulationSpec } from './population-spec.ts';
import type { ProducerSession } from './session.ts';

/** What is planned with: the model decides on the queue, and is part of what the answers are cached under. */
export interface PlanningOptions extends Waiting {
  readonly model: string;
}

/** A population of a spec, ready for `new TinyPersonFactory(options)`. */
export interface PlannedSpec {
  /** What tells it from the spec's other populations; undefined where the spec is one population. */
  readonly title: string | undefined;
  readonly options: TinyPersonFactoryOptions;
}

/** Whether the spec leaves something for the model to plan. Pure. */
export function needsPlanning(spec: Pick<PopulationSpec, 'samplingSpaceDescription' | 'factories'>): boolean {
  return spec.samplingSpaceDescription !== null || spec.factories !== null;
}

/**
 * The populations that a spec stands for, with everything settled that a model has to be asked for: free text has become
 * dimensions (those that the spec states win by name), `factories` one population for each context, with all else as the spec
 * says. A spec that needs no planning is itself, without any access to Redis.
 *
 * The same spec plans once: both answers are transactions of the session's simulation. Rejects as `session.transaction` does.
 */
export async function planSpec(
  session: Pick<ProducerSession, 'transaction'>,
  spec: PopulationSpec,
  options: PlanningOptions,
): Promise<PlannedSpec[]> {
  const {
    samplingSpaceDescription,
    factories,
    simulation: _simulation,
    demography: _demography,
    budget: _budget,
    ...settled
  } = spec;
  const dimensions =
    samplingSpaceDescription === null
      ? spec.dimensions
      : await planDimensions(session, { ...spec, samplingSpaceDescription }, options);
  // Without a context of its own, the free text is all that is known of these people.
  const context = spec.context === '' ? (samplingSpaceDescription ?? '') : spec.context;
  const whole = { ...settled, context, dimensions, model: options.model };
  if (factories === null) return [{ title: undefined, options: whole }];
  const { count, context: genericContext, populationSize } = factories;
  const planned = await planFactories(session, { count, genericContext }, options);
  return planned.map((factory) => ({
    title: factory.title,
    options: { ...whole, populationSize, context: joined(spec.context, factory.context) },
  }));
}

/** What a free text says varies, after the dimensions that are given: these win over planned ones of the same name. */
export async function planDimensions(
  session: Pick<ProducerSession, 'transaction'>,
  described: {
    readonly samplingSpaceDescription: string;
    readonly context: string;
    readonly dimensions: readonly Dimension[];
  },
  { model, ...waiting }: PlanningOptions,
): Promise<Dimension[]> {
  const { samplingSpaceDescription, context, dimensions } = described;
  const settled = dimensions.map(({ name }) => name);
  const planned = await session.transaction(
    'computeSamplingDimensions',
    // Sorted: the order in which a spec lists its dimensions is no reason to ask again.
    { samplingSpaceDescription, context, settled: settled.toSorted(), model },
    waiting,
  );
  const taken = new Set(settled.map(comparable));
  return [...dimensions, ...planned.dimensions.filter(({ name }) => !taken.has(comparable(name)))];
}

/** As many contexts as asked for, all distinct. */
export async function planFactories(
  session: Pick<ProducerSession, 'transaction'>,
  wanted: { readonly count: number; readonly genericContext: string },
  { model, ...waiting }: PlanningOptions,
): Promise<readonly PlannedFactory[]> {
  const { factories } = await session.transaction('generatePersonFactories', { ...wanted, model }, waiting);
  return factories;
}

function comparable(name: string): string {
  return name.trim().toLowerCase();
}

/** What holds for all first, so that the prompts of all populations begin alike. */
function joined(shared: string, own: string): string {
  return shared.trim() === '' ? own : `${shared.trim()}\n\n${own}`;
}
