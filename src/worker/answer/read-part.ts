import { z } from 'zod';
import type { PersonaPart } from '../../shared/person/parts.ts';
import { agrees, SealedField, type SealedFields, sealedValue } from '../../shared/person/sealed-fields.ts';
import type { ContradictionFinder } from './contradictions.ts';
import { type Fault, FaultKind } from './faults.ts';

/** The value is of the part's form, whatever the fault; undefined where there is none of that form. */
export interface PartReading {
  readonly value: unknown;
  readonly fault: Fault | undefined;
}

/**
 * Reads one part of an answer. Set right without asking: a sealed field, and in lists entries that are not of their form,
 * that repeat another one, or that go past the schema's bound.
 */
export function readPart(
  part: PersonaPart,
  answered: unknown,
  sealed: SealedFields,
  contradicts: ContradictionFinder,
): PartReading {
  return part.entries === undefined
    ? readValue(part, answered, sealed, contradicts)
    : readList(part, part.entries, answered, contradicts);
}

function readValue(
  part: PersonaPart,
  answered: unknown,
  sealed: SealedFields,
  contradicts: ContradictionFinder,
): PartReading {
  const faulty = (kind: FaultKind) => ({ kind, part, dropped: [], lacking: 0 });
  const { success, data: value } = z.safeParse(part.schema, answered);
  const field = Object.values(SealedField).find((each) => each === part.path);
  const seal = field === undefined ? undefined : sealed.get(field);
  if (field !== undefined && seal !== undefined && !(success && agrees(field, value, seal))) {
    const right = sealedValue(field, seal);
    if (right !== undefined) return { value: right, fault: undefined };
    if (success) return { value, fault: faulty(FaultKind.contradiction) };
  }
  if (!success) return { value: undefined, fault: faulty(FaultKind.invalid) };
  return { value, fault: contradicts(part.path, value) ? faulty(FaultKind.contradiction) : undefined };
}

function readList(
  part: PersonaPart,
  { minimum, maximum }: { minimum: number; maximum: number },
  answered: unknown,
  contradicts: ContradictionFinder,
): PartReading {
  if (!Array.isArray(answered)) {
    const fault = { kind: FaultKind.invalid, part, dropped: [], lacking: minimum };
    return { value: undefined, fault };
  }
  const valid = answered.flatMap((entry) => {
    const parsed = z.safeParse(part.schema, entry);
    return parsed.success ? [parsed.data] : [];
  });
  const value = distinct(valid).slice(0, maximum);
  const dropped = value.flatMap((entry, index) => (contradicts(part.path, entry) ? [index] : []));
  const lacking = dropped.length + Math.max(0, minimum - value.length);
  const kind = dropped.length > 0 ? FaultKind.contradiction : FaultKind.shallow;
  return { value, fault: lacking === 0 ? undefined : { kind, part, dropped, lacking } };
}

/** Saying the same thing twice adds no depth. Two friends may well be called the same. */
export function distinct(entries: readonly unknown[]): unknown[] {
  const seen = new Set<string>();
  return entries.filter((entry) => {
    if (typeof entry !== 'string') return true;
    const text = entry.toLowerCase();
    const isNew = !seen.has(text);
    seen.add(text);
    return isNew;
  });
}
