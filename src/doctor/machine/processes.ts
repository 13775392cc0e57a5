import { type Finding, ok, warning } from '../check.ts';

/** Whether the processes of one `worker` command fit this machine. `cores`: those that may be used, as a container's limit has it. */
export function checkCores(processes: number, cores: number): Finding {
  const found = `${count(cores, 'core')}, PERSONA_FLEET_PROCESSES ${processes}`;
  if (processes > cores) {
    return warning(
      found,
      `more processes than cores gain nothing, and take each other's time: set PERSONA_FLEET_PROCESSES to ${cores} or less`,
    );
  }
  return ok(found);
}

/** What one worker process takes with much to do. */
const PROCESS_BYTES = 256 * 1_048_576;

/** `bytes`: what this process and its children may use, at the most. */
export function checkMemory(processes: number, bytes: number): Finding {
  const found = `${megabytes(bytes)} for ${count(processes, 'worker process')}`;
  const needed = processes * PROCESS_BYTES;
  if (bytes >= needed) return ok(found);
  return warning(found, `count with ${megabytes(needed)}: raise the limit, or lower PERSONA_FLEET_PROCESSES`);
}

function megabytes(bytes: number): string {
  return `${Math.round(bytes / 1_048_576).toLocaleString('en-US')} MB`;
}

function count(number: number, what: string): string {
  if (number === 1) return `1 ${what}`;
  return `${number} ${what}${what.endsWith('s') ? 'es' : 's'}`;
}
