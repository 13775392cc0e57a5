import { digest } from '../factory/canonical-json.ts';
import type { Keys } from '../keys.ts';
import { replyText } from '../lua-scripts.ts';
import type { Redis } from '../redis.ts';
import { canonicalName } from './canonical-name.ts';
import type { PopulationStatus } from './populations.ts';
import { scriptsOf, unexpectedReply } from './scripts.ts';

/**
 * The people who were imported into a simulation: one population of a kind of its own, that grows by a slot with each of
 * them and is complete at every moment. It has no factory state: nothing in it can be generated, retried or cancelled.
 */
export interface Imports {
  /** The population's id: the same for every import into this simulation. */
  readonly population: string;
  /**
   * Takes the person's name and stores the result under the next slot, in one step. A name that is taken changes nothing.
   * After a lost reply the repeated call answers `taken`, by this population.
   */
  add(person: { name: string; payload: Buffer }): Promise<AddReply>;
  /** The stored result of an import's slot. */
  payload(slot: number): Promise<Buffer | undefined>;
}

export type AddReply =
  | { readonly code: 'imported'; readonly slot: number }
  | { readonly code: 'taken'; readonly owner: NameOwner };

/** The slot that holds a name: committed, or reserved for a person who is being generated. */
export interface NameOwner {
  readonly population: string;
  readonly slot: number;
}

const POPULATION_ID_CHARACTERS = 24;
const KIND = 'import';

export function importsPopulationId(simulation: string): string {
  return digest({ kind: KIND, simulation }, POPULATION_ID_CHARACTERS);
}

/** Whether a population holds imported people, and not people to be generated. */
export function isImport({ labels }: Pick<PopulationStatus, 'labels'>): boolean {
  return labels.kind === KIND;
}

export function createImports(redis: Redis, keys: Keys, simulation: string): Imports {
  const scripts = scriptsOf(redis);
  const simulationKeys = keys.simulation(simulation);
  const population = importsPopulationId(simulation);
  const key = simulationKeys.population(population);
  let nextSlot: number | undefined;

  return {
    population,

    async add({ name, payload }) {
      if (nextSlot === undefined) {
        // Before the first person, as `define` does: a simulation in this set may be empty, one outside is lost from sight.
        await redis.sadd(keys.simulations, simulation);
        nextSlot = Number((await redis.hget(key.meta, 'size')) ?? 0);
      }
      for (;;) {
        const slot: number = nextSlot;
        const [code, detail] = await scripts.importPerson(
          [
            key.results(slot),
            key.committed,
            simulationKeys.names,
            key.counters,
            key.meta,
            simulationKeys.populations,
          ],
          [
            population,
            slot,
            canonicalName(name),
            payload,
            'label:kind',
            KIND,
            'label:createdAt',
            new Date().toISOString(),
          ],
        );
        switch (code) {
          case 'imported':
            nextSlot = slot + 1;
            return { code, slot };
          case 'taken':
            return { code, owner: parseOwner(replyText(detail)) };
          case 'conflict':
            nextSlot = Number(detail);
            continue;
          default:
            throw unexpectedReply('importPerson', code);
        }
      }
    },

    async payload(slot) {
      return (await redis.hgetBuffer(key.results(slot), String(slot))) ?? undefined;
    },
  };
}

function parseOwner(owner: string): NameOwner {
  const [population = '', slot] = owner.split('/');
  return { population, slot: Number(slot) };
}
