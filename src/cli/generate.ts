import { basename } from 'node:path';
import { assertExportable, ExportFormat, exportPeople } from '../producer/export/export-population.ts';
import { loadPopulationSpec } from '../producer/population-spec.ts';
import { openProducerSession } from '../producer/session.ts';
import { type Config, SIMULATED_MODEL } from '../shared/config.ts';
import { ExitCode, UserError } from '../shared/errors.ts';
import { withDeadline } from '../shared/lifecycle.ts';
import type { PopulationStatus } from '../shared/transactions/populations.ts';
import { type CommandContext, configOf, openRedis, say } from './context.ts';
import { count } from './describe-status.ts';
import { describeUnfinished } from './describe-unfinished.ts';
import { createLocalParts } from './local-parts.ts';
import { modelOf, withOverrides } from './overrides.ts';
import { createProgressDisplay } from './progress-display.ts';
import { resolveSpec } from './resolve-spec.ts';
import { runToRest } from './run-to-rest.ts';
import { planRuns, type Run, totalOf } from './runs.ts';
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
  const { redisUrl } = access;
  await using session = openProducerSession({ ...access, config, simulation: spec.simulation });
  const display = createProgressDisplay(context.stderr, Date.now);
  const onCrash = (line: string) => display.say(line);
  await using parts = createLocalParts({ context, config, simulated, redisUrl, onCrash });
  const announce = options.json ? () => {} : (line: string) => say(context, line);
  const populations = await resolveSpec(spec, {
    session,
    parts,
    model: simulated ? SIMULATED_MODEL : modelOf(spec, config),
    simulated,
    signal: context.signal,
    say: announce,
  });
  const runs = await planRuns(populations, session, options);
  if (spec.demography !== null) {
    const taken = `${count(spec.demography.dimensions.length)} dimensions taken from the demography`;
    announce(`${taken}; \`persona-fleet plan ${specPath}\` lists what was taken as what`);
  }
  announce(`${describeRuns(runs)}${simulated ? ' — by the SIMULATOR, no model is called' : ''}`);

  // Stdout is the people's when they go there.
  const summaryOut = out === '-' ? context.stderr : context.stdout;
  const { statuses, exitCode: restCode } = await runToRest({ session, runs, parts, context, display });
  await parts.stop();

  const unfinished = (last: PopulationStatus[], exitCode: ExitCode, failedExport?: string): ExitCode => {
    const line = describeUnfinished({ statuses: last, specPath, options, failedExport });
    if (options.json) printJson(summaryOut, { ...summaryOf(runs, last), exitCode, message: line });
    else say(context, line);
    return exitCode;
  };
  if (restCode === ExitCode.interrupted || restCode === ExitCode.paused) {
    // Calls in flight were committed meanwhile. Redis may be the reason for the interruption: then what was seen last.
    const last = await withDeadline(
      Promise.all(runs.map(({ planned }) => session.status(planned.population))),
      LAST_LOOK_MS,
      'Redis did not answer',
    ).catch(() => statuses);
    return unfinished(last, restCode);
  }

  const summary = summarise();
  const exported = await exportPeople(
    runs.map(({ planned: { simulation, population }, wanted, seed }) => ({
      results: session.resultsOf(population),
      shared: { simulation, population, seed },
      wanted,
    })),
    { format: options.format, out, stdout: context.stdout, signal: context.signal, onPerson: summary.add },
  ).catch((error: unknown) => {
    if (error instanceof UserError && error.exitCode === ExitCode.interrupted) return error.message;
    throw error;
  });
  if (typeof exported === 'string') return unfinished(statuses, ExitCode.interrupted, exported);

  // What was asked for may be a part of a larger population, whose other failures are no failure of this run.
  const { people } = exported;
  const failed = runs.reduce((sum, { wanted }) => sum + wanted.to - wanted.from, 0) - people;
  const exitCode = failed > 0 ? ExitCode.failedSlots : ExitCode.ok;
  const facts = {
    ...summaryOf(runs, statuses),
    failed,
    failedByReason: failed > 0 ? totalOf(statuses).failedByReason : {},
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
    calls: now.calls - before.calls,
    repairCalls: now.repairCalls - before.repairCalls,
    promptTokens: now.promptTokens - before.promptTokens,
    cachedTokens: now.cachedTokens - before.cachedTokens,
    completionTokens: now.completionTokens - before.completionTokens,
  };
}

function printJson(stream: NodeJS.WritableStream, value: unknown): void {
  stream.write(`${JSON.stringify(value)}\n`);
}
