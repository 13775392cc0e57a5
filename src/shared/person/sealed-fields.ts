import type { Characteristics } from '../sampling/dimensions.ts';

/** The parts of a person that a dimension can seal: their paths in the persona. */
export const SealedField = {
  age: 'age',
  gender: 'gender',
  nationality: 'nationality',
  residence: 'residence',
  occupation: 'occupation.title',
} as const;
export type SealedField = (typeof SealedField)[keyof typeof SealedField];

/**
 * Which dimension stands for which field, by its name in lower case; the first one that a plan has wins.
 *
 * Left out on purpose: `country` (of birth, residence or citizenship? and a country is no demonym), `city` and `region` (a
 * part of a residence) and `education` (prose). The prompt states them like any other characteristic.
 */
const DIMENSIONS: Readonly<Record<SealedField, readonly string[]>> = {
  age: ['age', 'age in years', 'age (years)', 'years of age', 'age distribution'],
  gender: ['gender', 'sex', 'gender identity', 'gender distribution', 'sex distribution'],
  nationality: ['nationality', 'citizenship'],
  residence: ['residence', 'place of residence'],
  'occupation.title': [
    'occupation',
    'occupation.title',
    'occupation title',
    'job',
    'job title',
    'profession',
  ],
};

/** The field that a dimension of this name seals; undefined for one that no single field shows. */
export function sealedFieldOf(dimension: string): SealedField | undefined {
  const name = normalised(dimension);
  return Object.values(SealedField).find((field) => DIMENSIONS[field].includes(name));
}

export type SealedFields = ReadonlyMap<SealedField, string | number>;

/** What a slot's characteristics seal, by field. */
export function sealedFields(characteristics: Characteristics): SealedFields {
  const values = new Map(
    Object.entries(characteristics).map(([dimension, value]) => [normalised(dimension), value]),
  );
  const sealed = new Map<SealedField, string | number>();
  for (const field of Object.values(SealedField)) {
    const value = DIMENSIONS[field]
      .map((dimension) => values.get(dimension))
      .find((each) => each !== undefined);
    if (value !== undefined) sealed.set(field, value);
  }
  return sealed;
}

const normalised = (dimension: string) =>
  dimension
    .trim()
    .toLowerCase()
    .replaceAll(/[\s_]+/g, ' ');

/**
 * Whether what a person says in a field is what was sealed: an age inside a band ("30-39", "65+"), an occupation whose
 * title contains the sealed words, everything else word for word. A sealed age that is no number ("retired") cannot be
 * checked: any agrees.
 */
export function agrees(field: SealedField, said: unknown, sealed: string | number): boolean {
  switch (field) {
    case SealedField.age: {
      const bounds = ageBounds(sealed);
      return bounds === undefined || (typeof said === 'number' && said >= bounds.min && said <= bounds.max);
    }
    case SealedField.occupation:
      return typeof said === 'string' && containsWords(said, String(sealed));
    default:
      return said === String(sealed);
  }
}

/** The value that a sealed field must have; undefined where only the model can choose one (a band of ages). */
export function sealedValue(field: SealedField, sealed: string | number): string | number | undefined {
  if (field !== SealedField.age) return String(sealed);
  const bounds = ageBounds(sealed);
  return bounds !== undefined && bounds.min === bounds.max ? bounds.min : undefined;
}

const EXACT_AGE = /^(\d{1,3})(?:\.\d+)?(?:\s*(?:years?|yrs?)(?:[\s-]+old|\s+of\s+age)?)?$/i;
const AGE_BAND = /^(\d{1,3})\s*(?:-|–|—|to)\s*(\d{1,3})(?!\d)/i;
const AGE_AND_OVER = /^(\d{1,3})\s*(?:\+|(?:and|or)\s+(?:over|older|above|more))/i;
const AGE_UNDER = /^(?:under|below|less than|younger than|<)\s*(\d{1,3})(?!\d)/i;

/** In whole years, both ends included: the years that somebody of 34.5 has completed are 34. */
function ageBounds(sealed: string | number): { min: number; max: number } | undefined {
  const text = String(sealed).trim();
  const read = (pattern: RegExp) => pattern.exec(text)?.slice(1).map(Number);
  const [age] = read(EXACT_AGE) ?? [];
  if (age !== undefined) return { min: age, max: age };
  const [min, max] = read(AGE_BAND) ?? [];
  if (min !== undefined && max !== undefined) return { min, max };
  const [least] = read(AGE_AND_OVER) ?? [];
  if (least !== undefined) return { min: least, max: Number.POSITIVE_INFINITY };
  const [above] = read(AGE_UNDER) ?? [];
  return above === undefined ? undefined : { min: 0, max: above - 1 };
}

const ENDS_IN_WORD = /[\p{L}\p{N}]$/u;
const BEGINS_WITH_WORD = /^[\p{L}\p{N}]/u;

/**
 * Whole words, whatever their case and the spaces between them: a night nurse is a nurse, a nursery teacher is none.
 * Searched for as text: either side may be a model's, of any length, and no pattern may be made of that.
 */
export function containsWords(text: string, words: string): boolean {
  const within = folded(text);
  const wanted = folded(words);
  if (wanted === '') return true;
  for (let start = within.indexOf(wanted); start >= 0; start = within.indexOf(wanted, start + 1)) {
    const end = start + wanted.length;
    // Two units hold the whole character on that side, a surrogate pair included.
    const before = within.slice(Math.max(0, start - 2), start);
    if (!ENDS_IN_WORD.test(before) && !BEGINS_WITH_WORD.test(within.slice(end, end + 2))) return true;
  }
  return false;
}

/** Upper case first: it makes more spellings of one word the same than lower case alone (`ß` and `ss`). */
const folded = (text: string) =>
  text.toWellFormed().toUpperCase().toLowerCase().replaceAll(/\s+/g, ' ').trim();
