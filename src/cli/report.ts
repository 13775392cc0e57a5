import { assertWritable, writeWhole } from '../producer/export/output.ts';
import { buildReport, type PopulationReport } from '../producer/report/build-report.ts';
import { exceededBy, parseThresholds, type Threshold } from '../producer/report/gate.ts';
import { reportPage } from '../producer/report/report-page.ts';
import { reportText } from '../producer/report/report-text.ts';
import { ExitCode, UserError } from '../shared/errors.ts';
import { decodePersonFactoryState } from '../shared/factory/person-factory-state.ts';
import { loadModelProfiles } from '../shared/models/model-profiles.ts';
import { isImport } from '../shared/transactions/imports.ts';
import { createPopulations, unknownPopulation } from '../shared/transactions/populations.ts';
import { assertNonePruned } from '../shared/transactions/pruned-people.ts';
import { createResults } from '../shared/transactions/results.ts';
import { type CommandContext, say } from './context.ts';
import { count } from './count.ts';
import { type OpenPopulation, openPopulation, type PopulationOptions } from './open-population.ts';

const PROGRESS_EVERY_MS = 5_000;

/**
 * Holds a population, finished or not, against what was asked for: on the terminal, as JSON, as a page. With thresholds it is
 * a gate: exit code 3 when any is passed.
 */
export async function report(
  prefix: string | undefined,
  options: PopulationOptions & { html?: string; failOver?: string },
  context: CommandContext,
): Promise<ExitCode> {
  const thresholds = options.failOver === undefined ? [] : parseThresholds(options.failOver);
  if (options.html !== undefined) await assertWritable(options.html);
  await using found = await openPopulation(prefix, options, context);
  const built = await buildFrom(found, context);
  const { html } = options;
  if (html !== undefined) {
    await writeWhole(html, context.stdout, (put) => put(reportPage(built)));
    if (html !== '-') say(context, `the report was written to ${html}`);
  }
  // Stdout is the page's when it goes there.
  const out = html === '-' ? context.stderr : context.stdout;
  if (options.json) out.write(`${JSON.stringify(built)}\n`);
  else if (html !== '-') out.write(reportText(built));
  return gate(built, thresholds, context);
}

async function buildFrom(found: OpenPopulation, context: CommandContext): Promise<PopulationReport> {
  const { redis, keys, status, config } = found;
  const { simulation, population, stateDigest, size } = status;
  if (isImport(status)) {
    throw new UserError(
      `population ${population} holds imported people, who have no plan to be held against: name a generated one`,
    );
  }
  // Half a population held against the whole plan would say nothing.
  assertNonePruned(status);
  const encoded = await createPopulations(redis, keys, simulation).state(stateDigest);
  if (encoded === undefined) throw unknownPopulation(simulation, population);
  const profiles = loadModelProfiles(config);
  let nextAt = Date.now() + PROGRESS_EVERY_MS;
  return buildReport({
    results: createResults(redis, keys, simulation, population),
    status,
    state: decodePersonFactoryState(encoded),
    prices: { asOf: profiles.pricesAsOf, of: (model) => profiles.of(model).price },
    now: new Date(),
    signal: context.signal,
    onProgress(slots) {
      if (Date.now() < nextAt) return;
      nextAt = Date.now() + PROGRESS_EVERY_MS;
      say(context, `${count(slots)} of ${count(size)} slots read`);
    },
  });
}

function gate(built: PopulationReport, thresholds: readonly Threshold[], context: CommandContext): ExitCode {
  const exceeded = exceededBy(built, thresholds);
  for (const { name, value, limit, meaning } of exceeded) {
    const found = value === null ? 'could not be measured, as nobody is committed' : `is ${tidy(value)}`;
    say(context, `${name} ${found}; at most ${limit} is allowed (${meaning})`);
  }
  return exceeded.length > 0 ? ExitCode.failedSlots : ExitCode.ok;
}

/** Enough digits to see by how much a limit was passed. */
function tidy(value: number): string {
  return String(Number(value.toPrecision(6)));
}
