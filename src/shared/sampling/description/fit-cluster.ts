import { sharesOf } from '../shares.ts';
import { type Draft, labelsOf, statedShares } from './draft.ts';
import { describePlace, percent, quote, type Report } from './faults.ts';
import { FIT_TOLERANCE, fitShares } from './fit-shares.ts';
import { joinAll } from './join-all.ts';
import type { Conditional } from './link-tables.ts';
import { marginalOf, type Table, withShares } from './tables.ts';

/** Dimensions that depend on each other, with all that was stated about how. */
export interface Cluster {
  readonly tables: readonly Table[];
  readonly conditionals: readonly Conditional[];
}

/**
 * One table for a cluster, in shares, that agrees with everything stated about it to 1e-9:
 *
 * 1. Each joint table is fitted to the weights that its dimensions state. Where they state none, the table's own sums hold.
 * 2. Each `given` becomes a table over parent and child: the parent's shares times its rows, fitted to the child's weights if
 *    it states any.
 * 3. These tables are joined and fitted to all of them at once.
 *
 * What cannot agree is reported, naming both sides.
 */
export function fitCluster(
  { tables, conditionals }: Cluster,
  drafts: readonly Draft[],
  report: Report,
): Table | undefined {
  const shares = new Shares(drafts, report);
  const fitted = tables.map((table) => shares.fitToStated(table));
  for (const table of fitted) if (table !== undefined) shares.learn(table);
  const whole = fitted.filter((table) => table !== undefined);
  if (whole.length < fitted.length || shares.contradicted) return undefined;
  for (const conditional of parentsFirst(conditionals)) {
    const pair = shares.fitToStated(shares.tableOf(conditional));
    if (pair === undefined) return undefined;
    shares.learn(pair);
    whole.push(pair);
  }
  return shares.contradicted ? undefined : joinAll(whole, drafts, report);
}

/** What is known of the dimensions' shares so far, and where from. */
class Shares {
  readonly #drafts: readonly Draft[];
  readonly #report: Report;
  readonly #learnt = new Map<number, { readonly shares: readonly number[]; readonly from: Table }>();
  contradicted = false;

  constructor(drafts: readonly Draft[], report: Report) {
    this.#drafts = drafts;
    this.#report = report;
  }

  fitToStated(table: Table): Table | undefined {
    const stated = table.axes.flatMap((axis, position) => {
      const draft = this.#drafts[axis];
      const targets = draft && statedShares(draft);
      return draft && targets
        ? [{ draft, targets, groupOf: table.cells.map(({ at }) => at[position] ?? 0) }]
        : [];
    });
    const weights = table.cells.map(({ weight }) => weight);
    if (stated.length === 0) return withShares(table, sharesOf(weights));
    const fitting = fitShares(weights, stated);
    if (fitting.fits) return withShares(table, fitting.shares);
    const { draft, targets } = stated[fitting.margin] ?? {};
    if (draft === undefined || targets === undefined) return undefined;
    const label = quote(labelsOf(draft)?.[fitting.group] ?? '');
    const target = percent(targets[fitting.group] ?? 0);
    const reached =
      fitting.sum === 0
        ? 'this gives it nothing'
        : `this cannot be scaled to that: it comes to ${percent(fitting.sum)}. Change the weights, or add the combinations that are left out here`;
    this.#report(
      table.path,
      `contradicts ${describePlace(draft.path)}: ${label} has ${target} there, and ${reached}`,
    );
    return undefined;
  }

  /** Takes over the table's sums for dimensions that state no weights; two sources have to agree. */
  learn(table: Table): void {
    for (const axis of table.axes) {
      const draft = this.#drafts[axis];
      if (draft === undefined || draft.weights !== undefined) continue;
      const shares = marginalOf(table, axis, labelsOf(draft)?.length ?? 0);
      const known = this.#learnt.get(axis);
      if (known === undefined) {
        this.#learnt.set(axis, { shares, from: table });
        continue;
      }
      const cell = shares.findIndex(
        (share, index) => Math.abs(share - (known.shares[index] ?? 0)) > FIT_TOLERANCE,
      );
      if (cell < 0) continue;
      this.contradicted = true;
      const label = quote(labelsOf(draft)?.[cell] ?? '');
      this.#report(
        table.path,
        `contradicts ${describePlace(known.from.path)}: ${label} of ${quote(draft.name)} has ${percent(known.shares[cell] ?? 0)} there and ` +
          `${percent(shares[cell] ?? 0)} here; state the weights of ${quote(draft.name)} in ${describePlace(['dimensions', draft.name])} to fit both to them`,
      );
    }
  }

  /** A `given` as a table: the parent's shares, all the same where nothing says otherwise, times the rows. */
  tableOf({ path, parent, child, rows }: Conditional): Table {
    const draft = this.#drafts[parent];
    const size = (draft && labelsOf(draft)?.length) ?? 0;
    const shares =
      (draft && statedShares(draft)) ??
      this.#learnt.get(parent)?.shares ??
      Array.from({ length: size }, () => 1 / size);
    const cells = [...rows].flatMap(([from, row]) =>
      row.map(({ cell, weight }) => ({ at: [from, cell], weight: (shares[from] ?? 0) * weight })),
    );
    return { path, axes: [parent, child], cells: cells.filter(({ weight }) => weight > 0) };
  }
}

/** Every dimension has one parent at most and there are no cycles. */
function parentsFirst(conditionals: readonly Conditional[]): Conditional[] {
  const byChild = new Map(conditionals.map((conditional) => [conditional.child, conditional]));
  const ordered = new Set<Conditional>();
  for (const conditional of conditionals) {
    const line: Conditional[] = [];
    let next: Conditional | undefined = conditional;
    while (next !== undefined && !ordered.has(next)) {
      line.unshift(next);
      next = byChild.get(next.parent);
    }
    for (const each of line) ordered.add(each);
  }
  return [...ordered];
}
