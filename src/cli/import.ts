import { findAgentFiles } from '../producer/import/agent-files.ts';
import { type Collision, type ImportOutcome, importPeople } from '../producer/import/import-people.ts';
import { type ReadAgent, readAgents } from '../producer/import/read-agents.ts';
import { ExitCode } from '../shared/errors.ts';
import { createImports } from '../shared/transactions/imports.ts';
import { type CommandContext, configOf, openRedis, say } from './context.ts';
import { count } from './count.ts';

export interface ImportOptions {
  simulation: string;
  /** Fragment files that are merged into every person. */
  fragment?: string[];
  json?: boolean;
}

const MAX_PATHS_LISTED = 10;

/**
 * Brings existing agent files into a simulation. All files are checked before the first person is written; a person whose
 * name is taken is left out and reported (exit code 3), the others go in. The same files again change nothing.
 */
export async function importCommand(
  paths: readonly string[],
  options: ImportOptions,
  context: CommandContext,
): Promise<ExitCode> {
  const config = configOf(context);
  const { files, skipped } = await findAgentFiles(paths);
  const agents = await readAgents(files, {
    fragments: options.fragment ?? [],
    importedAt: new Date().toISOString(),
  });
  await using access = await openRedis(context, config, 'fail-fast');
  const { simulation } = options;
  const imports = createImports(access.redis, access.keys, simulation);
  const outcome = await importPeople(agents, { imports, signal: context.signal });

  const exitCode = exitCodeOf(outcome);
  const { population } = imports;
  const leftOut = leftOutParts(agents);
  if (options.json) {
    const facts = { simulation, population, files: files.length, ...outcome, skipped, leftOut, exitCode };
    context.stdout.write(`${JSON.stringify(facts)}\n`);
    return exitCode;
  }
  if (skipped.length > 0) say(context, `skipped, as they are no *.agent.json: ${listed(skipped)}`);
  if (leftOut.length > 0) say(context, `left out, as only the persona is imported: ${leftOut.join(', ')}`);
  context.stdout.write(`${describeImport(simulation, population, outcome)}\n`);
  return exitCode;
}

function exitCodeOf({ left, collisions }: ImportOutcome): ExitCode {
  if (left > 0) return ExitCode.interrupted;
  return collisions.length > 0 ? ExitCode.failedSlots : ExitCode.ok;
}

function describeImport(simulation: string, population: string, outcome: ImportOutcome): string {
  const { imported, alreadyThere, collisions, left } = outcome;
  const facts = [`${count(imported)} people imported`, `${count(alreadyThere)} already there`];
  if (collisions.length > 0) facts.push(`${count(collisions.length)} not imported, as their names are taken`);
  if (left > 0) facts.push(`interrupted before ${count(left)} more: the same command goes on`);
  const lines = [`${population}  simulation ${simulation}  ${facts.join(', ')}`];
  return [...lines, ...collisions.map((collision) => `  ${describeCollision(collision)}`)].join('\n');
}

function describeCollision({ name, file, takenBy }: Collision): string {
  const by =
    takenBy.file === undefined
      ? `slot ${takenBy.slot} of population ${takenBy.population}`
      : `${JSON.stringify(takenBy.name)} of ${takenBy.file}, who is another person`;
  return `${JSON.stringify(name)} of ${file}: the name is taken by ${by}`;
}

function listed(paths: readonly string[]): string {
  const more = paths.length > MAX_PATHS_LISTED ? ` and ${count(paths.length - MAX_PATHS_LISTED)} more` : '';
  return `${paths.slice(0, MAX_PATHS_LISTED).join(', ')}${more}`;
}

/** The parts that stood beside any of the personas, with the number of files. */
function leftOutParts(agents: readonly ReadAgent[]): string[] {
  const files = new Map<string, number>();
  for (const { leftOut } of agents) {
    for (const part of leftOut) files.set(part, (files.get(part) ?? 0) + 1);
  }
  return [...files].map(([part, times]) => `${part} (${count(times)} files)`);
}
