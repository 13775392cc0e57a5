import { open, stat } from 'node:fs/promises';
import { UserError } from '../../shared/errors.ts';
import { delay } from '../../shared/lifecycle.ts';
import type { Outbox, OutboxClaim, OutboxRecord } from '../../shared/transactions/outbox.ts';
import { unknownPopulation } from '../../shared/transactions/populations.ts';
import { type Clocks, startWatch } from './lease.ts';
import { countLines, lineEndingAt, personOfLine } from './lines.ts';
import { locateFile } from './outbox-file.ts';
import { interrupted } from './until-given-up.ts';

const LOOK_EVERY_MS = 250;
/** Redis rounds, and its clock is another one. A renewal adds a third of a lease, which is seconds. */
const INACCURACY_MS = 100;

export interface TakenOutbox {
  readonly path: string;
  readonly record: OutboxRecord;
  /** The age of the lease. */
  readonly granted: () => number;
}

/**
 * Takes the outbox of a population for this process and this file.
 *
 * A process that holds it already is waited for as long as its lease lasts, because it may have been killed a moment ago; one
 * that renews its lease meanwhile is alive, and this one is refused. Where the noted file is gone, the named one is taken in
 * its place if it ends with the very line that was confirmed last and has as many as there are pruned people: it was moved.
 *
 * Throws UserError for a file that is not the one with the pruned people, or is shorter than it was; for a first file that is
 * not empty; when another process has it; and, with exit code 130, when the signal aborts.
 */
export async function takeOutbox(options: {
  outbox: Outbox;
  simulation: string;
  population: string;
  file: string;
  clocks: Clocks;
  signal: AbortSignal;
  say: (line: string) => void;
}): Promise<TakenOutbox> {
  const { outbox, simulation, population, clocks, signal, say } = options;
  let held: { holder: string; untilMs: number } | undefined;
  for (;;) {
    const claim = await claimFile(options, await outbox.record());
    const granted = startWatch(clocks);
    const askedMs = clocks.monotonicMs();
    const reply = await outbox.open(claim);
    switch (reply.code) {
      case 'opened':
        await assertConfirmed(claim.file, reply, population);
        return { path: claim.file, record: reply, granted };
      case 'held': {
        const { holder, msLeft } = reply;
        // It ran out no sooner than this, however long the answer took; what is remembered is when at the latest.
        const isRenewed = held !== undefined && askedMs + msLeft > held.untilMs + INACCURACY_MS;
        if (held !== undefined && (held.holder !== holder || isRenewed)) throw heldBy(options, reply);
        if (held === undefined) {
          say(`${holder} writes the people of ${population} already, or was killed: waiting for it to show`);
        }
        held ??= { holder, untilMs: clocks.monotonicMs() + msLeft };
        await delay(Math.min(msLeft + 1, LOOK_EVERY_MS), signal);
        if (signal.aborted) throw interrupted();
        break;
      }
      case 'other-file':
        break; // noted since the look at the record: look again
      case 'not-empty':
        throw new UserError(
          `${claim.file} is there already, and no export of population ${population} that Redis knows of: nothing is ` +
            'overwritten; name another file with --out, or remove that one',
        );
      case 'unknown-population':
        throw unknownPopulation(simulation, population);
      default: {
        const never: never = reply;
        throw new Error(`unknown reply ${JSON.stringify(never)}`);
      }
    }
  }
}

type Wanted = { readonly population: string; readonly file: string };

async function claimFile({ population, file }: Wanted, record: OutboxRecord): Promise<OutboxClaim> {
  const { path, bytes } = await locateFile(file);
  const claim = { file: path, bytes };
  const { confirmedBytes, pruned } = record;
  if (confirmedBytes === 0) return claim;
  const people = `the ${pruned} pruned people of population ${population}`;
  if (record.file === path) {
    if (bytes >= confirmedBytes) return claim;
    throw new UserError(
      `${path} has ${bytes} bytes, but ${people} took its first ${confirmedBytes}: bring that file back, or name the place ` +
        'it was moved to with --out. Nothing was written; Redis no longer has these people',
    );
  }
  if (await isThere(record.file)) {
    throw new UserError(
      `${people} are in ${record.file}, where the others belong too: expected that file as --out, got ${path}`,
    );
  }
  if (bytes >= confirmedBytes && (await isMoved(path, record, population)))
    return { ...claim, replaces: record.file };
  throw new UserError(
    `${people} were written to ${record.file}, which is gone, and ${path} is not that file: name the place it was moved to with --out`,
  );
}

/** The confirmed part is looked at by its end alone: who changes the middle of a file has his reasons. */
async function assertConfirmed(
  path: string,
  { confirmedBytes, lastSlot }: OutboxRecord,
  population: string,
): Promise<void> {
  if (confirmedBytes === 0 || (await endsWith(path, confirmedBytes, { slot: lastSlot, population }))) return;
  throw new UserError(
    `${path} was changed: expected the line of slot ${lastSlot} to end at byte ${confirmedBytes}. Bring the file back as it was; nothing was written`,
  );
}

async function isMoved(
  path: string,
  { confirmedBytes, lastSlot, pruned }: OutboxRecord,
  population: string,
): Promise<boolean> {
  return (
    (await endsWith(path, confirmedBytes, { slot: lastSlot, population })) &&
    (await countLines(path, confirmedBytes)) === pruned
  );
}

async function endsWith(
  path: string,
  end: number,
  last: { slot: number | undefined; population: string },
): Promise<boolean> {
  await using file = await open(path, 'r');
  const line = await lineEndingAt(file, end);
  const found = line === undefined ? undefined : personOfLine(line);
  return found?.slot === last.slot && found?.population === last.population;
}

async function isThere(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined)) !== undefined;
}

function heldBy({ population }: Wanted, { holder, msLeft }: { holder: string; msLeft: number }): UserError {
  return new UserError(
    `${holder} writes the people of population ${population}: one process at a time does, and its lease, which it renews, ` +
      `lasts another ${Math.ceil(msLeft / 1_000)} s; stop that one first`,
  );
}
