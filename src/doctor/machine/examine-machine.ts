import type { Config } from '../../shared/config.ts';
import { type Check, examine } from '../check.ts';
import { checkFileLimits, openFilesLimit } from './file-limits.ts';
import type { MachineFacts } from './machine-facts.ts';
import { checkNodeVersion } from './node-version.ts';
import { checkCores, checkMemory } from './processes.ts';

/** Everything about this machine, as a place for the workers that this configuration would start. */
export function examineMachine(
  machine: MachineFacts,
  config: Pick<Config, 'PERSONA_FLEET_PROCESSES' | 'PERSONA_FLEET_CONCURRENCY'>,
  signal: AbortSignal,
): Promise<Check[]> {
  const { PERSONA_FLEET_PROCESSES: processes, PERSONA_FLEET_CONCURRENCY: concurrency } = config;
  const openFiles = openFilesLimit(machine.procLimits);
  return Promise.all([
    examine('node', () => checkNodeVersion(machine.nodeVersion, machine.engines), { signal }),
    examine('cores', () => checkCores(processes, machine.cores), { signal }),
    examine('memory', () => checkMemory(processes, machine.memoryBytes), { signal }),
    examine('open files', () => checkFileLimits(openFiles, concurrency), { signal }),
  ]);
}
