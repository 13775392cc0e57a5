import { assertPriced, budgetOf, leftOf } from '../producer/budget.ts';
import type { PlannedPopulation } from '../producer/plan-population.ts';
import { openProducerSession } from '../producer/session.ts';
import type { Config } from '../shared/config.ts';
import { ExitCode, UserError } from '../shared/errors.ts';
import { populationAccount } from '../shared/limits/accounts.ts';
import { type Budget, createLedger } from '../shared/limits/ledger.ts';
import { resumeScopes } from '../shared/limits/scopes.ts';
import { loadModelProfiles } from '../shared/models/model-profiles.ts';
import { isImport } from '../shared/transactions/imports.ts';
import { PopulationState, type PopulationStatus } from '../shared/transactions/populations.ts';
import { readBudgetReason } from './budget-reason.ts';
import { type CommandContext, configOf, openRedis, type RedisAccess, say } from './context.ts';
import { describeResumed, type Resumed } from './describe-resumed.ts';
import { budgetJson } from './describe-spend.ts';
import { findPopulation, listPopulations } from './find-population.ts';
import { fleetLeftOf } from './fleet-budget.ts';
import { describeNoWorkers } from './local-parts.ts';
import type { PopulationOptions } from './open-population.ts';

export interface ResumeOptions extends PopulationOptions {
  budgetUsd?: number;
  budgetTokens?: number;
}

/**
 * Goes on after a pause: lifts what pauses the fleet, takes the paused populations (or the named one) up again, and enqueues
 * what is open of them, for workers that run elsewhere. A budget given here stands in for the one that the population has.
 * Repeating it changes nothing.
 */
export async function resume(
  prefix: string | undefined,
  options: ResumeOptions,
  context: CommandContext,
): Promise<ExitCode> {
  const config = configOf(context);
  await using access = await openRedis(context, config, 'fail-fast');
  const targets = await findTargets(prefix, options, access);
  const [target] = targets;
  if (target !== undefined) await raiseBudget(target, options, access, config);
  const lifted = await resumeScopes(access.redis, access.keys);
  const fleetLeft = await fleetLeftOf(config, access);
  const resumed: Resumed[] = [];
  for (const { simulation, population, reason } of targets) {
    await using session = openProducerSession({ ...access, config, simulation });
    await session.populations.resume(population);
    const planned = await session.planned(population);
    const { shards, openSlots } = await session.enqueue(planned, { from: 0, to: planned.size });
    const nobody = openSlots === 0 ? undefined : await describeNoWorkers(planned, session, undefined);
    if (nobody !== undefined) say(context, nobody);
    const status = await session.status(population);
    const left = leftOf(status.budget, status);
    const isLimited = openSlots > 0 && [left, fleetLeft].some(hasLimit);
    const nextCall = isLimited ? await nextCallOf(planned, { reason, status, config }) : {};
    resumed.push({ status, openSlots, shards, left, fleetLeft, nextCall });
  }
  if (options.json) context.stdout.write(`${JSON.stringify({ lifted, populations: resumed.map(json) })}\n`);
  else context.stdout.write(describe(lifted, resumed));
  return ExitCode.ok;
}

/** What the provider's answers have shown, when the population stopped for its budget, is better than an estimate. */
async function nextCallOf(
  planned: PlannedPopulation,
  { reason, status, config }: { reason: string; status: PopulationStatus; config: Config },
): Promise<Budget> {
  const { nextCallOf: estimated } = await import('../producer/next-call.ts');
  const { tokens, nanoDollars } = estimated(planned, loadModelProfiles(config).of(status.labels.model ?? ''));
  const read = readBudgetReason(reason);
  const seen = read?.nextCall === undefined ? {} : { [read.unit]: read.nextCall };
  return { tokens, nanoDollars, ...seen };
}

function hasLimit({ nanoDollars, tokens }: Budget): boolean {
  return nanoDollars !== undefined || tokens !== undefined;
}

function json({ status, openSlots, shards, left }: Resumed) {
  const { simulation, population, budget } = status;
  return {
    simulation,
    population,
    openSlots,
    shards,
    budget: budgetJson(budget),
    left: budgetJson(left),
  };
}

/** The named population, whatever its state; else all that are paused. A budget needs exactly one. */
async function findTargets(
  prefix: string | undefined,
  { simulation, budgetUsd, budgetTokens }: ResumeOptions,
  { redis, keys }: RedisAccess,
): Promise<PopulationStatus[]> {
  if (prefix !== undefined) return [await generated(findPopulation(redis, keys, { prefix, simulation }))];
  const all = await listPopulations(redis, keys, simulation);
  const paused = all.filter(({ state }) => state === PopulationState.paused);
  if ((budgetUsd === undefined && budgetTokens === undefined) || paused.length === 1) return paused;
  return [await generated(findPopulation(redis, keys, { simulation }))];
}

async function generated(finding: Promise<PopulationStatus>): Promise<PopulationStatus> {
  const found = await finding;
  if (!isImport(found)) return found;
  throw new UserError(`population ${found.population} holds imported people: there is nothing to go on with`);
}

/** Limits that were not given stay as they are. */
async function raiseBudget(
  { simulation, population, budget, labels }: PopulationStatus,
  { budgetUsd, budgetTokens }: ResumeOptions,
  { redis, keys }: RedisAccess,
  config: Config,
): Promise<void> {
  if (budgetUsd === undefined && budgetTokens === undefined) return;
  const given = budgetOf({ usd: budgetUsd, tokens: budgetTokens });
  assertPriced(given, labels.model ?? '', loadModelProfiles(config), '--budget-usd');
  await createLedger(redis, keys).setBudget(populationAccount(simulation, population), {
    nanoDollars: given.nanoDollars ?? budget.nanoDollars,
    tokens: given.tokens ?? budget.tokens,
  });
}

function describe(lifted: readonly { readonly model: string }[], resumed: readonly Resumed[]): string {
  const lines = [
    ...lifted.map(({ model }) => `calls of ${model} are let through again`),
    ...resumed.flatMap(describeResumed),
  ];
  return `${(lines.length === 0 ? ['nothing is paused'] : lines).join('\n')}\n`;
}
