import { ExportFormat } from '../producer/export/export-population.ts';
import { PopulationState, type PopulationStatus } from '../shared/transactions/populations.ts';
import { count } from './count.ts';
import { describeMending, raisedBudget } from './describe-way-on.ts';
import type { GenerateOptions } from './generate.ts';
import { totalOf } from './runs.ts';

/** One line for a `generate` that did not reach its end: why, what is kept, and the command that goes on. */
export function describeUnfinished(run: {
  statuses: readonly PopulationStatus[];
  specPath: string;
  options: GenerateOptions;
  /** Where all people were there and only the export was cut short: what it said. */
  failedExport?: string | undefined;
}): string {
  const { statuses, specPath, options, failedExport } = run;
  const again = resumeCommand(specPath, options);
  const { committed, size } = totalOf(statuses);
  const done = `${count(committed)} of ${count(size)} people are committed`;
  const paused = statuses.find(({ state }) => state === PopulationState.paused);
  if (failedExport !== undefined) return `${failedExport}. ${done}; go on with: ${again}`;
  if (paused !== undefined) {
    const raised = raisedBudget(paused);
    return raised === undefined
      ? `paused: ${paused.reason}. ${done}; ${describeMending(paused)}, go on with: ${again}`
      : `paused: ${paused.reason}. ${done}; raise the budget in ${specPath}, and go on with: ${again}`;
  }
  if (statuses.some(({ state }) => state === PopulationState.cancelled))
    return `cancelled. ${done}; take it up again with: ${again}`;
  return `interrupted. ${done}; go on with: ${again}`;
}

/** The same command again, for a shell; without `--fresh`, which would forget what is to be gone on with. */
export function resumeCommand(specPath: string, options: GenerateOptions): string {
  const { count, seed, workers, concurrency, out, format, yes, json } = options;
  const given: [name: string, value: string | number | undefined][] = [
    ['--count', count],
    ['--seed', seed],
    ['--workers', workers],
    ['--concurrency', concurrency],
    ['--out', out],
    ['--format', format === ExportFormat.jsonl ? undefined : format],
  ];
  return [
    'persona-fleet',
    'generate',
    specPath,
    ...given.flatMap(([name, value]) => (value === undefined ? [] : [name, String(value)])),
    ...(yes ? ['--yes'] : []),
    ...(json ? ['--json'] : []),
  ]
    .map(shellQuoted)
    .join(' ');
}

function shellQuoted(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
