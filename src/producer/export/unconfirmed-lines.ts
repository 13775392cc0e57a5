import { createReadStream, createWriteStream } from 'node:fs';
import { dirname } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { UserError } from '../../shared/errors.ts';
import { bucketOf, type StoredResults } from '../../shared/transactions/stored-results.ts';
import { linesFrom, personOfLine, runsOf, slotOfLine } from './lines.ts';
import { syncFolders } from './outbox-file.ts';
import { personLine, type SharedProvenance } from './person-line.ts';

interface Unconfirmed {
  readonly confirmedBytes: number;
  readonly results: StoredResults;
  readonly shared: SharedProvenance;
  readonly nowMs: number;
}

/**
 * Sees to it that what follows the confirmed bytes of a file may be cut off. Those lines are of people who are in Redis, as
 * a rule: a crash came before they were confirmed. Where Redis would write anything else than what is there, it has lost
 * commits that the file has (a restored copy, the last second before a power cut) and may have others in their slots, a stale
 * process has written people again, or it is no export: all of it is then copied to a file of its own, whose name is returned.
 *
 * Throws UserError for people of another population: the file may be their only place, and its confirmed part may be theirs.
 */
export async function saveUnconfirmed(path: string, unconfirmed: Unconfirmed): Promise<string | undefined> {
  if (await isAllInRedis(path, unconfirmed)) return undefined;
  const copy = `${path}.cut-${unconfirmed.nowMs}`;
  await pipeline(
    createReadStream(path, { start: unconfirmed.confirmedBytes }),
    createWriteStream(copy, { flags: 'wx', flush: true }),
  );
  await syncFolders(dirname(copy));
  return copy;
}

async function isAllInRedis(
  path: string,
  { confirmedBytes, results, shared }: Unconfirmed,
): Promise<boolean> {
  let isAll = true;
  const bucketOfLine = (line: string) => {
    const slot = slotOfLine(line);
    return slot === undefined ? undefined : bucketOf(slot);
  };
  // To its end, whatever is found: people of another population may come last.
  for await (const lines of runsOf(linesFrom(path, confirmedBytes, { torn: true }), bucketOfLine)) {
    for (const line of lines) assertOwn(path, line, shared);
    isAll &&= await areInRedis(lines, results, shared);
  }
  return isAll;
}

/** The lines are of one bucket, or none is of a person. */
async function areInRedis(
  lines: readonly string[],
  results: StoredResults,
  shared: SharedProvenance,
): Promise<boolean> {
  const slots = lines.map(slotOfLine).filter((slot) => slot !== undefined);
  if (slots.length < lines.length) return lines.every(isBeginning);
  const payloads = await results.payloads(slots);
  return lines.every((line, index) => {
    const [slot, payload] = [slots[index], payloads[index]];
    if (slot === undefined || payload === undefined) return false;
    // A crash may leave the beginning of a line, and of a character.
    return JSON.stringify(personLine(slot, payload, shared)).startsWith(line.replace(/\uFFFD$/, ''));
  });
}

/** Whether so little of a line is there that it says of nobody. */
function isBeginning(line: string): boolean {
  return '{"slot":'.startsWith(line.replace(/\d+$/, ''));
}

function assertOwn(path: string, line: string, { simulation, population }: SharedProvenance): void {
  const person = personOfLine(line);
  if (person === undefined || (person.simulation === simulation && person.population === population)) return;
  throw new UserError(
    `${path} has people of population ${person.population} of simulation ${person.simulation}, expected those of ` +
      `population ${population} alone: nothing was written or cut; name another file with --out`,
  );
}
