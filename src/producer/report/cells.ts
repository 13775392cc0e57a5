import { cellShares } from '../../shared/sampling/cell-shares.ts';
import {
  type Cells,
  type Characteristics,
  cellsOf,
  type Dimension,
  type Joint,
  type RangeDimension,
} from '../../shared/sampling/dimensions.ts';
import { gridOfRange } from '../../shared/sampling/number-grid.ts';
import { rangeShare } from '../../shared/sampling/range-share.ts';
import { sharesOf } from '../../shared/sampling/shares.ts';

/** A value, band or bin of a dimension, with the share of people that it should have. */
export interface ReportCell {
  readonly label: string;
  readonly share: number;
}

/** How a report divides a dimension: its values or bands, and for a range without bands a handful of equal bins. */
export interface CellScheme {
  readonly dimension: Dimension;
  readonly cells: readonly ReportCell[];
  /** Whether the cells are bins that the plan knows nothing of. */
  readonly binned: boolean;
  /** The cell that was sealed for a person; -1 when it is none of them. */
  sealedAt(cells: Cells | undefined, characteristics: Characteristics): number;
  /** Whether a number lies in a band or bin; false for values. */
  contains(index: number, value: number): boolean;
}

const MAX_BINS = 8;

export function cellSchemeOf(dimension: Dimension, joints: readonly Joint[]): CellScheme {
  if (dimension.kind === 'range' && dimension.distribution?.kind !== 'bands') return binsOf(dimension);
  const cells = cellsOf(dimension);
  const shares = cellShares(dimension, joints);
  const positions = new Map(cells.map(({ label }, index) => [String(label), index]));
  const bands =
    dimension.kind === 'range' && dimension.distribution?.kind === 'bands'
      ? dimension.distribution.bands
      : [];
  const contains = (index: number, value: number) => {
    const band = bands[index];
    return band !== undefined && value >= band.min && value <= band.max;
  };
  return {
    dimension,
    cells: cells.map(({ label }, index) => ({ label: String(label), share: shares[index] ?? 0 })),
    binned: false,
    sealedAt(sealed, characteristics) {
      const label = sealed?.[dimension.name] ?? characteristics[dimension.name];
      const index = positions.get(String(label));
      if (index !== undefined) return index;
      const value = sealedNumber(dimension, characteristics);
      return value === undefined ? -1 : bands.findIndex((_, band) => contains(band, value));
    },
    contains,
  };
}

/** The number in a sealed value; it may stand between the dimension's units ("$35,000 a year" is 35000). */
function sealedNumber(dimension: Dimension, characteristics: Characteristics): number | undefined {
  const value = characteristics[dimension.name];
  if (typeof value === 'number' || value === undefined) return value;
  const { before = '', after = '' } = (dimension.kind === 'range' ? dimension.unit : undefined) ?? {};
  const inner =
    value.startsWith(before) && value.endsWith(after)
      ? value.slice(before.length, value.length - after.length)
      : value;
  const number = Number(inner.replaceAll(',', ''));
  return inner.trim() === '' || Number.isNaN(number) ? undefined : number;
}

/** Bins over the numbers that can be sealed, each as wide as the others but for the last. */
function binsOf(dimension: RangeDimension): CellScheme {
  const { low, high, scale } = gridOfRange(dimension);
  // Halves, since the ends may be further apart than the largest number.
  const width = Math.max(1, Math.ceil((high / 2 - low / 2 + 0.5) / (MAX_BINS / 2)));
  const bins: { from: number; to: number }[] = [];
  for (let from = low; from <= high && bins.length < MAX_BINS; from += width) {
    bins.push({ from: from / scale, to: Math.min(high, from + width - 1) / scale });
  }
  const shares = sharesOf(bins.map(({ from, to }) => rangeShare(dimension, from, to)));
  const indexOf = (value: number | undefined) =>
    value === undefined || value < low / scale || value > high / scale
      ? -1
      : bins.findIndex(({ to }) => value <= to + 0.5 / scale);
  const digits = Math.round(Math.log10(scale));
  return {
    dimension,
    cells: bins.map(({ from, to }, index) => ({
      label: from === to ? from.toFixed(digits) : `${from.toFixed(digits)}–${to.toFixed(digits)}`,
      share: shares[index] ?? 0,
    })),
    binned: true,
    sealedAt: (_cells, characteristics) => indexOf(sealedNumber(dimension, characteristics)),
    contains: (index, value) => indexOf(value) === index,
  };
}
