import { createSlotSet, type SlotSet } from '../export/slot-set.ts';
import type { CheckedPopulation, CheckedSimulation } from './checked-simulation.ts';
import { type Divergence, DivergenceKind } from './divergence.ts';

interface NameEntry {
  readonly name: string;
  /** "<population>/<slot>". */
  readonly owner: string;
  readonly population: string;
  readonly slot: number;
}

/** Every name has one owner that is committed or being generated, and every committed slot owns one name. */
export async function* checkNames(checked: CheckedSimulation): AsyncGenerator<Divergence> {
  const { populations } = checked;
  const owning = new Map<string, SlotSet>([...populations.keys()].map((id) => [id, createSlotSet()]));
  const seenTwice = new Set<string>();
  for await (const entry of eachName(checked)) {
    const population = populations.get(entry.population);
    const owners = owning.get(entry.population);
    if (population?.isCommitted(entry.slot) && owners !== undefined) {
      if (owners.has(entry.slot)) seenTwice.add(entry.owner);
      owners.add([entry.slot]);
    } else yield* checkReserved(checked, entry, population);
  }
  yield* checkSecondNames(checked, seenTwice);
  for (const [id, { status, isCommitted }] of populations) {
    for (let slot = 0; slot < status.size; slot += 1) {
      if (!isCommitted(slot) || owning.get(id)?.has(slot)) continue;
      const detail = `slot ${slot} is committed, and no name belongs to it`;
      yield { kind: DivergenceKind.nameless, population: id, slot, detail };
    }
  }
}

async function* eachName({ redis, keys, simulation }: CheckedSimulation): AsyncGenerator<NameEntry> {
  let cursor = '0';
  do {
    const [next, entries] = await redis.hscan(keys.simulation(simulation).names, cursor, 'COUNT', 1_000);
    for (let at = 0; at + 1 < entries.length; at += 2) {
      const [name = '', owner = ''] = [entries[at], entries[at + 1]];
      const [population = '', slot] = owner.split('/');
      yield { name, owner, population, slot: Number(slot) };
    }
    cursor = next;
  } while (cursor !== '0');
}

async function* checkReserved(
  { redis, keys, simulation }: CheckedSimulation,
  { name, population: id, slot }: NameEntry,
  population: CheckedPopulation | undefined,
): AsyncGenerator<Divergence> {
  const key = keys.simulation(simulation).population(id);
  const held = population === undefined ? null : await redis.hget(key.reservations, String(slot));
  if (held?.startsWith(`${name}\n`)) return;
  const detail = `${JSON.stringify(name)} is taken for slot ${slot}, which neither has nor reserves it`;
  yield { kind: DivergenceKind.strandedName, population: id, slot, detail };
}

/** A hash that Redis is rearranging may give an entry twice: only names that differ are two. */
async function* checkSecondNames(
  checked: CheckedSimulation,
  suspects: ReadonlySet<string>,
): AsyncGenerator<Divergence> {
  if (suspects.size === 0) return;
  const first = new Map<string, string>();
  for await (const { name, owner, population, slot } of eachName(checked)) {
    if (!suspects.has(owner)) continue;
    const other = first.get(owner) ?? name;
    first.set(owner, other);
    if (other === name) continue;
    const detail = `slot ${slot} owns ${JSON.stringify(other)} and ${JSON.stringify(name)}`;
    yield { kind: DivergenceKind.secondName, population, slot, detail };
  }
}
