import { budgetOf } from '../producer/budget.ts';
import type { PlannedSpec } from '../producer/planning.ts';
import { needsPlanning } from '../producer/planning.ts';
import { loadPopulationSpec, type PopulationSpec } from '../producer/population-spec.ts';
import { openProducerSession } from '../producer/session.ts';
import { type Config, SIMULATED_MODEL } from '../shared/config.ts';
import { ExitCode } from '../shared/errors.ts';
import { TinyPersonFactory } from '../shared/factory/tiny-person-factory.ts';
import { loadModelProfiles } from '../shared/models/model-profiles.ts';
import { describeNote } from '../shared/sampling/demography/read-demography.ts';
import { type CommandContext, configOf, openRedis, say } from './context.ts';
import { describePlan, planFacts } from './describe-plan.ts';
import { isSimulated } from './generate.ts';
import { createLocalParts } from './local-parts.ts';
import { modelOf, withOverrides } from './overrides.ts';
import { resolveSpec } from './resolve-spec.ts';

export interface PlanCommandOptions {
  count?: number;
  seed?: string;
  workers?: number;
  json?: boolean;
}

/**
 * Shows what a spec is taken for, before anything is generated: what was read from a demography file, every dimension with its
 * shares and counts, and some of the slots. Pure for most specs: no Redis, no model. Free text and `factories` are asked of a
 * model as `generate` would ask, and the answers stay cached for it.
 */
export async function plan(
  specPath: string,
  options: PlanCommandOptions,
  context: CommandContext,
): Promise<ExitCode> {
  const config = configOf(context, { PERSONA_FLEET_WORKERS: options.workers });
  const spec = withOverrides(await loadPopulationSpec(specPath), options);
  const populations = needsPlanning(spec)
    ? await askModel(spec, { specPath, config, json: options.json === true }, context)
    : [{ title: undefined, options: spec }];
  const plans = populations.map(({ title, options: population }) => {
    const factory = new TinyPersonFactory(population);
    const { dimensions, joints, extents, seed } = factory.encodeCompleteState();
    const planned = { dimensions, joints, extents: extents ?? [factory.populationSize], seed };
    return { title, context: factory.context, ...planFacts(planned) };
  });
  const notes = spec.demography?.notes ?? [];
  if (options.json) {
    const facts = { simulation: spec.simulation, notes, populations: plans };
    context.stdout.write(`${JSON.stringify(facts)}\n`);
    return ExitCode.ok;
  }
  for (const note of notes) context.stdout.write(`${describeNote(note)}\n`);
  if (notes.length > 0) context.stdout.write('\n');
  for (const each of plans) {
    if (each.title !== undefined) context.stdout.write(`${each.title}\n`);
    context.stdout.write(describePlan(each));
    if (plans.length > 1) context.stdout.write('\n');
  }
  return ExitCode.ok;
}

async function askModel(
  spec: PopulationSpec,
  { specPath, config, json }: { specPath: string; config: Config; json: boolean },
  context: CommandContext,
): Promise<PlannedSpec[]> {
  const simulated = isSimulated(config);
  await using access = await openRedis(context, config, 'patient');
  const { redisUrl } = access;
  await using session = openProducerSession({ ...access, config, simulation: spec.simulation });
  const onCrash = (line: string) => say(context, line);
  await using parts = createLocalParts({ context, config, simulated, redisUrl, onCrash });
  const announce = json ? () => {} : (line: string) => say(context, line);
  const model = simulated ? SIMULATED_MODEL : modelOf(spec, config);
  return await resolveSpec(spec, {
    session,
    parts,
    model,
    simulated,
    signal: context.signal,
    say: announce,
    beforeAsking: async () => {
      const { announcePlanning } = await import('./announce-estimate.ts');
      const profile = loadModelProfiles(config).of(model);
      const help = { config, model, profile, specPath, say: announce };
      announcePlanning(spec, budgetOf(spec.budget), help);
    },
  });
}
