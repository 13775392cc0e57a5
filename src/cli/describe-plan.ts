import { printable } from '../shared/printable.ts';
import { cellShares } from '../shared/sampling/cell-shares.ts';
import {
  type Band,
  type Characteristics,
  cellsOf,
  type Dimension,
  type RangeDimension,
} from '../shared/sampling/dimensions.ts';
import { createPlan } from '../shared/sampling/plan.ts';
import { count } from './count.ts';

/** What `persona-fleet plan` shows of one population, as data (`--json` prints it). */
export interface PlanFacts {
  readonly populationSize: number;
  readonly seed: string;
  readonly dimensions: readonly DimensionFacts[];
  /** Names of the dimensions that depend on each other. */
  readonly joints: readonly (readonly string[])[];
  readonly samples: readonly { readonly slot: number; readonly characteristics: Characteristics }[];
}

export interface DimensionFacts {
  readonly name: string;
  readonly kind: string;
  /** Empty for a range without bands, which has no cells to count. */
  readonly cells: readonly {
    readonly label: string | number;
    readonly share: number;
    readonly count: number;
  }[];
}

const SAMPLES = 10;
const CELLS_SHOWN = 20;

/** The plan of a population without planning it in Redis: pure, and the same as the workers will have. */
export function planFacts(state: Parameters<typeof createPlan>[0]): PlanFacts {
  const plan = createPlan(state);
  const { joints = [] } = state;
  return {
    populationSize: plan.size,
    seed: state.seed,
    dimensions: state.dimensions.map((dimension) => ({
      name: dimension.name,
      kind: describeKind(dimension),
      cells: countedCells(dimension, cellShares(dimension, joints), plan.counts(dimension.name)),
    })),
    joints: joints.map((joint) => joint.dimensions),
    samples: Array.from({ length: Math.min(SAMPLES, plan.size) }, (_, index) => {
      // Spread over the population: the first slots of a grown one would all be of its first extent.
      const slot = Math.floor((index * plan.size) / Math.min(SAMPLES, plan.size));
      return { slot, characteristics: plan.characteristics(slot) };
    }),
  };
}

/** The same as lines for a person. */
export function describePlan(facts: PlanFacts): string {
  const { dimensions, joints, samples } = facts;
  const lines = [
    `${count(facts.populationSize)} people, seed ${facts.seed}`,
    '',
    dimensions.length === 0
      ? 'no dimensions: all that varies is left to the model'
      : `${count(dimensions.length)} ${dimensions.length === 1 ? 'dimension' : 'dimensions'}`,
  ];
  for (const dimension of dimensions)
    lines.push(`  ${dimension.name}: ${dimension.kind}`, ...table(dimension));
  for (const names of joints) lines.push(`  depending on each other: ${names.join(', ')}`);
  if (dimensions.length > 1) {
    const alone = joints.length === 0 ? 'the dimensions are' : 'all others are';
    lines.push(`  ${alone} dealt independently; say what depends on what with \`joint\` or \`given\``);
  }
  if (dimensions.length > 0) lines.push('', `${samples.length} of the slots`);
  for (const { slot, characteristics } of dimensions.length > 0 ? samples : []) {
    const sealed = Object.entries(characteristics).map(([name, value]) => `${name} ${value}`);
    lines.push(`  ${slot}: ${sealed.join(', ')}`);
  }
  return `${lines.map(printable).join('\n')}\n`;
}

function table({ cells }: DimensionFacts): string[] {
  const shown = cells.slice(0, CELLS_SHOWN);
  const width = Math.max(0, ...shown.map(({ label }) => String(label).length));
  const digits = Math.max(0, ...shown.map((cell) => count(cell.count).length));
  const lines = shown.map(
    ({ label, share, count: people }) =>
      `    ${String(label).padEnd(width)}  ${(share * 100).toFixed(1).padStart(5)} %  ${count(people).padStart(digits)}`,
  );
  if (cells.length > shown.length) lines.push(`    … and ${count(cells.length - shown.length)} more`);
  return lines;
}

function countedCells(
  dimension: Dimension,
  shares: readonly number[],
  counts: readonly number[],
): DimensionFacts['cells'] {
  if (dimension.kind === 'range' && dimension.distribution?.kind !== 'bands') return [];
  return cellsOf(dimension).map(({ label }, index) => ({
    label,
    share: shares[index] ?? 0,
    count: counts[index] ?? 0,
  }));
}

function describeKind(dimension: Dimension): string {
  if (dimension.kind === 'values') {
    return `${count(dimension.values.length)} ${dimension.values.length === 1 ? 'value' : 'values'}`;
  }
  const { decimals, distribution } = dimension;
  const numbers =
    decimals === undefined
      ? 'whole numbers'
      : `numbers with ${decimals} ${decimals === 1 ? 'decimal' : 'decimals'}`;
  const bounds = `${numbers} from ${bound(dimension, dimension.min)} to ${bound(dimension, dimension.max)}`;
  switch (distribution?.kind) {
    case undefined:
      return `${bounds}, spread evenly`;
    case 'normal':
      return `${bounds}, normal around ${distribution.mean} with standard deviation ${distribution.sd}`;
    case 'bands':
      return `${bounds}, in ${count(distribution.bands.length)} ${distribution.bands.length === 1 ? 'band' : 'bands'}${describeGaps(dimension, distribution.bands)}`;
    default: {
      const never: never = distribution;
      throw new Error(`unknown distribution ${JSON.stringify(never)}`);
    }
  }
}

/** Parts of a range that no band covers: nobody is of such a number, which may be meant or not. */
function describeGaps(dimension: RangeDimension, bands: readonly Band[]): string {
  const { min, max, decimals } = dimension;
  // Whole bands include both ends, so that the next begins one later.
  const step = decimals === undefined ? 1 : 0;
  const gaps: string[] = [];
  let next = min;
  for (const band of [...bands, { min: max + step, max }]) {
    if (band.min > next) gaps.push(`${bound(dimension, next)} to ${bound(dimension, band.min - step)}`);
    next = band.max + step;
  }
  return gaps.length === 0 ? '' : `; nobody from ${gaps.join(', ')}`;
}

function bound({ unit }: RangeDimension, value: number): string {
  return unit === undefined ? String(value) : `${unit.before}${count(value)}${unit.after}`;
}
