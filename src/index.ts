/** The library: factories and persons after TinyTroupe's, generated through the fleet. */
export { type Fleet, type FleetFactoryOptions, openFleet } from './producer/fleet.ts';
export { type Config, loadConfig } from './shared/config.ts';
export { ExitCode, RedisUnavailableError, UserError } from './shared/errors.ts';
export type { OnMismatch, TinyPersonFactoryState } from './shared/factory/person-factory-state.ts';
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
export {
  type DemographyNote,
  type DemographyReading,
  describeNote,
  loadDemography,
} from './shared/sampling/demography/read-demography.ts';
export {
  type DimensionDescription,
  describeDimensions,
  type JointDescription,
} from './shared/sampling/description/describe-dimensions.ts';
export type { Characteristics, Dimension, Joint } from './shared/sampling/dimensions.ts';
export { readSecretFiles } from './shared/secret-files.ts';
export { canonicalName } from './shared/transactions/canonical-name.ts';
