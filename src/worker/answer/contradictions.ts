import { genderOf } from '../../shared/names/gender-words.ts';
import { agrees, containsWords, SealedField, type SealedFields } from '../../shared/person/sealed-fields.ts';
import { canonicalName } from '../../shared/transactions/canonical-name.ts';
import { ageStatement } from './age-statement.ts';

/** A field in which the model took the person for somebody else, with what it said there. */
export interface Mismatch {
  readonly field: SealedField;
  readonly said: string | number;
}

/** A longer value is a runaway answer and tells nothing of the person; in its texts nobody would repeat it. */
const MAX_SAID_CHARACTERS = 120;

/**
 * Where an answer means something else than was sealed. Another word for the same thing ("woman" for "female") or a
 * part of it ("African" for "South African") is none. Neither is a residence: it is set right, and a text may well name
 * another place.
 */
export function mismatchesOf(
  said: (field: SealedField) => unknown,
  sealedFields: SealedFields,
): readonly Mismatch[] {
  return [...sealedFields].flatMap(([field, sealed]): Mismatch[] => {
    const value = said(field);
    if (typeof value === 'string' && value.length > MAX_SAID_CHARACTERS) return [];
    if (field === SealedField.residence || agrees(field, value, sealed)) return [];
    if (field === SealedField.age) return isAge(value) ? [{ field, said: value }] : [];
    if (typeof value !== 'string' || canonicalName(value).length < 2) return [];
    return meansTheSame(field, value, String(sealed)) ? [] : [{ field, said: value.trim() }];
  });
}

const isAge = (value: unknown): value is number => Number.isSafeInteger(value) && Number(value) >= 0;

function meansTheSame(field: SealedField, said: string, sealed: string): boolean {
  if (field === SealedField.gender && genderOf(said) !== undefined)
    return genderOf(said) === genderOf(sealed);
  return containsWords(sealed, said);
}

/** Parts that speak of others, or that are one of the fields themselves: what they say is no statement on the person. */
const NOT_ON_THE_PERSON: ReadonlySet<string> = new Set(['relationships', ...Object.values(SealedField)]);

export type ContradictionFinder = (path: string, text: unknown) => boolean;

/**
 * Tells whether a text of a part holds a mismatch: an age as people state ages, a gender or a nationality as a whole
 * word, an occupation where the person's occupation is described. Only what the model itself said of the person
 * elsewhere is looked for, so that an answer with the right fields never contradicts, whatever ages and nations its
 * texts tell of.
 */
export function contradictionFinder(mismatches: readonly Mismatch[]): ContradictionFinder {
  const finders = mismatches.map(({ field, said }): ((path: string, text: string) => boolean) => {
    switch (field) {
      case SealedField.age: {
        const statement = ageStatement(Number(said));
        return (_path, text) => statement.test(text);
      }
      case SealedField.gender:
        return (_path, text) => containsWords(text, String(said));
      case SealedField.nationality:
        // In the case it was written in: "US" is not "us".
        return (_path, text) => text.includes(String(said)) && containsWords(text, String(said));
      case SealedField.occupation:
        return (path, text) => path.startsWith('occupation.') && containsWords(text, String(said));
      case SealedField.residence:
        return () => false;
      default: {
        const never: never = field;
        throw new TypeError(`unknown field ${never}`);
      }
    }
  });
  return (path, text) =>
    typeof text === 'string' && !NOT_ON_THE_PERSON.has(path) && finders.some((finds) => finds(path, text));
}
