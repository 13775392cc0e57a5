import { z } from 'zod';
import { describeIssue } from '../../shared/documents/field-messages.ts';
import { explain } from '../../shared/errors.ts';
import {
  MAX_POPULATION_SIZE,
  NamePolicy,
  OnMismatch,
  personFactoryDefaults,
} from '../../shared/factory/person-factory-state.ts';
import type { Json } from '../../shared/factory/untrusted-json.ts';
import { resolveLocale } from '../../shared/names/resolve-locale.ts';
import { MAX_FACTORIES, MAX_PLANNING_TEXT } from '../../shared/planning/operations.ts';
import type { DescriptionFault } from '../../shared/sampling/description/faults.ts';
import { unknownKeyFaults } from './spec-keys.ts';

/** A locale of the name lists, in any of its spellings; the message lists near matches. */
const locale = z.string().transform((written, context) => {
  try {
    return resolveLocale(written);
  } catch (error) {
    context.addIssue(explain(error).replace(/^names\.locale: /, ''));
    return z.NEVER;
  }
});

/** Beyond it, billionths of a dollar would no longer be whole numbers. */
const MAX_BUDGET_USD = 1_000_000;
/** Less than that is a typing error: it would stand for nothing, rounded. */
const LEAST_BUDGET_USD = 0.000_001;

const text = z.string().trim().min(1);
const planningText = text.max(MAX_PLANNING_TEXT);
const populationSize = z.int().min(1).max(MAX_POPULATION_SIZE);

/** The fields of a spec one by one. What varies, and what a demography says, is read apart: see `population-spec.ts`. */
export const specSchema = z.strictObject({
  simulation: z
    .string()
    .regex(/^[A-Za-z0-9._-]{1,64}$/, 'expected 1 to 64 letters, digits, ".", "_" or "-"')
    .default('default'),
  context: text.optional(),
  contextFile: z.string().min(1).optional(),
  populationSize: populationSize.optional(),
  agentParticularities: text.nullable().default(personFactoryDefaults.agentParticularities),
  names: z
    .strictObject({
      /** Absent: the country of the demography decides, if there is one. */
      locale: locale.nullable().optional(),
      policy: z.enum(NamePolicy).default(personFactoryDefaults.names.policy),
    })
    .prefault({}),
  seed: z
    .union([z.string().min(1), z.number()], 'expected a text or a number')
    .transform(String)
    .default(personFactoryDefaults.seed),
  model: z.string().min(1).nullable().default(personFactoryDefaults.model),
  temperature: z.number().min(0).max(2).nullable().default(personFactoryDefaults.temperature),
  attempts: z.int().min(1).max(100).default(personFactoryDefaults.attempts),
  onMismatch: z.enum(OnMismatch).default(personFactoryDefaults.onMismatch),
  demography: z
    .union(
      [z.string().min(1), z.record(z.string(), z.unknown())],
      'expected the path of a JSON file, or an object',
    )
    .optional(),
  additionalDemographicSpecification: text.optional(),
  samplingSpaceDescription: planningText.nullable().default(null),
  factories: z
    .strictObject({ count: z.int().min(1).max(MAX_FACTORIES), context: planningText, populationSize })
    .refine(({ count, populationSize: each }) => count * each <= MAX_POPULATION_SIZE, {
      error: ({ input }) => tooManyPeople(input as { count: number; populationSize: number }),
    })
    .nullable()
    .default(null),
  /** Of all populations of the spec together, and no part of what they are: see `budget.ts`. */
  budget: z
    .strictObject({
      usd: z
        .number()
        .min(0)
        .max(MAX_BUDGET_USD)
        .refine(
          (usd) => usd === 0 || usd >= LEAST_BUDGET_USD,
          `expected 0, or a number from ${LEAST_BUDGET_USD.toFixed(6)}`,
        ),
      tokens: z.int().min(0),
    })
    .partial()
    .refine(({ usd, tokens }) => usd !== undefined || tokens !== undefined, 'expected usd, tokens or both')
    .nullable()
    .default(null),
  dimensions: z.unknown().optional(),
  joint: z.unknown().optional(),
});

function tooManyPeople({ count, populationSize: each }: { count: number; populationSize: number }): string {
  return `expected at most ${MAX_POPULATION_SIZE} people in all, got ${count} × ${each} = ${count * each}: lower count or populationSize`;
}

export type SpecFields = z.infer<typeof specSchema>;

type Written = Readonly<Record<string, Json>>;

export const SPEC_KEYS: readonly string[] = Object.keys(specSchema.shape);

const WITHOUT_FACTORIES = [
  'populationSize',
  'dimensions',
  'joint',
  'demography',
  'additionalDemographicSpecification',
  'samplingSpaceDescription',
];

/** The faults of single fields, and of those that do not go together. None for a spec that `specSchema` parses. */
export function faultsOfFields(path: string, written: Json): DescriptionFault[] {
  const parsed = specSchema.safeParse(written);
  const issues = parsed.success ? [] : parsed.error.issues;
  // A value of another kind is also too short, too large and so on.
  const places = issues.map(({ path, code }) => JSON.stringify([path, code === 'unrecognized_keys']));
  const faults = issues
    .filter((_, index) => places.indexOf(places[index] ?? '') === index)
    .flatMap((issue) => faultsOf(issue, written));
  if (!isMap(written)) return faults;
  return [...unknownKeyFaults(path, written, SPEC_KEYS), ...faults, ...faultsTogether(written)];
}

/** What no field can say alone; said also when single fields are at fault, so that one message lists all. */
function faultsTogether(written: Written): DescriptionFault[] {
  const has = (key: string) => written[key] !== undefined && written[key] !== null;
  const faults: DescriptionFault[] = [];
  const fault = (key: string, message: string) => faults.push({ path: [key], message });
  if (has('context') && has('contextFile')) {
    fault('context', 'expected one of context and contextFile, got both');
  } else if (!['context', 'contextFile', 'demography', 'samplingSpaceDescription', 'factories'].some(has)) {
    fault(
      'context',
      'expected exactly one of context and contextFile, got neither; only a demography, a samplingSpaceDescription or factories can do without',
    );
  }
  if (!has('factories') && !has('populationSize'))
    fault('populationSize', 'expected a whole number from 1, got nothing');
  if (has('factories')) {
    for (const key of WITHOUT_FACTORIES.filter(has)) {
      fault(
        key,
        'cannot be combined with factories, which are populations of their own: leave it out' +
          (key === 'populationSize' ? ', factories.populationSize says how many people each has' : ''),
      );
    }
  }
  if (has('additionalDemographicSpecification') && !has('demography')) {
    fault(
      'additionalDemographicSpecification',
      'adds to a demography, and there is none: add one, or say this in context',
    );
  }
  return faults;
}

function faultsOf(issue: z.core.$ZodIssue, written: Json): DescriptionFault[] {
  const path = issue.path.map((step) => (typeof step === 'number' ? step : String(step)));
  if (issue.code !== 'unrecognized_keys') {
    return [{ path, message: describeIssue(issue, valueAt(written, path)) }];
  }
  // Those of the spec itself are told apart from the keys of a demography: see `spec-keys.ts`.
  return path.length === 0 ? [] : issue.keys.map((key) => ({ path: [...path, key], message: 'unknown key' }));
}

function valueAt(written: Json, path: readonly (string | number)[]): unknown {
  return path.reduce<unknown>(
    (value, step) => (typeof value === 'object' && value !== null ? Reflect.get(value, step) : undefined),
    written,
  );
}

function isMap(written: Json): written is { [key: string]: Json } {
  return typeof written === 'object' && written !== null && !Array.isArray(written);
}
