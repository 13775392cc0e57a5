import { SealedField, sealedFieldOf } from '../../person/sealed-fields.ts';
import { parseBandLabel } from './band-label.ts';
import type { Draft } from './draft.ts';
import { quote } from './faults.ts';

/** As in the schema that persons are checked with. */
const OLDEST = 120;

/**
 * Why a dimension cannot be what it is called, where the name is that of a field which persons have their own rules for;
 * undefined where nothing stands against it.
 */
export function personFault({ name, cells }: Draft): string | undefined {
  if (name.toLowerCase() === 'name') {
    return 'names are given out one by one, and none twice: leave this out, and see names.locale and names.policy';
  }
  if (!isAge(name)) return undefined;
  return cells.kind === 'values'
    ? cells.labels?.map(ageFault).find((fault) => fault !== undefined)
    : ageRangeFault(cells.range);
}

/** Whether a dimension of this name is a person's age: single whole numbers, whatever else they are written as. */
export function isAge(name: string): boolean {
  return sealedFieldOf(name) === SealedField.age;
}

/** Words such as `child` are for the model to choose an age from; a band could have been dealt as single numbers. */
function ageFault(label: string | number): string | undefined {
  const text = String(label);
  const number = Number(text);
  if (text.trim() !== '' && Number.isFinite(number)) {
    return Number.isInteger(number) && number >= 0 && number <= OLDEST
      ? undefined
      : `expected ages from 0 to ${OLDEST} in whole years, got ${quote(label)}`;
  }
  return parseBandLabel(text) === undefined
    ? undefined
    : `${quote(label)} is a band, and everybody has one age: write { range: [18, 90], bands: { ${quote(label)}: 1, … } }`;
}

function ageRangeFault({
  min,
  max,
  decimals,
}: {
  min: number;
  max: number;
  decimals?: number;
}): string | undefined {
  if (decimals === undefined && min >= 0 && max <= OLDEST) return undefined;
  const digits = decimals === undefined ? '' : ` with ${decimals} decimals`;
  return `expected ages from 0 to ${OLDEST} in whole years, got ${min} to ${max}${digits}`;
}
