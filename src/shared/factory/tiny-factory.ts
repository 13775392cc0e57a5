import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import { UserError } from '../errors.ts';
import type { FactoryRegistry } from './registry.ts';
import {
  decodeState,
  encodeState,
  parseWith,
  readEnvelope,
  readState,
  type StateEnvelope,
  type StateKind,
} from './state-codec.ts';
import { FactoryStateError } from './untrusted-json.ts';

export const factoryNameSchema = z.string().trim().min(1).max(200);
export const simulationIdSchema = z.string().trim().min(1).max(200);

/** The fields that every factory's state has. */
export const tinyFactoryStateSchema = z.strictObject({
  type: z.literal('TinyFactory'),
  version: z.literal(1),
  name: factoryNameSchema,
  simulationId: simulationIdSchema.nullable(),
});
export type TinyFactoryState = z.infer<typeof tinyFactoryStateSchema>;

const stateKind: StateKind<TinyFactoryState> = {
  type: 'TinyFactory',
  version: 1,
  schema: tinyFactoryStateSchema,
};

export interface TinyFactoryOptions {
  /** Generated when absent: numbered in the registry, random without one. */
  readonly name?: string | undefined;
  readonly simulationId?: string | null | undefined;
  readonly registry?: FactoryRegistry | undefined;
}

/**
 * What all factories share: a name, the simulation they belong to, and a state that travels.
 *
 * After TinyTroupe's class of the same name. The state is complete in this sense: a process that decodes it
 * generates the same people. A subclass overrides `type`, `encodeCompleteState` and the static
 * `decodeCompleteState`, and is made decodable through a registry by a `FactoryType`.
 */
export class TinyFactory {
  readonly name: string;
  #simulationId: string | null;

  /** Throws UserError for an invalid name or simulation, and when the registry already has the name. */
  constructor(options: TinyFactoryOptions = {}) {
    const name = options.name ?? options.registry?.freshName(this.type) ?? randomName(this.type);
    this.name = parseWith(factoryNameSchema, name, 'factory name');
    this.#simulationId = parseWith(
      simulationIdSchema.nullable(),
      options.simulationId ?? null,
      'simulation id',
    );
    options.registry?.addFactory(this);
  }

  /** The tag of this class in encoded states and generated names. */
  get type(): string {
    return stateKind.type;
  }

  get simulationId(): string | null {
    return this.#simulationId;
  }

  /** Puts a free factory into a simulation, for good. Throws UserError when it is already in another one. */
  joinSimulation(simulationId: string): void {
    const id = parseWith(simulationIdSchema, simulationId, 'simulation id');
    if (this.#simulationId !== null && this.#simulationId !== id) {
      throw new UserError(
        `${this.name} belongs to simulation "${this.#simulationId}" and cannot join "${id}": create another factory for it`,
      );
    }
    this.#simulationId = id;
  }

  /** A deep copy of everything that another process needs; plain JSON. */
  encodeCompleteState(): StateEnvelope {
    return encodeState(stateKind, { name: this.name, simulationId: this.simulationId });
  }

  /**
   * Turns an encoded state (an object or JSON text) into a factory of its type, under its name, in the registry
   * when one is given. Throws FactoryStateError for a state that is hostile, malformed, too new, or of a type
   * that the registry does not define, and UserError when the registry already has the name.
   */
  static decodeCompleteState(state: unknown, registry?: FactoryRegistry): TinyFactory {
    const copy = readState(state);
    const { type } = readEnvelope(copy);
    if (type === stateKind.type) return new TinyFactory({ ...decodeState(stateKind, copy), registry });
    const factoryType = registry?.factoryType(type);
    if (registry === undefined || factoryType === undefined) {
      const known = [stateKind.type, ...(registry?.typeNames ?? [])].map((name) => `"${name}"`).join(', ');
      throw new FactoryStateError(
        `unknown factory type "${type}", expected one of ${known}: pass a registry that defines it`,
        ['type'],
      );
    }
    return factoryType.decode(copy, registry);
  }

  toString(): string {
    const simulation = this.#simulationId === null ? 'none' : `'${this.#simulationId}'`;
    return `${this.type}(name='${this.name}', simulation=${simulation})`;
  }
}

function randomName(type: string): string {
  return `${type} ${randomBytes(6).toString('hex')}`;
}
