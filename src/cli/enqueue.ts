import { loadPopulationSpec } from '../producer/population-spec.ts';
import { openProducerSession } from '../producer/session.ts';
import { ExitCode } from '../shared/errors.ts';
import { TinyPersonFactory } from '../shared/factory/tiny-person-factory.ts';
import { type CommandContext, configOf, openRedis } from './context.ts';
import { count } from './describe-status.ts';
import { modelOf, withOverrides } from './overrides.ts';

/** Plans a population and puts its jobs on the queue, for workers that run elsewhere. Enqueuing twice enqueues once. */
export async function enqueue(
  specPath: string,
  options: { count?: number; seed?: string; fresh?: boolean; json?: boolean },
  context: CommandContext,
): Promise<ExitCode> {
  const config = configOf(context);
  const spec = withOverrides(await loadPopulationSpec(specPath), options);
  await using access = await openRedis(context, config, 'fail-fast');
  await using session = openProducerSession({ ...access, config, simulation: spec.simulation });
  const state = new TinyPersonFactory({
    ...spec,
    model: modelOf(spec, config),
  }).encodeCompleteState();
  if (options.fresh) await session.populations.forget((await session.plan(state)).population);
  const planned = await session.plan(state);
  await session.populations.resume(planned.population);
  const { shards, openSlots } = await session.enqueue(planned, { from: 0, to: spec.populationSize });
  const { simulation, population, outcome, size } = planned;
  context.stdout.write(
    options.json
      ? `${JSON.stringify({ simulation, population, outcome, size, shards, openSlots })}\n`
      : `${population}  ${count(openSlots)} open slots of ${count(size)} in ${count(shards)} jobs; follow them with: persona-fleet watch ${population}\n`,
  );
  return ExitCode.ok;
}
