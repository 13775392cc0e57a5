import { basename } from 'node:path';
import { assertExportable, ExportFormat, exportPopulation } from '../producer/export/export-population.ts';
import type { PlannedPopulation } from '../producer/plan-population.ts';
import { loadPopulationSpec } from '../producer/population-spec.ts';
import { openProducerSession } from '../producer/session.ts';
import { type Config, SIMULATED_MODEL } from '../shared/config.ts';
import { ExitCode, UserError } from '../shared/errors.ts';
import { TinyPersonFactory } from '../shared/factory/tiny-person-factory.ts';
import { withDeadline } from '../shared/lifecycle.ts';
import type { PopulationStatus } from '../shared/transactions/populations.ts';
import { type CommandContext, configOf, openRedis, say } from './context.ts';
import { count } from './describe-status.ts';
import { describeUnfinished } from './describe-unfinished.ts';
import { modelOf, withOverrides } from './overrides.ts';
import { createProgressDisplay } from './progress-display.ts';
import { runToRest } from './run-to-rest.ts';
import { summarise, summaryTable } from './summary.ts';

export interface GenerateOptions {
  count?: number;
  seed?: string;
  workers?: number;
  concurrency?: number;
  out?: string;
  format: ExportFormat;
  fresh?: boolean;
  json?: boolean;
}

const LAST_LOOK_MS = 1_000;

/**
 * All in one: Redis, model, workers, jobs, progress, export. Resolves with the exit code. Whatever was committed stays in Redis:
 * the same command goes on where an interrupted one stopped.
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

  await using access = await openRedis(context, config, 'patient');
  const { redis, redisUrl, keys } = access;
  await using session = openProducerSession({
    redis,
    redisUrl,
    keys,
    config,
    simulation: spec.simulation,
  });
  const state = new TinyPersonFactory({
    ...spec,
    model: simulated ? SIMULATED_MODEL : modelOf(spec, config),
  }).encodeCompleteState();
  if (options.fresh) await session.populations.forget((await session.plan(state)).population);
  const planned = await session.plan(state);
  const wanted = { from: 0, to: spec.populationSize };
  const before = await session.status(planned.population);
  const display = createProgressDisplay(context.stderr, Date.now);
  if (!options.json) {
    say(
      context,
      `${describePlan(planned, before)}${simulated ? ' — by the SIMULATOR, no model is called' : ''}`,
    );
  }

  // Stdout is the people's when they go there.
  const summaryOut = out === '-' ? context.stderr : context.stdout;

  const { status, exitCode: restCode } = await runToRest({
    session,
    planned,
    wanted,
    before,
    config,
    simulated,
    context,
    redisUrl,
    display,
  });

  const unfinished = (last: PopulationStatus, exitCode: ExitCode, failedExport?: string): ExitCode => {
    const line = describeUnfinished({ status: last, specPath, options, failedExport });
    if (options.json) printJson(summaryOut, { ...summaryOf(last, before), exitCode, message: line });
    else say(context, line);
    return exitCode;
  };
  if (restCode === ExitCode.interrupted || restCode === ExitCode.paused) {
    // Calls in flight were committed meanwhile. Redis may be the reason for the interruption: then what was seen last.
    const last = await withDeadline(
      session.status(planned.population),
      LAST_LOOK_MS,
      'Redis did not answer',
    ).catch(() => status);
    return unfinished(last, restCode);
  }

  const summary = summarise();
  const exported = await exportPopulation({
    results: session.resultsOf(planned.population),
    shared: { simulation: spec.simulation, population: planned.population, seed: spec.seed },
    wanted,
    format: options.format,
    out,
    stdout: context.stdout,
    signal: context.signal,
    onPerson: summary.add,
  }).catch((error: unknown) => {
    if (error instanceof UserError && error.exitCode === ExitCode.interrupted) return error.message;
    throw error;
  });
  if (typeof exported === 'string') return unfinished(status, ExitCode.interrupted, exported);

  // What was asked for may be a part of a larger population, whose other failures are no failure of this run.
  const { people } = exported;
  const failed = wanted.to - wanted.from - people;
  const exitCode = failed > 0 ? ExitCode.failedSlots : ExitCode.ok;
  const facts = {
    ...summaryOf(status, before),
    failed,
    failedByReason: failed > 0 ? status.failedByReason : {},
    people,
    distinctNames: summary.distinctNames(),
    seconds: Math.round((Date.now() - startedAt) / 100) / 10,
    out,
    simulated: summary.simulated(),
    samples: summary.samples(),
    exitCode,
  };
  if (options.json) printJson(summaryOut, facts);
  else summaryOut.write(summaryTable(facts));
  return exitCode;
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

function describePlan(planned: PlannedPopulation, { committed, size }: PopulationStatus): string {
  const known = committed === 0 ? '' : `, ${count(committed)} of them already there`;
  return `${count(size)} people in simulation ${planned.simulation}, population ${planned.population}${known}`;
}

function summaryOf(status: PopulationStatus, before: PopulationStatus) {
  return {
    simulation: status.simulation,
    population: status.population,
    state: status.state,
    size: status.size,
    committed: status.committed,
    failed: status.failed,
    failedByReason: status.failedByReason,
    calls: status.calls - before.calls,
    promptTokens: status.promptTokens - before.promptTokens,
    cachedTokens: status.cachedTokens - before.cachedTokens,
    completionTokens: status.completionTokens - before.completionTokens,
  };
}

function printJson(stream: NodeJS.WritableStream, value: unknown): void {
  stream.write(`${JSON.stringify(value)}\n`);
}
