import { realpath } from 'node:fs/promises';
import { UserError } from '../../shared/errors.ts';
import type { Keys } from '../../shared/keys.ts';
import type { Redis } from '../../shared/redis.ts';
import { createPopulations } from '../../shared/transactions/populations.ts';
import { bitAt } from '../../shared/transactions/slot-transactions.ts';
import { bucketOf, createStoredResults } from '../../shared/transactions/stored-results.ts';
import { linesFrom, runsOf, slotOfLine } from '../export/lines.ts';
import { type PersonLine, personLine } from '../export/person-line.ts';
import { mayHavePruned } from '../export/pruned-file.ts';
import { createSlotSet, type SlotSet } from '../export/slot-set.ts';
import { type Divergence, DivergenceKind } from './divergence.ts';

interface Compared {
  readonly redis: Redis;
  readonly keys: Keys;
  readonly simulation: string;
}

/** Of a population that the file has people of. */
interface Seen {
  readonly slots: SlotSet;
  readonly committed: Buffer;
}

/**
 * Compares an exported file (JSONL) with what Redis holds: shows what a failover or a restored copy took away that had been
 * exported before, and who was pruned to this file and is not in it. Other people whom the file does not have are no divergence,
 * as it may be older. Changes nothing. Throws UserError for a file without people that nobody was pruned to, or with people of
 * another simulation.
 */
export async function* compareFile(path: string, compared: Compared): AsyncGenerator<Divergence> {
  const seen = new Map<string, Seen>();
  const runs = runsOf(
    linesOf(path, compared.simulation),
    ({ slot, provenance }) => `${provenance.population}/${bucketOf(slot)}`,
  );
  for await (const lines of runs) yield* compareLines(lines, compared, seen);
  const isPrunedTo = yield* findPrunedMissing(path, compared, seen);
  if (seen.size === 0 && !isPrunedTo) {
    throw new UserError(`${path}: expected the JSON lines of an export, got none`);
  }
}

async function* linesOf(path: string, simulation: string): AsyncGenerator<PersonLine> {
  for await (const text of linesFrom(path, 0)) {
    if (slotOfLine(text) === undefined) continue;
    const line: PersonLine = JSON.parse(text);
    if (line.provenance.simulation !== simulation) {
      throw new UserError(
        `${path}: expected people of simulation ${simulation}, got one of ${line.provenance.simulation}: name that one`,
      );
    }
    yield line;
  }
}

/** Lines of one bucket; notes their slots. */
async function* compareLines(
  lines: readonly PersonLine[],
  { redis, keys, simulation }: Compared,
  seen: Map<string, Seen>,
): AsyncGenerator<Divergence> {
  const { population = '' } = lines[0]?.provenance ?? {};
  const results = createStoredResults(redis, keys, simulation, population);
  const known = seen.get(population) ?? {
    slots: createSlotSet(),
    committed: await results.committedBits(),
  };
  seen.set(population, known);
  const payloads = await results.payloads(lines.map(({ slot }) => slot));
  for (const [index, { slot, name, persona, provenance }] of lines.entries()) {
    const found = (kind: DivergenceKind, detail: string): Divergence => ({ kind, population, slot, detail });
    if (known.slots.has(slot)) yield found(DivergenceKind.slotTwice, `the file has slot ${slot} twice`);
    known.slots.add([slot]);
    if (!bitAt(known.committed, slot)) {
      const detail = `the file has ${name} in slot ${slot}, which is open: generated again it is another person`;
      yield found(DivergenceKind.commitLost, detail);
      continue;
    }
    const payload = payloads[index];
    if (payload === undefined) continue;
    const stored = personLine(slot, payload, { simulation, population, seed: provenance.seed });
    if (JSON.stringify(stored.persona) === JSON.stringify(persona)) continue;
    yield found(
      DivergenceKind.personDiffers,
      `the file has ${name} in slot ${slot}, Redis ${stored.name === name ? 'another description of them' : stored.name}`,
    );
  }
}

/** Returns whether anybody was pruned to this file. A file that has nobody of a population is theirs only where it is recorded. */
async function* findPrunedMissing(
  path: string,
  { redis, keys, simulation }: Compared,
  seen: ReadonlyMap<string, Seen>,
): AsyncGenerator<Divergence, boolean> {
  let isPrunedTo = false;
  const recorded = await realpath(path);
  const populations = createPopulations(redis, keys, simulation);
  for (const population of await populations.ids()) {
    const status = await populations.status(population);
    if (status === undefined || status.pruned === 0) continue;
    const known = seen.get(population);
    if (known === undefined ? status.prunedTo !== recorded : !(await mayHavePruned(path, status))) continue;
    isPrunedTo = true;
    const inFile = known?.slots ?? createSlotSet();
    const results = createStoredResults(redis, keys, simulation, population);
    for (const { bucket, slots } of inFile.missingOf(await results.committedBits())) {
      const stored = new Set(await results.storedSlots(bucket));
      for (const slot of slots) {
        if (stored.has(slot)) continue;
        const detail = `slot ${slot} is committed and not in Redis, and the file, which people were pruned to, does not have it`;
        yield { kind: DivergenceKind.prunedMissing, population, slot, detail };
      }
    }
  }
  return isPrunedTo;
}
