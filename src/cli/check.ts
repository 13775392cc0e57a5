import { checkSimulation } from '../producer/check/check-simulation.ts';
import { compareFile } from '../producer/check/compare-file.ts';
import type { Divergence } from '../producer/check/divergence.ts';
import { ExitCode, UserError } from '../shared/errors.ts';
import { PopulationState } from '../shared/transactions/populations.ts';
import { type CommandContext, configOf, openRedis, say } from './context.ts';
import { count } from './count.ts';
import { findSimulation } from './find-simulation.ts';

export interface CheckOptions {
  simulation?: string;
  json?: boolean;
}

/** Each is a line; after a disaster there may be as many as there are people. */
const MOST_SHOWN = 100;

/**
 * Looks whether everything that Redis holds of a simulation agrees, and whether an exported file agrees with it: after a
 * failover, a power cut, a restored copy. Changes nothing. Exit code 3 when something does not agree.
 */
export async function check(
  file: string | undefined,
  options: CheckOptions,
  context: CommandContext,
): Promise<ExitCode> {
  await using access = await openRedis(context, configOf(context), 'fail-fast');
  const { redis, keys } = access;
  const { simulation, populations } = await findSimulation(redis, keys, options.simulation);
  const moving = populations.filter(({ state }) => state === PopulationState.running).length;
  if (moving > 0) {
    say(
      context,
      `${count(moving)} populations are being generated: what moves meanwhile may be shown as well`,
    );
  }
  const shown: Divergence[] = [];
  let found = 0;
  const note = async (divergences: AsyncIterable<Divergence>) => {
    for await (const divergence of divergences) {
      found += 1;
      if (found > MOST_SHOWN) continue;
      shown.push(divergence);
      if (!options.json) context.stdout.write(`${describe(divergence)}\n`);
    }
  };
  await note(checkSimulation(redis, keys, simulation));
  if (file !== undefined) await note(compareFile(file, { redis, keys, simulation })).catch(unreadable(file));
  if (options.json) {
    context.stdout.write(`${JSON.stringify({ simulation, found, divergences: shown })}\n`);
  } else {
    const what = file === undefined ? `simulation ${simulation}` : `simulation ${simulation} and ${file}`;
    const more = found > MOST_SHOWN ? `, of which ${MOST_SHOWN} are shown` : '';
    say(context, found === 0 ? `${what}: everything agrees` : `${what}: ${count(found)} divergences${more}`);
  }
  return found === 0 ? ExitCode.ok : ExitCode.failedSlots;
}

function describe({ kind, population, detail }: Divergence): string {
  return `${kind}  ${population.slice(0, 8)}  ${detail}`;
}

function unreadable(file: string): (error: unknown) => never {
  return (error) => {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === 'ENOENT') throw new UserError(`${file}: there is no such file`, { cause: error });
    if (error instanceof SyntaxError) {
      throw new UserError(`${file}: expected the JSON lines of an export (${error.message})`, {
        cause: error,
      });
    }
    throw error;
  };
}
