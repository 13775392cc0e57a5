import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { describeIssue } from '../documents/field-messages.ts';
import { parseDocument } from '../documents/parse-document.ts';
import { UserError } from '../errors.ts';
import { type Json, stateLimits } from '../factory/untrusted-json.ts';
import { type DescriptionFault, describeFaults, quoteSome } from '../sampling/description/faults.ts';
import { capabilitiesSchema } from './capabilities.ts';
import { configuredPrice } from './prices.ts';

const tokens = z.int().min(16);

/** What somebody says of a model; whatever is left out comes from the configuration and the price list. */
const entrySchema = z
  .strictObject({
    rpm: z.int().min(0),
    tpm: z.int().min(0),
    charge: z.enum(['used', 'reserved']),
    price: configuredPrice,
    completionTokens: tokens,
    maxCompletionTokens: tokens,
    ...capabilitiesSchema.shape,
  })
  .partial()
  .refine(
    ({ completionTokens, maxCompletionTokens }) =>
      completionTokens === undefined ||
      maxCompletionTokens === undefined ||
      completionTokens <= maxCompletionTokens,
    { path: ['completionTokens'], error: 'expected at most maxCompletionTokens, got more' },
  );
export type ModelEntry = z.infer<typeof entrySchema>;

const NO_NAME = 'expected the name of a model as key, or "*" for all others, got an empty text';
const fileSchema = z.record(
  z.string().refine((name) => name.trim() !== ''),
  entrySchema,
);
const WHAT = 'the models file (PERSONA_FLEET_MODELS)';

/**
 * Reads `PERSONA_FLEET_MODELS`: a map of model names, and `'*'` for all others, to what is known of them. JSON where the path
 * ends in `.json`, else YAML. Throws one UserError that lists every fault with its place.
 */
export function readModelsFile(path: string): ReadonlyMap<string, ModelEntry> {
  const written = parseDocument(path, readTextSync(path), stateLimits.maxBytes);
  const parsed = fileSchema.safeParse(written);
  if (parsed.success) return new Map(Object.entries(parsed.data));
  const faults = parsed.error.issues.flatMap((issue) => faultsOf(issue, written));
  throw new UserError(describeFaults(`${WHAT}, ${path},`, faults));
}

function faultsOf(issue: z.core.$ZodIssue, written: Json): DescriptionFault[] {
  const path = issue.path.map((step) => (typeof step === 'number' ? step : String(step)));
  if (issue.code === 'unrecognized_keys') {
    const known = Object.keys(path.at(-1) === 'price' ? configuredPrice.shape : entrySchema.shape);
    const message = `unknown key; there are ${known.join(', ')}`;
    return issue.keys.map((key) => ({ path: [...path, key], message }));
  }
  if (issue.code === 'invalid_key') return [{ path, message: NO_NAME }];
  if (path.length > 0) return [{ path, message: describeIssue(issue, valueAt(written, path)) }];
  const example = quoteSome(['gpt-4.1-mini', '*']);
  return [{ path, message: `expected a map with names of models as keys, like ${example}` }];
}

function valueAt(written: Json, path: readonly (string | number)[]): unknown {
  return path.reduce<unknown>(
    (value, step) => (typeof value === 'object' && value !== null ? Reflect.get(value, step) : undefined),
    written,
  );
}

function readTextSync(path: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(readFileSync(path));
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code === 'ERR_ENCODING_INVALID_ENCODED_DATA') {
      throw new UserError(`${WHAT}, ${path}: it is not text in UTF-8: save it as UTF-8`, { cause });
    }
    const why = code === 'ENOENT' ? 'there is no such file' : `it cannot be read (${code})`;
    throw new UserError(`${WHAT}, ${path}: ${why}`, { cause });
  }
}
