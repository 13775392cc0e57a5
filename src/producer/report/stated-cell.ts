import type { Persona } from '../../shared/person/schema.ts';
import { agrees, SealedField, sealedFieldOf, sealedFields } from '../../shared/person/sealed-fields.ts';
import type { Characteristics, Dimension } from '../../shared/sampling/dimensions.ts';
import type { CellScheme } from './cells.ts';

/**
 * The cell that a person's own field fills; -1 for a person who says something that is no cell of the dimension. Where the
 * field agrees with what was sealed it is the sealed cell, by the rule that the answer was checked with; else the first that it
 * agrees with.
 */
export type StatedCell = (persona: Persona, characteristics: Characteristics, sealedAt: number) => number;

/** undefined for a dimension that no field of a person states, or not in a form that can be checked (ages as words). */
export function statedCellOf(scheme: CellScheme, dimensions: readonly Dimension[]): StatedCell | undefined {
  const { dimension, cells } = scheme;
  const field = sealedFieldOf(dimension.name);
  if (field === undefined || dimensionOf(field, dimensions) !== dimension.name) return undefined;
  // Whatever agrees with no age at all is no number.
  if (field === SealedField.age && dimension.kind === 'values') {
    if (cells.some(({ label }) => agrees(field, undefined, label))) return undefined;
  }
  const fits = (index: number, said: string | number) =>
    dimension.kind === 'range'
      ? scheme.contains(index, Number(said))
      : agrees(field, said, cells[index]?.label ?? '');
  return (persona, characteristics, sealedAt) => {
    const said = field === SealedField.occupation ? persona.occupation.title : persona[field];
    const sealed = characteristics[dimension.name];
    if (sealedAt >= 0 && sealed !== undefined && agrees(field, said, sealed)) return sealedAt;
    return cells.findIndex((_, index) => fits(index, said));
  };
}

/** Two dimensions may be called after one field; the one that it was set from is what it can be checked against. */
function dimensionOf(field: SealedField, dimensions: readonly Dimension[]): string | number | undefined {
  return sealedFields(Object.fromEntries(dimensions.map(({ name }) => [name, name]))).get(field);
}
