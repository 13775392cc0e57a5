import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { parseDocument } from 'yaml';
import { z } from 'zod';
import { explain, UserError } from '../shared/errors.ts';
import {
  MAX_POPULATION_SIZE,
  NamePolicy,
  personFactoryDefaults,
} from '../shared/factory/person-factory-state.ts';
import { copyUntrustedJson, FactoryStateError, type Json } from '../shared/factory/untrusted-json.ts';
import { resolveLocale } from '../shared/names/resolve-locale.ts';
import { type Dimension, dimensionSchema } from '../shared/sampling/dimensions.ts';

/** A population as a user describes it in a YAML or JSON file, with defaults filled in. */
export interface PopulationSpec {
  readonly simulation: string;
  readonly context: string;
  readonly populationSize: number;
  readonly agentParticularities: string | null;
  readonly names: { readonly locale: string | null; readonly policy: NamePolicy };
  readonly seed: string;
  readonly model: string | null;
  readonly temperature: number | null;
  readonly attempts: number;
  readonly dimensions: readonly Dimension[];
}

/** A locale of the name lists, in any of its spellings; the message lists near matches. */
const locale = z.string().transform((written, context) => {
  try {
    return resolveLocale(written);
  } catch (error) {
    context.addIssue(explain(error).replace(/^names\.locale: /, ''));
    return z.NEVER;
  }
});
const weight = z
  .union([
    z.number().nonnegative(),
    z.string().regex(/^\s*\d+(\.\d+)?\s*%\s*$/, 'expected a number or a percentage'),
  ])
  .transform((value) => (typeof value === 'number' ? value : Number.parseFloat(value)));
const value = z.union([z.string(), z.number(), z.boolean().transform(String)]);

const listForm = z
  .array(value)
  .transform((values) => ({ kind: 'values', values: values.map((value) => ({ value, weight: 1 })) }));
const rangeForm = z
  .strictObject({ range: z.tuple([z.int(), z.int()]) })
  .transform(({ range: [min, max] }) => ({ kind: 'range', min, max }));
const weightsForm = z.record(z.string(), weight).transform((weights) => ({
  kind: 'values',
  values: Object.entries(weights).map(([value, weight]) => ({ value, weight })),
}));

const dimensions = z.record(z.string(), z.unknown()).transform((byName, context): Dimension[] =>
  Object.entries(byName).flatMap(([name, described]) => {
    const form = Array.isArray(described)
      ? listForm
      : typeof described === 'object' && described !== null && 'range' in described
        ? rangeForm
        : weightsForm;
    const parsed = form.safeParse(described);
    const dimension = parsed.success ? dimensionSchema.safeParse({ name, ...parsed.data }) : parsed;
    if (dimension.success) return [dimension.data as Dimension];
    for (const issue of dimension.error.issues) {
      context.addIssue({ code: 'custom', path: [name, ...issue.path], message: issue.message });
    }
    return [];
  }),
);

export const populationSpecSchema = z
  .strictObject({
    simulation: z
      .string()
      .regex(/^[A-Za-z0-9._-]{1,64}$/, 'expected 1 to 64 letters, digits, ".", "_" or "-"')
      .default('default'),
    context: z.string().trim().min(1).optional(),
    contextFile: z.string().min(1).optional(),
    populationSize: z.int().min(1).max(MAX_POPULATION_SIZE),
    agentParticularities: z
      .string()
      .trim()
      .min(1)
      .nullable()
      .default(personFactoryDefaults.agentParticularities),
    names: z
      .strictObject({
        locale: locale.nullable().default(personFactoryDefaults.names.locale),
        policy: z.enum(NamePolicy).default(personFactoryDefaults.names.policy),
      })
      .prefault({}),
    seed: z
      .union([z.string().min(1), z.number()])
      .transform(String)
      .default(personFactoryDefaults.seed),
    model: z.string().min(1).nullable().default(personFactoryDefaults.model),
    temperature: z.number().min(0).max(2).nullable().default(personFactoryDefaults.temperature),
    attempts: z.int().min(1).max(100).default(personFactoryDefaults.attempts),
    dimensions: dimensions.default([]),
  })
  .refine(({ context, contextFile }) => (context === undefined) !== (contextFile === undefined), {
    message: 'expected exactly one of context and contextFile',
    path: ['context'],
    // Also when other fields are at fault, so that one message lists all.
    when: ({ value }) => typeof value === 'object' && value !== null && !Array.isArray(value),
  });

/**
 * Reads a spec file; `contextFile` is relative to it. Throws one UserError that lists every fault with its place,
 * unknown keys included.
 */
export async function loadPopulationSpec(path: string): Promise<PopulationSpec> {
  const parsed = populationSpecSchema.safeParse(parseYaml(path, await readText(path, 'the spec')));
  if (!parsed.success) throw new UserError(describeFaults(path, parsed.error));
  const { contextFile, context, ...spec } = parsed.data;
  if (contextFile === undefined) return { ...spec, context: context ?? '' };
  const text = (await readText(resolve(dirname(path), contextFile), `the contextFile of ${path}`)).trim();
  if (text === '') throw new UserError(`${path}: contextFile ${contextFile} is empty`);
  return { ...spec, context: text };
}

/** What the file says as plain JSON. Keys like `__proto__`, which schemas pass over in silence, are refused. */
function parseYaml(path: string, text: string): Json {
  const document = parseDocument(text, { uniqueKeys: true });
  const syntax = document.errors[0];
  try {
    if (syntax !== undefined) throw syntax;
    // Aliases are resolved here: unknown ones, and those that unfold into gigabytes, are found only now.
    return copyUntrustedJson(document.toJS());
  } catch (cause) {
    if (cause instanceof FactoryStateError) throw new UserError(`${path}: ${cause.message}`, { cause });
    throw new UserError(`${path} is not valid YAML: ${explain(cause).split('\n')[0]}`, { cause });
  }
}

async function readText(path: string, what: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code;
    const why = code === 'ENOENT' ? 'there is no such file' : `it cannot be read (${code})`;
    throw new UserError(`${what}, ${path}: ${why}`, { cause });
  }
}

function describeFaults(path: string, error: z.ZodError): string {
  const lines = error.issues.flatMap((issue) => {
    const place = issue.path.join('.');
    if (issue.code !== 'unrecognized_keys') return [`${place || 'the file'}: ${issue.message}`];
    const known = Object.keys(populationSpecSchema.shape).join(', ');
    return issue.keys.map((key) =>
      place === '' ? `${key}: unknown key; there are ${known}` : `${place}.${key}: unknown key`,
    );
  });
  return `${path} has ${lines.length} fault${lines.length === 1 ? '' : 's'}:\n  ${lines.join('\n  ')}`;
}
