import type { CellReport, DimensionReport } from './dimension-tally.ts';

export interface ShownCell extends CellReport {
  /** Stands for many cells: in a chart its bar would dwarf those of single ones. */
  readonly isFolded: boolean;
}

/**
 * The cells that a reader is shown: all in their order, or of very many the largest, with the others as one. People outside of
 * the dimension's cells come last.
 */
export function shownCells({ cells, outside }: DimensionReport, atMost: number): ShownCell[] {
  const kept =
    cells.length <= atMost
      ? new Set(cells)
      : new Set(
          cells.toSorted((a, b) => b.expected - a.expected || b.output - a.output).slice(0, atMost - 1),
        );
  const rest = cells.filter((cell) => !kept.has(cell));
  const shown: ShownCell[] = cells
    .filter((cell) => kept.has(cell))
    .map((cell) => ({ ...cell, isFolded: false }));
  if (rest.length > 0) {
    const sum = (figure: (cell: CellReport) => number) =>
      rest.reduce((total, cell) => total + figure(cell), 0);
    shown.push({
      label: `(${rest.length} others)`,
      targetShare: sum(({ targetShare }) => targetShare),
      expected: sum(({ expected }) => expected),
      planned: sum(({ planned }) => planned),
      output: sum(({ output }) => output),
      isFolded: true,
    });
  }
  if (outside > 0) {
    const nobody = { targetShare: 0, expected: 0, planned: 0, isFolded: false };
    shown.push({ ...nobody, label: '(none of these)', output: outside });
  }
  return shown;
}
