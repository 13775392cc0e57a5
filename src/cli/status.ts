import { budgetOf } from '../producer/budget.ts';
import { viewFleet } from '../producer/fleet-view.ts';
import type { Config } from '../shared/config.ts';
import { ExitCode } from '../shared/errors.ts';
import { FLEET_ACCOUNT } from '../shared/limits/accounts.ts';
import { createLedger } from '../shared/limits/ledger.ts';
import { type CommandContext, configOf, openRedis, type RedisAccess } from './context.ts';
import { describeFleet, type FleetFacts } from './describe-fleet.ts';
import { describeStatus } from './describe-status.ts';
import { findPopulation, listPopulations } from './find-population.ts';
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
    context.stdout.write(options.json ? `${JSON.stringify(facts)}\n` : describeFleet(facts));
    return ExitCode.ok;
  }
  const found =
    prefix === undefined
      ? await listPopulations(redis, keys, options.simulation)
      : [await findPopulation(redis, keys, { prefix, simulation: options.simulation })];
  if (options.json) {
    context.stdout.write(`${JSON.stringify(found)}\n`);
    return ExitCode.ok;
  }
  if (found.length === 0) context.stdout.write('no populations yet\n');
  else context.stdout.write(`${found.map(describeStatus).join('\n')}\n`);
  const facts = await fleetFacts(access, config);
  if (facts.scopes.length > 0) context.stdout.write(`\n${describeFleet(facts)}`);
  return ExitCode.ok;
}

async function fleetFacts({ redis, keys }: RedisAccess, config: Config): Promise<FleetFacts> {
  const [view, spend] = await Promise.all([
    viewFleet(redis, keys),
    createLedger(redis, keys).spendOf(FLEET_ACCOUNT),
  ]);
  const budget = budgetOf({
    usd: config.PERSONA_FLEET_BUDGET_USD,
    tokens: config.PERSONA_FLEET_BUDGET_TOKENS,
  });
  return { ...view, spend, budget };
}
