import { z } from 'zod';
import { holdsNumber } from './number-grid.ts';

/**
 * What varies in a population: named dimensions, as they stand in a factory's encoded state.
 *
 * `values` divides the slots by weight, in any unit: only the ratios count. `range` draws numbers of `[min, max]`. Both
 * are compiled from what users write (`producer/spec`, `sampling/demography`), which is where friendly messages come from;
 * this schema is what a worker trusts.
 */
const dimensionName = z
  .string()
  .trim()
  .min(1)
  .max(100)
  .refine((name) => !/[\r\n]/.test(name), 'a dimension name is one line');

const dimensionValue = z.union([z.string().trim().min(1).max(1000), z.number()]);
const weight = z.number().nonnegative();
const MAX_CELLS = 10_000;

const valuesDimension = z.strictObject({
  name: dimensionName,
  kind: z.literal('values'),
  values: z
    .array(z.strictObject({ value: dimensionValue, weight }))
    .min(1)
    .max(MAX_CELLS)
    .refine((values) => values.some(({ weight }) => weight > 0), 'at least one weight must be above 0')
    .refine(
      (values) => new Set(values.map(({ value }) => value)).size === values.length,
      'every value must appear once',
    ),
});

/** A part of a range with a share of its own, `[min, max]` as in the range itself. */
const band = z
  .strictObject({ label: z.string().trim().min(1).max(200), min: z.number(), max: z.number(), weight })
  .refine(({ min, max }) => min <= max, 'min must not be above max');

const bands = z
  .array(band)
  .min(1)
  .max(MAX_CELLS)
  .refine((bands) => bands.some(({ weight }) => weight > 0), 'at least one weight must be above 0')
  .refine(
    (bands) => new Set(bands.map(({ label }) => label)).size === bands.length,
    'every band must have a label of its own',
  );

const distribution = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('normal'), mean: z.number(), sd: z.number().positive() }),
  z.strictObject({ kind: z.literal('bands'), bands }),
]);

const rangeDimension = z
  .strictObject({
    name: dimensionName,
    kind: z.literal('range'),
    min: z.number(),
    max: z.number(),
    /** Absent: whole numbers, both ends included. Else the digits after the point that a sealed value has. */
    decimals: z.int().min(1).max(6).exactOptional(),
    /** Absent: uniform. */
    distribution: distribution.exactOptional(),
    /** What stands around the number in a sealed value: `$` and nothing, nothing and ` km`. */
    unit: z.strictObject({ before: z.string().max(20), after: z.string().max(40) }).exactOptional(),
  })
  .refine(({ min, max }) => min <= max, 'min must not be above max')
  .refine(
    ({ decimals, min, max }) => decimals !== undefined || (Number.isInteger(min) && Number.isInteger(max)),
    'a range without decimals has whole bounds',
  )
  .refine(
    ({ min, max, decimals, distribution }) =>
      distribution?.kind !== 'bands' ||
      distribution.bands.every((band, index, all) => {
        const next = all[index + 1];
        const isApart =
          next === undefined || band.max < next.min || (decimals !== undefined && band.max === next.min);
        return band.min >= min && band.max <= max && isApart;
      }),
    'bands must lie inside the range, in ascending order, without overlap; those of whole numbers share no end',
  )
  .refine(
    (range) =>
      holdsNumber(range, range) &&
      (range.distribution?.kind !== 'bands' ||
        range.distribution.bands.every((band) => holdsNumber(range, band))),
    'no number with so few decimals lies in the range, or in one of its bands',
  );

export const dimensionSchema = z.discriminatedUnion('kind', [valuesDimension, rangeDimension]);
export type Dimension = z.infer<typeof dimensionSchema>;
export type RangeDimension = z.infer<typeof rangeDimension>;
export type Band = z.infer<typeof band>;

/** A joint table has a weight for each combination of cells; 20,000 fit an encoded state of 1 MiB. */
export const MAX_JOINT_CELLS = 20_000;

/**
 * Dimensions whose values depend on each other: the share of each combination of their cells. `at` holds one index into
 * `cellsOf` for each of the dimensions, in their order; combinations that are not listed do not occur. A dimension is in
 * one joint at most: overlapping tables and conditionals are fitted into one before they get here.
 */
export const jointSchema = z
  .strictObject({
    dimensions: z.array(dimensionName).min(2).max(20),
    cells: z
      .array(z.strictObject({ at: z.array(z.int().nonnegative()), weight: z.number().positive() }))
      .min(1)
      .max(MAX_JOINT_CELLS),
  })
  .refine(
    ({ dimensions, cells }) => cells.every(({ at }) => at.length === dimensions.length),
    'every cell has one index a dimension',
  )
  .refine(
    ({ cells }) => new Set(cells.map(({ at }) => at.join())).size === cells.length,
    'every cell must appear once',
  );
export type Joint = z.infer<typeof jointSchema>;

/** The concrete values sealed for one slot: dimension name → value. */
export type Characteristics = Readonly<Record<string, string | number>>;

/** The cells that a slot fills: dimension name → value, or label of the band that the value was drawn from. */
export type Cells = Readonly<Record<string, string | number>>;

/** A value or a band with its weight: what counts are planned and reported for. A range without bands is one cell. */
export interface Cell {
  readonly label: string | number;
  readonly weight: number;
}

/** The cells of a dimension, in the order that joints and counts index them by. */
export function cellsOf(dimension: Dimension): Cell[] {
  if (dimension.kind === 'values') {
    return dimension.values.map(({ value, weight }) => ({ label: value, weight }));
  }
  if (dimension.distribution?.kind === 'bands') {
    return dimension.distribution.bands.map(({ label, weight }) => ({ label, weight }));
  }
  return [{ label: `${dimension.min}–${dimension.max}`, weight: 1 }];
}

/**
 * Whether the joints fit their dimensions: every one exists, is in one joint only, and has the cells that are named. Returns
 * the first fault as a message.
 */
export function jointFault(dimensions: readonly Dimension[], joints: readonly Joint[]): string | undefined {
  const sizes = new Map(dimensions.map((dimension) => [dimension.name, cellsOf(dimension).length]));
  const taken = new Set<string>();
  for (const joint of joints) {
    for (const [position, name] of joint.dimensions.entries()) {
      const size = sizes.get(name);
      if (size === undefined) return `there is no dimension ${JSON.stringify(name)}`;
      if (taken.has(name)) return `dimension ${JSON.stringify(name)} is in two joints`;
      taken.add(name);
      if (joint.cells.some(({ at }) => (at[position] ?? 0) >= size)) {
        return `dimension ${JSON.stringify(name)} has ${size} cells, and a joint names a later one`;
      }
    }
  }
  return undefined;
}
