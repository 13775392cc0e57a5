import { UserError } from '../errors.ts';
import type { TinyPerson } from '../person/tiny-person.ts';
import { demographyFields } from '../sampling/demography/demography-fields.ts';
import { describeNote, loadDemography } from '../sampling/demography/read-demography.ts';
import type { Dimension, Joint } from '../sampling/dimensions.ts';
import {
  decodePersonFactoryState,
  type NamePolicy,
  type OnMismatch,
  type PersonFactoryFields,
  type PopulationIdentity,
  personFactoryDefaults,
  personFactoryFieldsSchema,
  personFactoryStateKind,
  populationId,
  populationIdentity,
  type TinyPersonFactoryState,
} from './person-factory-state.ts';
import { type PersonGenerator, SlotsFailedError } from './person-generator.ts';
import type { FactoryRegistry, FactoryType } from './registry.ts';
import { SlotClaims, type SlotRange } from './slot-claims.ts';
import { encodeState, parseWith } from './state-codec.ts';
import { TinyFactory, type TinyFactoryOptions } from './tiny-factory.ts';
import { copyUntrustedJson } from './untrusted-json.ts';

export interface TinyPersonFactoryOptions extends TinyFactoryOptions {
  readonly populationSize: number;
  readonly context?: string | undefined;
  readonly seed?: string | undefined;
  readonly agentParticularities?: string | null | undefined;
  readonly names?: { readonly locale?: string | null | undefined; readonly policy?: NamePolicy | undefined };
  readonly model?: string | null | undefined;
  readonly temperature?: number | null | undefined;
  readonly attempts?: number | undefined;
  readonly onMismatch?: OnMismatch | undefined;
  readonly dimensions?: readonly Dimension[] | undefined;
  readonly joints?: readonly Joint[] | undefined;
  /** Of a population that has grown; the producer keeps account of them. */
  readonly extents?: readonly number[] | undefined;
  /** Needed to generate people, not to encode or decode. */
  readonly generator?: PersonGenerator | undefined;
}

export interface GenerateOptions {
  readonly temperature?: number | null | undefined;
  readonly attempts?: number | undefined;
}

interface GeneratedPerson {
  readonly slot: number;
  readonly name: string;
  readonly minibio: string;
}

/**
 * Describes a population and generates its people through a fleet.
 *
 * After TinyTroupe's class of the same name; the differences come from its being shared by many processes. It holds
 * no list of used names and no remaining sample: names are reserved in Redis, and who slot n is follows from the
 * state alone. What has been generated is not part of the state either. A decoded or newly built factory starts at
 * slot 0, and the transaction cache returns the people who are already there, so a program that is run again
 * gets the same people without a model call. For other people, use another seed.
 */
export class TinyPersonFactory extends TinyFactory {
  readonly #fields: PersonFactoryFields;
  readonly #generator: PersonGenerator | undefined;
  readonly #claims = new Map<string, SlotClaims>();
  readonly #generated = new Map<string, GeneratedPerson[]>();

  /** Throws FactoryStateError naming every invalid field; nothing is registered then. */
  constructor(options: TinyPersonFactoryOptions) {
    const fields = parseFields(options);
    super(options);
    this.#fields = fields;
    this.#generator = options.generator;
  }

  override get type(): string {
    return personFactoryStateKind.type;
  }

  get context(): string {
    return this.#fields.context;
  }

  get populationSize(): number {
    return this.#fields.populationSize;
  }

  get seed(): string {
    return this.#fields.seed;
  }

  get agentParticularities(): string | null {
    return this.#fields.agentParticularities;
  }

  override encodeCompleteState(): TinyPersonFactoryState {
    return encodeState(personFactoryStateKind, {
      ...this.#fields,
      name: this.name,
      simulationId: this.simulationId,
    });
  }

  /** Like `TinyFactory.decodeCompleteState`, for states of this class only. A generator is not state: pass one to generate. */
  static override decodeCompleteState(
    state: unknown,
    registry?: FactoryRegistry,
    options: { generator?: PersonGenerator } = {},
  ): TinyPersonFactory {
    return new TinyPersonFactory({ ...decodePersonFactoryState(state), ...options, registry });
  }

  /**
   * A factory for the population that a demography describes: the path of a JSON file, or what it holds.
   *
   * After TinyTroupe's `create_factory_from_demography`. Every distribution in the document becomes a dimension, without
   * a model, and the rest becomes context, between the one given here and the additional specification. Dimensions in the
   * options win over found ones of the same name; names are of the document's country unless the options say
   * otherwise. `announce` hears a line for each group of shares: what it was taken as, or why it was not. Rejects with
   * UserError for a document that cannot be read, before anything is registered.
   */
  static async createFactoryFromDemography(
    fileOrObject: string | object,
    populationSize: number,
    additionalSpecification?: string,
    context?: string,
    options: Omit<TinyPersonFactoryOptions, 'populationSize' | 'context'> & {
      readonly announce?: ((line: string) => void) | undefined;
    } = {},
  ): Promise<TinyPersonFactory> {
    const reading = await loadDemography(fileOrObject);
    for (const note of reading.notes) options.announce?.(describeNote(note));
    const { locale, ...fields } = demographyFields(reading, {
      context,
      additionalSpecification,
      dimensions: options.dimensions,
      locale: options.names?.locale,
    });
    return new TinyPersonFactory({
      ...options,
      ...fields,
      populationSize,
      names: { ...options.names, locale },
    });
  }

  /** The part of the state that decides who slot n is; see `populationIdentity`. */
  identity(): PopulationIdentity {
    return populationIdentity(this.encodeCompleteState());
  }

  populationId(): string {
    return populationId(this.encodeCompleteState());
  }

  /** One person at the next slot; see `generatePeople`. */
  async generatePerson(particularities?: string, options: GenerateOptions = {}): Promise<TinyPerson> {
    const [person] = await this.generatePeople(1, particularities, options);
    if (person === undefined) throw new Error('the generator resolved without a person');
    return person;
  }

  /**
   * Generates the people of the next `count` slots (default: all that are left), in slot order.
   *
   * Particularities, temperature and attempts given here stand in for the factory's own. The first two make another
   * population, of the same size, whose slots are counted from 0. Calls may run concurrently; each gets slots of
   * its own.
   *
   * Resolves only with everybody who was asked for. Rejects with SlotsFailedError when slots failed for good; the
   * others are recorded here and carried by the error. Rejects with UserError, before any work, when there is no
   * generator or fewer slots are left. After any other rejection nothing is recorded and the slots are free again:
   * calling again asks for the same people, and those already committed cost nothing.
   */
  async generatePeople(
    count?: number,
    particularities?: string,
    options: GenerateOptions = {},
  ): Promise<TinyPerson[]> {
    const generator = this.#generator;
    if (generator === undefined) {
      throw new UserError(
        `${this.name} has no fleet to generate people with: open one with openFleet() and pass it as the factory's "generator"`,
      );
    }
    const state = this.#stateFor(particularities, options);
    const population = populationId(state);
    const claims = this.#claimsOf(population);
    const ranges = claims.claim(count ?? Math.max(1, claims.open));
    let parts: RangeOutcome[];
    try {
      parts = await allOrFirstError(ranges.map((slots) => generateRange(generator, state, slots)));
    } catch (error) {
      claims.release(ranges);
      throw error;
    }
    const people = parts.flatMap((part) => part.people);
    const failures = parts.flatMap((part) => part.failures);
    this.#record(population, people);
    if (failures.length > 0) {
      throw new SlotsFailedError(
        people.map(({ person }) => person),
        failures,
      );
    }
    return people.map(({ person }) => person);
  }

  /** Names of everybody generated through this object: populations in the order of their first result, then by slot. */
  get generatedNames(): string[] {
    return this.#inSlotOrder().map(({ name }) => name);
  }

  /** Minibios in the order of `generatedNames`, as they were when the people were generated. */
  get generatedMinibios(): string[] {
    return this.#inSlotOrder().map(({ minibio }) => minibio);
  }

  #stateFor(particularities: string | undefined, options: GenerateOptions): TinyPersonFactoryState {
    const state = this.encodeCompleteState();
    return encodeState(personFactoryStateKind, {
      ...state,
      agentParticularities: particularities ?? state.agentParticularities,
      temperature: options.temperature === undefined ? state.temperature : options.temperature,
      attempts: options.attempts ?? state.attempts,
    });
  }

  #claimsOf(population: string): SlotClaims {
    let claims = this.#claims.get(population);
    if (claims === undefined) {
      claims = new SlotClaims(this.populationSize);
      this.#claims.set(population, claims);
    }
    return claims;
  }

  #record(population: string, people: readonly SlotPerson[]): void {
    let records = this.#generated.get(population);
    if (records === undefined) {
      records = [];
      this.#generated.set(population, records);
    }
    for (const { slot, person } of people) {
      records.push({ slot, name: person.name, minibio: person.minibio() });
    }
  }

  #inSlotOrder(): GeneratedPerson[] {
    return [...this.#generated.values()].flatMap((records) => records.toSorted((a, b) => a.slot - b.slot));
  }
}

/** Makes TinyPersonFactory states decodable through a registry: `new FactoryRegistry([tinyPersonFactoryType])`. */
export const tinyPersonFactoryType: FactoryType = {
  type: personFactoryStateKind.type,
  decode: (state, registry) => TinyPersonFactory.decodeCompleteState(state, registry),
};

function parseFields(options: TinyPersonFactoryOptions): PersonFactoryFields {
  const defaults = personFactoryDefaults;
  const fields = copyUntrustedJson({
    context: options.context ?? defaults.context,
    populationSize: options.populationSize,
    seed: options.seed ?? defaults.seed,
    agentParticularities: options.agentParticularities ?? defaults.agentParticularities,
    names: {
      locale: options.names?.locale ?? defaults.names.locale,
      policy: options.names?.policy ?? defaults.names.policy,
    },
    model: options.model ?? defaults.model,
    temperature: options.temperature ?? defaults.temperature,
    attempts: options.attempts ?? defaults.attempts,
    onMismatch: options.onMismatch ?? defaults.onMismatch,
    dimensions: options.dimensions ?? defaults.dimensions,
    // Left out where there are none: a population without joints keeps the id it had before there were any.
    ...(options.joints !== undefined && options.joints.length > 0 && { joints: options.joints }),
    ...(options.extents !== undefined && { extents: options.extents }),
  });
  return parseWith(personFactoryFieldsSchema, fields, 'TinyPersonFactory options');
}

interface SlotPerson {
  readonly slot: number;
  readonly person: TinyPerson;
}

interface RangeOutcome {
  readonly people: readonly SlotPerson[];
  readonly failures: SlotsFailedError['failures'];
}

/** Waits for all, so that nothing still runs when the caller gives its slots back; then rejects with the first error. */
async function allOrFirstError<T>(promises: readonly Promise<T>[]): Promise<T[]> {
  await Promise.allSettled(promises);
  return Promise.all(promises);
}

async function generateRange(
  generator: PersonGenerator,
  state: TinyPersonFactoryState,
  slots: SlotRange,
): Promise<RangeOutcome> {
  try {
    return { people: withSlots(await generator.generate({ state, slots }), slots, []), failures: [] };
  } catch (error) {
    if (!(error instanceof SlotsFailedError)) throw error;
    return { people: withSlots(error.people, slots, error.failures), failures: error.failures };
  }
}

/** Pairs people, given in slot order, with the slots of the range that did not fail. */
function withSlots(
  people: readonly TinyPerson[],
  { from, to }: SlotRange,
  failures: SlotsFailedError['failures'],
): SlotPerson[] {
  const failed = new Set(failures.map(({ slot }) => slot));
  const slots = Array.from({ length: to - from }, (_, index) => from + index).filter(
    (slot) => !failed.has(slot),
  );
  if (slots.length !== people.length) {
    throw new Error(
      `the generator accounted for ${people.length + failed.size} of the ${to - from} slots [${from}, ${to})`,
    );
  }
  return slots.flatMap((slot, index) => {
    const person = people[index];
    return person === undefined ? [] : [{ slot, person }];
  });
}
