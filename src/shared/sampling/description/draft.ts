import { type Band, type Dimension, dimensionSchema, type RangeDimension } from '../dimensions.ts';
import { sharesOf } from '../shares.ts';
import type { FaultPath, Report } from './faults.ts';

export type Label = string | number;

/** A label that a table uses for a cell of a dimension, with its place. */
export interface PlacedLabel {
  readonly label: Label;
  readonly path: FaultPath;
}

/** A band whose share is not known yet. */
export type UnweightedBand = Omit<Band, 'weight'>;

/** Numbers between bounds, before anything is known of their shares. */
export type Range = Pick<RangeDimension, 'min' | 'max' | 'decimals' | 'unit'>;

/** What can become of a dimension. Where labels or bands are missing, the tables that name the dimension say which there are. */
export type Cells =
  | { readonly kind: 'values'; readonly labels?: readonly Label[] }
  | { readonly kind: 'range'; readonly range: Range; readonly bands?: readonly UnweightedBand[] }
  | { readonly kind: 'normal'; readonly range: Range; readonly mean: number; readonly sd: number };

/** The rows of a `given`: for a value of the parent, the weights of the child's values. */
export interface Given {
  readonly path: FaultPath;
  readonly parent: string;
  readonly rows: readonly GivenRow[];
}

export interface GivenRow {
  readonly parentLabel: string;
  readonly path: FaultPath;
  readonly cells: readonly { readonly label: PlacedLabel; readonly weight: number }[];
}

/** A dimension as described, before the tables have been read that may give it cells and weights. */
export interface Draft {
  readonly name: string;
  readonly path: FaultPath;
  readonly cells: Cells;
  /** One for each cell. Absent where the description states none: then tables decide, or all cells weigh the same. */
  readonly weights?: readonly number[];
  readonly given?: Given;
}

/** The labels of the cells, in order; undefined as long as no table has named any. */
export function labelsOf({ cells }: Draft): readonly Label[] | undefined {
  switch (cells.kind) {
    case 'values':
      return cells.labels;
    case 'range':
      return cells.bands?.map(({ label }) => label);
    case 'normal':
      return undefined;
  }
}

/** A dimension in state form as a draft: its weights are stated. */
export function draftOf(dimension: Dimension, path: FaultPath): Draft {
  const { name } = dimension;
  if (dimension.kind === 'values') {
    return {
      name,
      path,
      cells: { kind: 'values', labels: dimension.values.map(({ value }) => value) },
      weights: dimension.values.map(({ weight }) => weight),
    };
  }
  const { distribution, kind: _kind, name: _name, ...range } = dimension;
  if (distribution?.kind === 'normal') {
    return { name, path, cells: { kind: 'normal', range, mean: distribution.mean, sd: distribution.sd } };
  }
  if (distribution === undefined) return { name, path, cells: { kind: 'range', range } };
  return {
    name,
    path,
    cells: { kind: 'range', range, bands: distribution.bands.map(({ weight: _weight, ...band }) => band) },
    weights: distribution.bands.map(({ weight }) => weight),
  };
}

/**
 * The state form of a draft. `fitted` are the weights of its cells where tables decided them. Reports what the state's schema
 * refuses, such as too many values.
 */
export function toDimension(
  draft: Draft,
  fitted: readonly number[] | undefined,
  report: Report,
): Dimension | undefined {
  const labels = labelsOf(draft);
  const weights = fitted ?? draft.weights ?? labels?.map(() => 1) ?? [];
  const parsed = dimensionSchema.safeParse({ name: draft.name, ...shapeOf(draft.cells, weights) });
  if (parsed.success) return parsed.data;
  for (const { path, message } of parsed.error.issues) report([...draft.path, ...path.map(String)], message);
  return undefined;
}

/** The shares of the cells that a draft states; undefined where it states none. */
export function statedShares({ weights }: Draft): number[] | undefined {
  return weights === undefined ? undefined : sharesOf(weights);
}

function shapeOf(cells: Cells, weights: readonly number[]): object {
  const weightAt = (index: number) => weights[index] ?? 0;
  switch (cells.kind) {
    case 'values':
      return {
        kind: 'values',
        values: (cells.labels ?? []).map((value, index) => ({ value, weight: weightAt(index) })),
      };
    case 'normal':
      return {
        kind: 'range',
        ...cells.range,
        distribution: { kind: 'normal', mean: cells.mean, sd: cells.sd },
      };
    case 'range': {
      if (cells.bands === undefined) return { kind: 'range', ...cells.range };
      const bands = cells.bands.map((band, index) => ({ ...band, weight: weightAt(index) }));
      return { kind: 'range', ...cells.range, distribution: { kind: 'bands', bands } };
    }
  }
}
