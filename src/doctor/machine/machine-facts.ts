import { readFileSync } from 'node:fs';
import { availableParallelism, totalmem } from 'node:os';

/** What is to be known of this machine and of what runs on it. */
export interface MachineFacts {
  readonly nodeVersion: string;
  /** What this package asks of Node, as `>=22.18`. */
  readonly engines: string;
  /** Cores that may be used; a container's limit counts. */
  readonly cores: number;
  /** What may be used; a container's limit counts. */
  readonly memoryBytes: number;
  /** `/proc/self/limits`; undefined where the system has none. */
  readonly procLimits: string | undefined;
}

export function readMachineFacts(): MachineFacts {
  const manifest: { engines: { node: string } } = JSON.parse(
    readFileSync(new URL('../../../package.json', import.meta.url), 'utf8'),
  );
  // 0, or far more than there is, where nothing limits it.
  const constrained = process.constrainedMemory() || Number.POSITIVE_INFINITY;
  return {
    nodeVersion: process.version,
    engines: manifest.engines.node,
    cores: availableParallelism(),
    memoryBytes: Math.min(totalmem(), constrained),
    procLimits: readIfThere('/proc/self/limits'),
  };
}

function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
