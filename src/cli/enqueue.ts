import { budgetOf } from '../producer/budget.ts';
import { needsPlanning } from '../producer/planning.ts';
import { loadPopulationSpec } from '../producer/population-spec.ts';
import { openProducerSession } from '../producer/session.ts';
import { SIMULATED_MODEL } from '../shared/config.ts';
import { ExitCode } from '../shared/errors.ts';
import { loadModelProfiles } from '../shared/models/model-profiles.ts';
import { type CommandContext, configOf, openRedis, say } from './context.ts';
import { count, counted } from './count.ts';
import { describeReplaced } from './describe-replaced.ts';
import { assertBudgetsPriced } from './fleet-budget.ts';
import { modelOf, withOverrides } from './overrides.ts';
import { populationWords } from './population-words.ts';
import { resolveSpec } from './resolve-spec.ts';
import { planRuns, statesOf } from './runs.ts';

/**
 * Plans the populations of a spec and puts their jobs on the queue, for workers that run elsewhere. Enqueuing twice enqueues
 * once. Where the spec leaves something to a model, it waits until a worker has asked it.
 */
export async function enqueue(
  specPath: string,
  options: { count?: number; seed?: string; fresh?: boolean; json?: boolean },
  context: CommandContext,
): Promise<ExitCode> {
  const config = configOf(context);
  const spec = withOverrides(await loadPopulationSpec(specPath), options);
  const model = modelOf(spec, config);
  const budget = budgetOf(spec.budget);
  const profiles = loadModelProfiles(config);
  assertBudgetsPriced(budget, model, { config, profiles, specPath });
  const announce = (line: string) => say(context, line);
  await using access = await openRedis(context, config, needsPlanning(spec) ? 'patient' : 'fail-fast');
  await using session = openProducerSession({ ...access, config, simulation: spec.simulation });
  const populations = await resolveSpec(spec, {
    session,
    model,
    simulated: model === SIMULATED_MODEL,
    signal: context.signal,
    say: announce,
    beforeAsking: async () => {
      const { announcePlanning } = await import('./announce-estimate.ts');
      announcePlanning(spec, budget, { config, model, profile: profiles.of(model), specPath, say: announce });
    },
  });
  const runs = await planRuns(statesOf(populations), session, { ...options, budget });
  const replaced = describeReplaced(runs);
  if (replaced !== undefined) announce(replaced);
  await session.resumeFleet();
  for (const { planned, wanted } of runs) {
    await session.populations.resume(planned.population);
    const { shards, openSlots } = await session.enqueue(planned, wanted);
    const { simulation, population, outcome, size } = planned;
    context.stdout.write(
      options.json
        ? `${JSON.stringify({ simulation, population, outcome, size, shards, openSlots })}\n`
        : `${population}  ${counted(openSlots, 'open slot')} of ${count(size)} in ${counted(shards, 'job')}; follow them with: persona-fleet watch ${populationWords(planned)}\n`,
    );
  }
  return ExitCode.ok;
}
