import type { Dimension } from '../dimensions.ts';
import { type CompiledDimensions, compileDimensions } from './compile-dimensions.ts';

/** A weight in any unit, the same for all of a dimension: `0.3`, `30`, `"30%"`. */
export type WeightDescription = number | string;

export type ValuesDescription =
  | readonly (string | number | boolean)[]
  | Readonly<Record<string, WeightDescription>>;

/** `{ education: { primary: { farmer: 60, cook: 40 }, … } }`: parent → its value → weights. */
export type GivenDescription = Readonly<Record<string, Readonly<Record<string, ValuesDescription>>>>;

/** A part of a range by its numbers, both ends included. Tables know it by the label `18-30`, or `-20 to -1`. */
export interface BandDescription {
  readonly min: number;
  readonly max: number;
  readonly weight: WeightDescription;
}

/** By label (`{ '18-30': 3, '65+': 1 }`), or by numbers, which can be negative (`[{ min: -20, max: -1, weight: 3 }]`). */
export type BandsDescription = ValuesDescription | readonly BandDescription[];

export interface RangeDescription {
  /** Lowest and highest, both included. May be left out where all bands are closed. */
  readonly range?: readonly [min: number, max: number];
  readonly distribution?:
    | 'uniform'
    | { readonly normal: { readonly mean: number; readonly sd: number } }
    | { readonly bands: BandsDescription };
  readonly normal?: { readonly mean: number; readonly sd: number };
  readonly bands?: BandsDescription;
  /** Digits after the point; by default 2 where a bound has a fraction, else whole numbers. */
  readonly decimals?: number;
  /** `"$"` goes before a number, `"km"` after it. */
  readonly unit?: string | { readonly before?: string; readonly after?: string };
  readonly given?: GivenDescription;
}

/** What varies, in any of the forms that a spec file accepts. */
export type DimensionDescription =
  | ValuesDescription
  | { readonly values?: ValuesDescription; readonly given?: GivenDescription }
  | RangeDescription;

export interface JointDescription {
  readonly dimensions: readonly string[];
  /** Nested maps in the order of `dimensions`, or a list of `{ <dimension>: value, …, weight }`. */
  readonly cells: NestedWeights | readonly Readonly<Record<string, string | number | boolean>>[];
}

export interface NestedWeights {
  readonly [value: string]: WeightDescription | NestedWeights;
}

/**
 * Dimensions and joints for a `TinyPersonFactory`, from what a spec file would say:
 *
 * ```ts
 * const { dimensions, joints } = describeDimensions({
 *   education: { primary: 30, tertiary: 70 },
 *   occupation: { given: { education: { primary: { farmer: 60, cook: 40 }, tertiary: { teacher: 1 } } } },
 * });
 * new TinyPersonFactory({ populationSize: 100, dimensions, joints });
 * ```
 *
 * @throws UserError listing every fault with its place
 */
export function describeDimensions(
  dimensions: Readonly<Record<string, DimensionDescription>>,
  options: { readonly joint?: readonly JointDescription[]; readonly base?: readonly Dimension[] } = {},
): CompiledDimensions {
  return compileDimensions(dimensions, options);
}
