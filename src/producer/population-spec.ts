import { dirname, resolve } from 'node:path';
import { UserError } from '../shared/errors.ts';
import type { NamePolicy, OnMismatch } from '../shared/factory/person-factory-state.ts';
import { type Json, stateLimits } from '../shared/factory/untrusted-json.ts';
import { copyDocument } from '../shared/sampling/demography/copy-document.ts';
import { demographyFields } from '../shared/sampling/demography/demography-fields.ts';
import { type DemographyReading, loadDemography } from '../shared/sampling/demography/read-demography.ts';
import {
  type CompiledDimensions,
  compileDimensions,
} from '../shared/sampling/description/compile-dimensions.ts';
import {
  DescriptionError,
  type DescriptionFault,
  describeFaults,
} from '../shared/sampling/description/faults.ts';
import type { Dimension, Joint } from '../shared/sampling/dimensions.ts';
import type { SpecBudget } from './budget.ts';
import { readDocument } from './spec/read-document.ts';
import { readText } from './spec/read-text.ts';
import { kindOfFile, neitherSpecNorDemography } from './spec/spec-keys.ts';
import { faultsOfFields, SPEC_KEYS, type SpecFields, specSchema } from './spec/spec-schema.ts';

/** A population as a user describes it in a YAML or JSON file, with defaults filled in. */
export interface PopulationSpec {
  readonly simulation: string;
  /** The spec's own context, the demography's prose and what the spec adds to it, as paragraphs. May be empty. */
  readonly context: string;
  /** People in all. */
  readonly populationSize: number;
  readonly agentParticularities: string | null;
  readonly names: { readonly locale: string | null; readonly policy: NamePolicy };
  readonly seed: string;
  readonly model: string | null;
  readonly temperature: number | null;
  readonly attempts: number;
  readonly onMismatch: OnMismatch;
  /** Those of the demography first; described ones replace them by name. */
  readonly dimensions: readonly Dimension[];
  readonly joints: readonly Joint[];
  /** What was taken from the demography, for showing it: it is in `dimensions` and `context` already. */
  readonly demography: DemographyReading | null;
  /** Left to planning. `dimensions` win over what it yields. */
  readonly samplingSpaceDescription: string | null;
  /** Left to planning: so many populations of `populationSize` each. */
  readonly factories: {
    readonly count: number;
    readonly context: string;
    readonly populationSize: number;
  } | null;
  /** The most that all of it may cost, planning apart. */
  readonly budget: SpecBudget | null;
}

/** What tells a spec from a demography, which may well have a heading for the budgets of its people. */
const TELLING_KEYS = SPEC_KEYS.filter((key) => key !== 'budget');

/** How many people a demography file by itself stands for. */
const DEMOGRAPHY_POPULATION_SIZE = 1_000;

/**
 * Reads a spec file; `contextFile` and `demography` are relative to it. A file that is itself a demography stands for 1,000
 * people of it. Throws one UserError that lists every fault with its place, unknown keys included.
 */
export async function loadPopulationSpec(path: string): Promise<PopulationSpec> {
  const document = await readDocument(path, 'the spec');
  const kind = isMap(document) ? kindOfFile(Object.keys(document), TELLING_KEYS) : 'spec';
  if (kind !== 'spec' && isMap(document)) {
    const reading = await readAsDemography(path, document);
    if (reading.dimensions.length > 0) return ofDemography(path, reading);
    if (kind === 'foreign') {
      throw new UserError(`${path}: ${neitherSpecNorDemography(Object.keys(document), SPEC_KEYS)}`);
    }
  }
  return ofSpec(path, copyDocument(path, document, stateLimits.maxBytes));
}

async function ofSpec(path: string, document: Json): Promise<PopulationSpec> {
  const faults = faultsOfFields(path, document);
  const reading = await readDemography(path, document, faults);
  // Without a demography that should be there, tables could only be said to name what is missing.
  const compiled = reading === undefined ? undefined : compile(document, reading, faults);
  if (faults.length > 0 || compiled === undefined || reading === undefined) {
    throw new UserError(describeFaults(path, faults));
  }
  return assemble(path, specSchema.parse(document), reading, compiled);
}

async function readAsDemography(path: string, document: object): Promise<DemographyReading> {
  return loadDemography(document).catch((cause: unknown) => {
    throw cause instanceof UserError ? new UserError(`${path}: ${cause.message}`, { cause }) : cause;
  });
}

function ofDemography(path: string, reading: DemographyReading): Promise<PopulationSpec> {
  const fields = specSchema.parse({ populationSize: DEMOGRAPHY_POPULATION_SIZE });
  return assemble(path, fields, reading, { dimensions: reading.dimensions, joints: [] });
}

/** null: the spec has none. Undefined: it has one that cannot be read, which is a fault. */
async function readDemography(
  path: string,
  document: Json,
  faults: DescriptionFault[],
): Promise<DemographyReading | null | undefined> {
  const written = keyOf(document, 'demography') ?? null;
  if (written === null) return null;
  // Of another kind: the schema has said so.
  if (typeof written !== 'string' && (typeof written !== 'object' || Array.isArray(written)))
    return undefined;
  try {
    return await loadDemography(
      typeof written === 'string' ? await demographyOf(resolve(dirname(path), written), written) : written,
    );
  } catch (cause) {
    if (!(cause instanceof UserError)) throw cause;
    faults.push({ path: ['demography'], message: cause.message });
    return undefined;
  }
}

/** A YAML file is read here, any other by the demography's own reader, which tells free text apart. */
async function demographyOf(path: string, written: string): Promise<string | object> {
  if (!/\.ya?ml$/i.test(written)) return path;
  const document = await readDocument(path, 'the demography');
  if (isMap(document)) return document;
  throw new UserError(`the demography ${path}: expected a map with headings as keys`);
}

function compile(
  document: Json,
  reading: DemographyReading | null,
  faults: DescriptionFault[],
): CompiledDimensions | undefined {
  const options = { joint: keyOf(document, 'joint'), base: reading?.dimensions };
  try {
    return compileDimensions(keyOf(document, 'dimensions'), options);
  } catch (error) {
    if (!(error instanceof DescriptionError)) throw error;
    faults.push(...error.faults);
    return undefined;
  }
}

function keyOf(document: Json, key: string): Json | undefined {
  return isMap(document) ? document[key] : undefined;
}

function isMap(document: Json): document is { [key: string]: Json } {
  return typeof document === 'object' && document !== null && !Array.isArray(document);
}

async function assemble(
  path: string,
  fields: SpecFields,
  demography: DemographyReading | null,
  { dimensions, joints }: CompiledDimensions,
): Promise<PopulationSpec> {
  const {
    context,
    contextFile,
    additionalDemographicSpecification,
    populationSize = 0,
    names,
    dimensions: _dimensions,
    joint: _joint,
    ...others
  } = fields;
  const { factories } = fields;
  const own = contextFile === undefined ? context : await readContext(path, contextFile);
  const derived =
    demography === null
      ? { context: own ?? '', locale: null }
      : demographyFields(demography, {
          context: own,
          additionalSpecification: additionalDemographicSpecification,
        });
  return {
    ...others,
    context: derived.context,
    populationSize: factories === null ? populationSize : factories.count * factories.populationSize,
    names: { ...names, locale: names.locale === undefined ? derived.locale : names.locale },
    dimensions,
    joints,
    demography,
  };
}

async function readContext(path: string, contextFile: string): Promise<string> {
  const text = (await readText(resolve(dirname(path), contextFile), `the contextFile of ${path}`)).trim();
  if (text === '') throw new UserError(`${path}: contextFile ${contextFile} is empty`);
  return text;
}
