import type { CellScheme } from './cells.ts';
import { sharesOf, standardisedError, totalVariation } from './statistics.ts';

export interface CellReport {
  readonly label: string;
  readonly targetShare: number;
  /** People expected of the population's size: share × size. */
  readonly expected: number;
  readonly planned: number;
  readonly output: number;
}

/** Distances are null where there is nobody to measure. */
export interface DimensionReport {
  readonly name: string;
  /** `checked`: output is what the person's own field says. `sealed`: output is the cell that the record carries. */
  readonly output: 'checked' | 'sealed';
  readonly cells: readonly CellReport[];
  /** People whose field says something that is no value of the dimension. */
  readonly outside: number;
  /** How far the plan is from the target, the output from the plan, the output from the target. */
  readonly tvd: { readonly plan: number; readonly drift: number | null; readonly output: number | null };
  readonly srmse: { readonly plan: number; readonly output: number | null };
}

/** Counts of one dimension; -1 is a person outside of its cells. */
export interface DimensionTally {
  plan(index: number): void;
  output(index: number): void;
  report(size: number): DimensionReport;
}

export function createDimensionTally(scheme: CellScheme, isChecked: boolean): DimensionTally {
  const { cells, dimension } = scheme;
  // One more than there are cells: what lies outside of them.
  const planned = new Array<number>(cells.length + 1).fill(0);
  const stated = new Array<number>(cells.length + 1).fill(0);
  const add = (counts: number[], index: number) => {
    const position = index < 0 ? cells.length : index;
    counts[position] = (counts[position] ?? 0) + 1;
  };
  return {
    plan: (index) => add(planned, index),
    output: (index) => add(stated, index),
    report(size) {
      const outside = stated.at(-1) ?? 0;
      // The cell of outsiders counts as one only when there are any: an empty one would lower the mean error.
      const used = outside === 0 && planned.at(-1) === 0 ? cells.length : cells.length + 1;
      const target = [...cells.map(({ share }) => share), 0].slice(0, used);
      const plan = sharesOf(planned.slice(0, used)) ?? target;
      const output = sharesOf(stated.slice(0, used));
      return {
        name: dimension.name,
        output: isChecked ? 'checked' : 'sealed',
        cells: cells.map(({ label, share }, index) => ({
          label,
          targetShare: share,
          expected: share * size,
          planned: planned[index] ?? 0,
          output: stated[index] ?? 0,
        })),
        outside,
        tvd: {
          plan: totalVariation(plan, target),
          drift: output === undefined ? null : totalVariation(output, plan),
          output: output === undefined ? null : totalVariation(output, target),
        },
        srmse: {
          plan: standardisedError(plan, target),
          output: output === undefined ? null : standardisedError(output, target),
        },
      };
    },
  };
}
