/** The library: factories and persons after TinyTroupe's, generated through the fleet. */
export { type Fleet, openFleet } from './producer/fleet.ts';
export { type Config, loadConfig } from './shared/config.ts';
export { ExitCode, RedisUnavailableError, UserError } from './shared/errors.ts';
export type { TinyPersonFactoryState } from './shared/factory/person-factory-state.ts';
export type { FailedSlot, GenerationRequest, PersonGenerator } from './shared/factory/person-generator.ts';
export { SlotsFailedError } from './shared/factory/person-generator.ts';
export { FactoryRegistry, type FactoryType } from './shared/factory/registry.ts';
export { TinyFactory } from './shared/factory/tiny-factory.ts';
export {
  type GenerateOptions,
  TinyPersonFactory,
  type TinyPersonFactoryOptions,
  tinyPersonFactoryType,
} from './shared/factory/tiny-person-factory.ts';
export { type Persona, personaJsonSchema, personaSchema } from './shared/person/schema.ts';
export { TinyPerson, type TinyPersonOptions } from './shared/person/tiny-person.ts';
export type { Characteristics, Dimension } from './shared/sampling/dimensions.ts';
export { canonicalName } from './shared/transactions/canonical-name.ts';
