import { UserError } from '../errors.ts';
import type { TinyFactory } from './tiny-factory.ts';

/** How states of one type become factories again. */
export interface FactoryType {
  readonly type: string;
  decode(state: unknown, registry: FactoryRegistry): TinyFactory;
}

/**
 * The factories of one program, by name, and the factory types it can decode.
 *
 * TinyTroupe keeps these on the class, one set for the whole process. Here a registry is an object that is passed
 * in, so that two simulations (or two tests) in one process see nothing of each other.
 */
export class FactoryRegistry {
  readonly #types = new Map<string, FactoryType>();
  readonly #factories = new Map<string, TinyFactory>();
  readonly #lastNumbers = new Map<string, number>();

  constructor(types: Iterable<FactoryType> = []) {
    for (const type of types) this.defineType(type);
  }

  /** Makes states of this type decodable. Throws UserError when the type is already defined. */
  defineType(type: FactoryType): void {
    if (this.#types.has(type.type)) throw new UserError(`the factory type "${type.type}" is already defined`);
    this.#types.set(type.type, type);
  }

  factoryType(type: string): FactoryType | undefined {
    return this.#types.get(type);
  }

  get typeNames(): string[] {
    return [...this.#types.keys()];
  }

  /** Adds a factory. Throws UserError when another one has its name; adding the same one twice changes nothing. */
  addFactory(factory: TinyFactory): void {
    const present = this.#factories.get(factory.name);
    if (present !== undefined && present !== factory) {
      throw new UserError(
        `factory names must be unique, but this registry already has a "${factory.name}": give the new one another name, or use another registry`,
      );
    }
    this.#factories.set(factory.name, factory);
  }

  /** Forgets all factories. Types stay, and numbers go on: a name once handed out is not generated again. */
  clearFactories(): void {
    this.#factories.clear();
  }

  get(name: string): TinyFactory | undefined {
    return this.#factories.get(name);
  }

  /** All factories in the order in which they were added. */
  get factories(): TinyFactory[] {
    return [...this.#factories.values()];
  }

  factoriesIn(simulationId: string): TinyFactory[] {
    return this.factories.filter((factory) => factory.simulationId === simulationId);
  }

  /** Lets a simulation capture every factory that belongs to none; returns those it captured. */
  setSimulationForFreeFactories(simulationId: string): TinyFactory[] {
    const free = this.factories.filter((factory) => factory.simulationId === null);
    for (const factory of free) factory.joinSimulation(simulationId);
    return free;
  }

  /** A name that no factory here has: the type and the next number, `TinyPersonFactory 3`. */
  freshName(type: string): string {
    let number = this.#lastNumbers.get(type) ?? 0;
    let name: string;
    do {
      number += 1;
      name = `${type} ${number}`;
    } while (this.#factories.has(name));
    this.#lastNumbers.set(type, number);
    return name;
  }
}
