import type { Config } from '../shared/config.ts';
import type { PopulationStatus } from '../shared/transactions/populations.ts';
import { type CommandContext, configOf, openRedis, type RedisAccess } from './context.ts';
import { findPopulation } from './find-population.ts';

/** What the commands about one population have in common. */
export interface PopulationOptions {
  simulation?: string;
  json?: boolean;
}

export interface OpenPopulation extends RedisAccess {
  readonly config: Config;
  /** As it stands now. */
  readonly status: PopulationStatus;
}

/** Opens Redis and finds the population that a command names; see `findPopulation`. Disposing gives Redis back. */
export async function openPopulation(
  prefix: string | undefined,
  { simulation }: PopulationOptions,
  context: CommandContext,
): Promise<OpenPopulation> {
  const config = configOf(context);
  const access = await openRedis(context, config, 'fail-fast');
  try {
    const status = await findPopulation(access.redis, access.keys, { simulation, prefix });
    return { ...access, config, status };
  } catch (error) {
    await access[Symbol.asyncDispose]();
    throw error;
  }
}
