import { basename } from 'node:path';
import { budgetOf, leftOf } from '../producer/budget.ts';
import { assertExportable, ExportFormat, exportPeople } from '../producer/export/export-population.ts';
import { assertHasNoPruned } from '../producer/export/pruned-file.ts';
import { loadPopulationSpec, type PopulationSpec } from '../producer/population-spec.ts';
import { openProducerSession, type ProducerSession } from '../producer/session.ts';
import { type Config, SIMULATED_MODEL } from '../shared/config.ts';
import { ExitCode, UserError } from '../shared/errors.ts';
import { populationId, type TinyPersonFactoryState } from '../shared/factory/person-factory-state.ts';
import { type Budget, type Spend, spendFields } from '../shared/limits/ledger.ts';
import { loadModelProfiles, type ModelProfiles } from '../shared/models/model-profiles.ts';
import { createPopulations, type PopulationStatus } from '../shared/transactions/populations.ts';
import { assertNonePruned } from '../shared/transactions/pruned-people.ts';
import { createConsent } from './consent.ts';
import { type CommandContext, configOf, openRedis, type RedisAccess, say } from './context.ts';
import { count } from './count.ts';
import { describeReplaced } from './describe-replaced.ts';
import { budgetJson } from './describe-spend.ts';
import { describeUnfinished } from './describe-unfinished.ts';
import { firstFailures } from './first-failures.ts';
import { assertBudgetsPriced, fleetLeftOf } from './fleet-budget.ts';
import { lastLook } from './last-look.ts';
import { createLocalParts } from './local-parts.ts';
import { modelOf, withOverrides } from './overrides.ts';
import { createProgressDisplay } from './progress-display.ts';
import { resolveSpec } from './resolve-spec.ts';
import { runToRest } from './run-to-rest.ts';
import { pendingOf, planRuns, type Run, statesOf, totalOf } from './runs.ts';
import { summarise, summaryTable } from './summary.ts';

export interface GenerateOptions {
  count?: number;
  seed?: string;
  workers?: number;
  concurrency?: number;
  out?: string;
  format: ExportFormat;
  fresh?: boolean;
  yes?: boolean;
  serve?: boolean;
  json?: boolean;
}

/** What a run goes by: its spec and the configuration, read and found fit. */
interface Prepared {
  readonly startedAt: number;
  readonly specPath: string;
  readonly options: GenerateOptions;
  readonly context: CommandContext;
  readonly config: Config;
  readonly spec: PopulationSpec;
  readonly out: string;
  readonly simulated: boolean;
  readonly model: string;
  readonly profiles: ModelProfiles;
  readonly budget: Budget;
}

/**
 * All in one: Redis, model, workers, jobs, progress, export. Resolves with the exit code. Whatever was committed stays in Redis:
 * the same command goes on where an interrupted one stopped. With `serve`, metrics and queues can be seen meanwhile, and until
 * it is told to stop.
 */
export async function generate(
  specPath: string,
  options: GenerateOptions,
  context: CommandContext,
): Promise<ExitCode> {
  const startedAt = Date.now();
  const config = configOf(context, {
    PERSONA_FLEET_WORKERS: options.workers,
    PERSONA_FLEET_CONCURRENCY: options.concurrency,
  });
  const spec = withOverrides(await loadPopulationSpec(specPath), options);
  const out = options.out ?? defaultOut(specPath, options.format);
  await assertExportable(out, options.format);
  const simulated = isSimulated(config);
  const model = simulated ? SIMULATED_MODEL : modelOf(spec, config);
  const profiles = loadModelProfiles(config);
  const budget = budgetOf(spec.budget);
  assertBudgetsPriced(budget, model, { config, profiles, specPath });
  const read = { spec, out, simulated, model, profiles, budget };

  await using access = await openRedis(context, config, 'patient');
  await using served = options.serve
    ? await (await import('./open-exporter.ts')).serveMeanwhile({ config, access, context })
    : undefined;
  const exitCode = await generateOn(access, { startedAt, specPath, options, context, config, ...read });
  await served?.untilStopped();
  return exitCode;
}

async function generateOn(access: RedisAccess, prepared: Prepared): Promise<ExitCode> {
  const { startedAt, specPath, options, context, config } = prepared;
  const { spec, out, simulated, model, profiles, budget } = prepared;
  const { redisUrl } = access;
  await using session = openProducerSession({ ...access, config, simulation: spec.simulation });
  const display = createProgressDisplay(context.stderr, Date.now);
  const onCrash = (line: string) => display.say(line);
  await using parts = createLocalParts({ context, config, simulated, redisUrl, onCrash });
  const announce = options.json ? () => {} : (line: string) => say(context, line);
  const consent = createConsent({ config, context, yes: options.yes === true });
  const announcing = async () => ({
    ...{ config, model, profile: profiles.of(model), specPath, consent, say: announce },
    fleetLeft: await fleetLeftOf(config, access),
  });
  const populations = await resolveSpec(spec, {
    session,
    parts,
    model,
    simulated,
    signal: context.signal,
    say: announce,
    beforeAsking: async () => (await loadEstimates()).announceSpec(spec, budget, await announcing()),
  });
  const states = statesOf(populations);
  await assertExportsWhole(states, { access, session, out, fresh: options.fresh === true });
  const pending = await pendingOf(states, session, { ...options, budget });
  const isAnythingToDo = pending.some(({ people }) => people > 0);
  if (isAnythingToDo) await (await loadEstimates()).announcePending(pending, await announcing());
  const runs = await planRuns(states, session, { ...options, budget });
  const replaced = describeReplaced(runs);
  if (replaced !== undefined) announce(replaced);
  if (spec.demography !== null) {
    const taken = `${count(spec.demography.dimensions.length)} dimensions taken from the demography`;
    announce(`${taken}; \`persona-fleet plan ${specPath}\` lists what was taken as what`);
  }
  announce(`${describeRuns(runs)}${simulated ? ' — by the SIMULATOR, no model is called' : ''}`);

  // Stdout is the people's when they go there.
  const summaryOut = out === '-' ? context.stderr : context.stdout;
  const { statuses: seen, exitCode: restCode } = await runToRest({
    session,
    runs,
    openSlots: pending.map(({ people }) => people),
    parts,
    context,
    display,
  });
  await parts.stop();
  const statuses = isAnythingToDo ? await lastLook(session, seen) : seen;

  const unfinished = (exitCode: ExitCode, failedExport?: string): ExitCode => {
    const line = describeUnfinished({ statuses, specPath, options, failedExport });
    if (options.json) printJson(summaryOut, { ...summaryOf(runs, statuses), exitCode, message: line });
    else say(context, line);
    return exitCode;
  };
  if (restCode === ExitCode.interrupted || restCode === ExitCode.paused) return unfinished(restCode);

  // Hours may have passed: somebody may have pruned people to that file meanwhile.
  await assertExportsWhole(states, { access, session, out, fresh: false });
  const summary = summarise();
  const exported = await exportPeople(
    runs.map(({ planned: { simulation, population }, wanted, state }) => ({
      results: session.resultsOf(population),
      shared: { simulation, population, seed: state.seed },
      wanted,
    })),
    { format: options.format, out, stdout: context.stdout, signal: context.signal, onPerson: summary.add },
  ).catch((error: unknown) => {
    if (error instanceof UserError && error.exitCode === ExitCode.interrupted) return error.message;
    throw error;
  });
  if (typeof exported === 'string') return unfinished(ExitCode.interrupted, exported);

  // What was asked for may be a part of a larger population, whose other failures are no failure of this run.
  const { people } = exported;
  const failed = runs.reduce((sum, { wanted }) => sum + wanted.to - wanted.from, 0) - people;
  const exitCode = failed > 0 ? ExitCode.failedSlots : ExitCode.ok;
  const facts = {
    ...summaryOf(runs, statuses),
    failed,
    failedByReason: failed > 0 ? totalOf(statuses).failedByReason : {},
    failureMessages: failed > 0 ? await firstFailures(session, statuses) : {},
    people,
    distinctNames: summary.distinctNames(),
    seconds: Math.round((Date.now() - startedAt) / 100) / 10,
    out,
    simulated: summary.simulated(),
    model,
    samples: summary.samples(),
    exitCode,
  };
  if (options.json) printJson(summaryOut, facts);
  else summaryOut.write(summaryTable(facts, statuses));
  return exitCode;
}

/** Throws UserError where the export at the end would lack people, or replace some who are nowhere else. */
async function assertExportsWhole(
  states: readonly TinyPersonFactoryState[],
  options: { access: RedisAccess; session: ProducerSession; out: string; fresh: boolean },
): Promise<void> {
  const { access, session, out, fresh } = options;
  const populations = states.map(populationId);
  const isForgotten = (population: string) => fresh && populations.includes(population);
  for (const population of fresh ? [] : populations) {
    const known = await session.populations.status(population);
    if (known !== undefined) assertNonePruned(known);
  }
  await assertHasNoPruned(out, async ({ simulation, population }) =>
    isForgotten(population)
      ? undefined
      : createPopulations(access.redis, access.keys, simulation).status(population),
  );
}

/** Without a key and without an endpoint there is no model to call. */
export function isSimulated(config: Config): boolean {
  return (
    config.OPENAI_API_KEY === undefined &&
    config.OPENAI_BASE_URL === undefined &&
    config.PERSONA_FLEET_WORKERS > 0
  );
}

function defaultOut(specPath: string, format: ExportFormat): string {
  const name = basename(specPath).replace(/\.(ya?ml|json)$/i, '');
  return format === ExportFormat.tinytroupe ? `out/${name}` : `out/${name}.${format}`;
}

function describeRuns(runs: readonly Run[]): string {
  const people = runs.reduce((sum, { wanted }) => sum + wanted.to, 0);
  const committed = runs.reduce((sum, { before }) => sum + before.committed, 0);
  const known = committed === 0 ? '' : `, ${count(committed)} of them already there`;
  const [first, ...others] = runs;
  const where =
    others.length === 0 ? `population ${first?.planned.population}` : `${count(runs.length)} populations`;
  return `${count(people)} people in simulation ${first?.planned.simulation}, ${where}${known}`;
}

/** Counters of this run alone: what stood before is taken off. */
function summaryOf(runs: readonly Run[], statuses: readonly PopulationStatus[]) {
  const before = totalOf(runs.map((run) => run.before));
  const now = totalOf(statuses);
  const [first] = statuses;
  return {
    simulation: first?.simulation,
    ...(statuses.length === 1
      ? { population: first?.population, state: first?.state }
      : { populations: statuses.map(({ population, state }) => ({ population, state })) }),
    size: now.size,
    committed: now.committed,
    failed: now.failed,
    failedByReason: now.failedByReason,
    ...spentSince(before, now),
    budget: budgetJson(now.budget),
    left: budgetJson(leftOf(now.budget, now)),
  };
}

function spentSince(before: Spend, now: Spend): Spend {
  const spent = spendFields.map((field) => [field, now[field] - before[field]] as const);
  return Object.fromEntries(spent) as Record<keyof Spend, number>;
}

/** The tokenizer is loaded only where something is left to be estimated. */
function loadEstimates(): Promise<typeof import('./announce-estimate.ts')> {
  return import('./announce-estimate.ts');
}

function printJson(stream: NodeJS.WritableStream, value: unknown): void {
  stream.write(`${JSON.stringify(value)}\n`);
}
