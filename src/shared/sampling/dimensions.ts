import { z } from 'zod';

/**
 * What varies in a population: named dimensions, as they stand in a factory's encoded state.
 *
 * `values` divides the slots by weight, in any unit: only the ratios count. `range` spreads the slots evenly
 * over the integers of `[min, max]`, both included. `population-spec` turns what users write into this form.
 */
const dimensionName = z
  .string()
  .trim()
  .min(1)
  .max(100)
  .refine((name) => !/[\r\n]/.test(name), 'a dimension name is one line');

const dimensionValue = z.union([z.string().trim().min(1).max(1000), z.number()]);

const valuesDimension = z.strictObject({
  name: dimensionName,
  kind: z.literal('values'),
  values: z
    .array(z.strictObject({ value: dimensionValue, weight: z.number().nonnegative() }))
    .min(1)
    .max(10_000)
    .refine((values) => values.some(({ weight }) => weight > 0), 'at least one weight must be above 0')
    .refine(
      (values) => new Set(values.map(({ value }) => value)).size === values.length,
      'every value must appear once',
    ),
});

const rangeDimension = z
  .strictObject({
    name: dimensionName,
    kind: z.literal('range'),
    min: z.int(),
    max: z.int(),
  })
  .refine(({ min, max }) => min <= max, 'min must not be above max');

export const dimensionSchema = z.discriminatedUnion('kind', [valuesDimension, rangeDimension]);
export type Dimension = z.infer<typeof dimensionSchema>;

/** The concrete values sealed for one slot: dimension name → value. */
export type Characteristics = Readonly<Record<string, string | number>>;
