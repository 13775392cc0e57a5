import { viewFleet } from '../producer/fleet-view.ts';
import { openProducerSession } from '../producer/session.ts';
import type { Config } from '../shared/config.ts';
import { ExitCode } from '../shared/errors.ts';
import { queueNameOf } from '../shared/jobs.ts';
import { FLEET_ACCOUNT } from '../shared/limits/accounts.ts';
import { createLedger } from '../shared/limits/ledger.ts';
import {
  createPopulations,
  PopulationState,
  type PopulationStatus,
} from '../shared/transactions/populations.ts';
import { type CommandContext, configOf, openRedis, type RedisAccess } from './context.ts';
import { describeFleet, type FleetFacts } from './describe-fleet.ts';
import { budgetJson } from './describe-spend.ts';
import { describeStatus } from './describe-status.ts';
import { findPopulation, listPopulations } from './find-population.ts';
import { firstFailures } from './first-failures.ts';
import { fleetBudgetOf } from './fleet-budget.ts';
import { describeNoWorkers } from './local-parts.ts';
import type { PopulationOptions } from './open-population.ts';

/**
 * Where one population, or every one, stands, and what holds the fleet up. Costs a few reads a population, whatever its size.
 * With `fleet` it is about the fleet alone: its limits, and what all populations together have spent.
 */
export async function status(
  prefix: string | undefined,
  options: PopulationOptions & { fleet?: boolean },
  context: CommandContext,
): Promise<ExitCode> {
  const config = configOf(context);
  await using access = await openRedis(context, config, 'fail-fast');
  const { redis, keys } = access;
  if (options.fleet) {
    const facts = await fleetFacts(access, config);
    const shown = { ...facts, budget: budgetJson(facts.budget) };
    context.stdout.write(options.json ? `${JSON.stringify(shown)}\n` : describeFleet(facts));
    return ExitCode.ok;
  }
  const found =
    prefix === undefined
      ? await listPopulations(redis, keys, options.simulation)
      : [await findPopulation(redis, keys, { prefix, simulation: options.simulation })];
  if (options.json) {
    const shown = found.map((one) => ({ ...one, budget: budgetJson(one.budget) }));
    context.stdout.write(`${JSON.stringify(shown)}\n`);
    return ExitCode.ok;
  }
  if (found.length === 0) context.stdout.write('no populations yet\n');
  for (const one of found) {
    const populations = createPopulations(redis, keys, one.simulation);
    context.stdout.write(`${describeStatus(one, await firstFailures({ populations }, [one]))}\n`);
  }
  for (const line of await linesOfMissingWorkers(found, access, config)) context.stdout.write(`${line}\n`);
  const facts = await fleetFacts(access, config);
  if (facts.scopes.length > 0) context.stdout.write(`\n${describeFleet(facts)}`);
  return ExitCode.ok;
}

async function fleetFacts({ redis, keys }: RedisAccess, config: Config): Promise<FleetFacts> {
  const [view, spend] = await Promise.all([
    viewFleet(redis, keys),
    createLedger(redis, keys).spendOf(FLEET_ACCOUNT),
  ]);
  const scopes = view.scopes.map((scope) => {
    const { waitingUntilMs } = scope;
    return waitingUntilMs === undefined ? scope : { ...scope, waitingUntilMs: Math.ceil(waitingUntilMs) };
  });
  return { ...view, scopes, spend, budget: fleetBudgetOf(config) };
}

/** What to say of populations that run and have nobody to work on them, once for each model. */
async function linesOfMissingWorkers(
  statuses: readonly PopulationStatus[],
  access: RedisAccess,
  config: Config,
): Promise<string[]> {
  const waiting = statuses.filter(
    ({ state, committed, failed, size }) =>
      (state === PopulationState.running || state === PopulationState.planned) && committed + failed < size,
  );
  const [first] = waiting;
  if (first === undefined) return [];
  await using session = openProducerSession({ ...access, config, simulation: first.simulation });
  const lines: string[] = [];
  for (const model of new Set(waiting.map(({ labels }) => labels.model))) {
    const nobody = await describeNoWorkers({ queueName: queueNameOf(model) }, session, undefined);
    if (nobody !== undefined) lines.push(model === undefined ? nobody : `${model}: ${nobody}`);
  }
  return lines;
}
