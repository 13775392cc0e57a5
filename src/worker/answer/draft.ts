import { type PersonaPart, personaParts, putAt, valueAt } from '../../shared/person/parts.ts';
import type { Persona } from '../../shared/person/schema.ts';
import { agrees, type SealedFields, sealedValue } from '../../shared/person/sealed-fields.ts';
import { correctName } from '../names/correct-name.ts';
import type { PersonName } from '../names/name-source.ts';
import type { AnswerObject } from './answer-object.ts';
import { contradictionFinder, type Mismatch, mismatchesOf } from './contradictions.ts';
import { type Fault, FaultKind, faultError } from './faults.ts';
import { distinct, readPart } from './read-part.ts';

/** A person as far as an answer goes, and what is wrong with it. */
export interface Draft {
  /** Nested as a persona; parts that are missing or not of their form are left out. Sealed fields are right. */
  readonly person: Readonly<Record<string, unknown>>;
  /** The name that the answer gave, and the alternates behind it; '' for what is no name. */
  readonly offeredNames: readonly string[];
  readonly mismatches: readonly Mismatch[];
  readonly faults: readonly Fault[];
}

/**
 * Reads a whole person from an answer. What can be set right without the model is; keys that nobody asked for are dropped.
 *
 * Throws ModelCallError (retry, `invalid_persona`) when more than half of the parts are missing: not worth mending.
 */
export function readDraft(answer: AnswerObject, sealed: SealedFields): Draft {
  const draft = readParts(answer, personaParts, sealed, []);
  const missing = draft.faults.filter(({ kind }) => kind === FaultKind.invalid);
  if (missing.length > personaParts.length / 2) throw faultError(missing);
  return draft;
}

/** The draft under the name that its slot owns. Sealed fields stay: `Florence` may be a residence as well as a name. */
export function nameDraft(draft: Draft, name: PersonName, sealed: SealedFields): Draft {
  const [answeredName = ''] = draft.offeredNames;
  const person: Record<string, unknown> = correctName(draft.person, answeredName, name);
  if (person === draft.person) return draft;
  for (const [field, seal] of sealed) {
    const keys = field.split('.');
    const right = sealedValue(field, seal);
    if (right !== undefined && !agrees(field, valueAt(person, keys), seal)) putAt(person, keys, right);
  }
  return { ...draft, person };
}

/**
 * The draft with the parts that a repair call has written, read as the first answer was. Lists keep what was good in them;
 * whatever was not asked for is dropped. Faults that are left are the new draft's.
 */
export function mendDraft(draft: Draft, answer: AnswerObject, name: PersonName, sealed: SealedFields): Draft {
  const parts = draft.faults.map(({ part }) => part);
  const written = nameDraft(readParts(answer, parts, sealed, draft.mismatches), name, new Map());
  const person: Record<string, unknown> = structuredClone(draft.person);
  const faults: Fault[] = [];
  for (const fault of draft.faults) {
    const { part } = fault;
    const again = written.faults.find((each) => each.part === part);
    if (part.entries === undefined) {
      if (again === undefined) putAt(person, part.keys, valueAt(written.person, part.keys));
      else faults.push(again);
      continue;
    }
    const entries = distinct([...keptEntries(draft, part), ...keptEntries(written, part)]);
    putAt(person, part.keys, entries.slice(0, part.entries.maximum));
    const lacking = part.entries.minimum - entries.length;
    if (lacking <= 0) continue;
    const kind = again?.kind === FaultKind.contradiction ? again.kind : FaultKind.shallow;
    faults.push({ kind, part, dropped: [], lacking });
  }
  return { ...draft, person, mismatches: written.mismatches, faults };
}

/** The entries of a list that contradict nothing. */
export function keptEntries({ person, faults }: Draft, part: PersonaPart): readonly unknown[] {
  const entries = valueAt(person, part.keys);
  const dropped = faults.find((fault) => fault.part === part)?.dropped ?? [];
  return Array.isArray(entries) ? entries.filter((_, index) => !dropped.includes(index)) : [];
}

/** The draft as a person; only for one that has its name and no `invalid` fault. */
export function personOf({ person }: Draft): Persona {
  // Each part was checked against the part of the schema that it stands for, or is a sealed value.
  return person as unknown as Persona;
}

/** `known`: what earlier answers took the person for; a part that says so again contradicts again. */
function readParts(
  answer: AnswerObject,
  parts: readonly PersonaPart[],
  sealed: SealedFields,
  known: readonly Mismatch[],
): Draft {
  const offeredNames = namesIn(answer);
  const mismatches = [...known, ...mismatchesOf((field) => valueAt(answer, field.split('.')), sealed)];
  const contradicts = contradictionFinder(mismatches);
  const person: Record<string, unknown> = { name: offeredNames[0] };
  const faults: Fault[] = [];
  for (const part of parts) {
    const { value, fault } = readPart(part, valueAt(answer, part.keys), sealed, contradicts);
    if (value !== undefined) putAt(person, part.keys, value);
    if (fault !== undefined) faults.push(fault);
  }
  return { person, offeredNames, mismatches, faults };
}

/** As in the schema: longer ones are no names but runaway answers. */
const MAX_NAME_CHARACTERS = 120;
const MAX_NAMES = 60;

function namesIn(answer: AnswerObject): string[] {
  const alternates = valueAt(answer, ['alternate_names']);
  const names = [valueAt(answer, ['name']), ...(Array.isArray(alternates) ? alternates : [])];
  return names
    .slice(0, MAX_NAMES)
    .map((name) => (typeof name === 'string' && name.length <= MAX_NAME_CHARACTERS ? name.trim() : ''));
}
