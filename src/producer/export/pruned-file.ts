import { open, realpath, stat } from 'node:fs/promises';
import { UserError } from '../../shared/errors.ts';
import type { PopulationStatus } from '../../shared/transactions/populations.ts';

/** Longer than a person's line ever is. */
const FIRST_LINE_BYTES = 1 << 20;

interface Population {
  readonly simulation: string;
  readonly population: string;
}

/**
 * Throws UserError when an export to this path would replace what may be the only copy of people who were pruned. The file
 * itself says whose people it has: one read of it, and one of Redis. A copy may be replaced where the file that they were
 * pruned to is at its own place; where it is not, it may have been moved here.
 */
export async function assertHasNoPruned(
  path: string,
  statusOf: (named: Population) => Promise<PopulationStatus | undefined>,
): Promise<void> {
  const named = await populationOfFile(path);
  if (named === undefined) return;
  const status = await statusOf(named);
  if (status === undefined || status.pruned === 0 || !(await mayHavePruned(path, status))) return;
  const { pruned, prunedTo = 'a file' } = status;
  const place = prunedTo === (await realpath(path)) ? 'it' : `${prunedTo}, which is gone`;
  throw new UserError(
    `${path} has ${pruned} people of population ${named.population} who are nowhere else, since they were pruned to ${place}: ` +
      'choose another path with --out',
  );
}

/** Whether this is the file that people of the population were pruned to, or that one may have been moved here. */
export async function mayHavePruned(
  path: string,
  { prunedTo }: Pick<PopulationStatus, 'prunedTo'>,
): Promise<boolean> {
  if (prunedTo === undefined || prunedTo === (await realpath(path))) return true;
  return (await stat(prunedTo).catch(() => undefined)) === undefined;
}

/** Whose people an export of JSON lines has; undefined for anything else, and where nothing is. */
async function populationOfFile(path: string): Promise<Population | undefined> {
  try {
    await using file = await open(path, 'r');
    if (!(await file.stat()).isFile()) return undefined;
    const { buffer, bytesRead } = await file.read(Buffer.alloc(FIRST_LINE_BYTES), 0, FIRST_LINE_BYTES, 0);
    const [line = ''] = buffer.toString('utf8', 0, bytesRead).split('\n', 1);
    const { simulation, population } = JSON.parse(line).provenance;
    if (typeof simulation !== 'string' || typeof population !== 'string') return undefined;
    return { simulation, population };
  } catch {
    return undefined; // none of ours, or none that can be read: whoever writes there finds out
  }
}
