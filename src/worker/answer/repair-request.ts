import type { RepairRequest } from '../../shared/factory/render-repair.ts';
import {
  type PersonaPart,
  partsJsonSchema,
  personaParts,
  putAt,
  valueAt,
} from '../../shared/person/parts.ts';
import type { JsonSchema } from '../../shared/person/strict-json-schema.ts';
import { type Draft, keptEntries } from './draft.ts';
import { FaultKind } from './faults.ts';

/** Enough of a person for its missing parts to fit in; the whole would cost as much as the parts are worth. */
const BRIEF: ReadonlySet<string> = new Set([
  'residence',
  'education',
  'occupation.title',
  'occupation.organization',
  'occupation.description',
  'personality.traits',
  'relationships',
]);

/**
 * What the model repeats in front of the parts: whom it took the person for. Without it a wrong name or age in the new
 * parts could not be told from any other name or number.
 */
const IDENTITY: ReadonlySet<string> = new Set(['age', 'gender', 'nationality']);

/** What a repair call asks for: the parts at fault, and of a list the entries that it lacks. */
export function repairRequestOf(draft: Draft): { schema: JsonSchema; prompt: RepairRequest } {
  const faulty = new Set<PersonaPart>(draft.faults.map(({ part }) => part));
  const wanted = draft.faults.map(({ part, lacking }) =>
    part.entries === undefined ? part : { ...part, jsonSchema: { ...part.jsonSchema, minItems: lacking } },
  );
  const schema = partsJsonSchema([
    { keys: ['name'], jsonSchema: nameSchema },
    ...personaParts.filter(({ path }) => IDENTITY.has(path)),
    ...wanted,
  ]);
  const prompt = {
    draft: briefOf(draft, faulty),
    misread: [...new Set(draft.mismatches.map(({ field }) => field))],
    parts: draft.faults.map(({ kind, part, lacking }) => ({
      path: part.path,
      contradicts: kind === FaultKind.contradiction,
      entries: part.entries === undefined ? undefined : lacking,
    })),
  };
  return { schema, prompt };
}

function briefOf(draft: Draft, faulty: ReadonlySet<PersonaPart>): Readonly<Record<string, unknown>> {
  const brief: Record<string, unknown> = {};
  for (const part of personaParts) {
    if (part.entries !== undefined && (faulty.has(part) || BRIEF.has(part.path))) {
      putAt(brief, part.keys, keptEntries(draft, part));
    } else if (!faulty.has(part) && BRIEF.has(part.path)) {
      putAt(brief, part.keys, valueAt(draft.person, part.keys));
    }
  }
  return brief;
}

const nameSchema: JsonSchema = Object.freeze({ type: 'string' });
