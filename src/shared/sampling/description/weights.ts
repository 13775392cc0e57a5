import { type FaultPath, got, quote, type Report } from './faults.ts';

/** A weight as it was written, with its place. */
export interface WrittenWeight {
  readonly path: FaultPath;
  readonly written: unknown;
  /** What it is the weight of, where the path does not end in that. */
  readonly name?: string;
}

interface Amount {
  readonly amount: number;
  readonly percent: boolean;
}

const NUMBER = /^(?:\d+(?:\.\d*)?|\.\d+)(?:e[+-]?\d{1,3})?$/i;
const EXPECTED = 'expected a weight: a number or a percentage such as "30%"';

/** Whether a value reads as a weight: a number, or a text with a number, with or without `%`. */
export function looksLikeWeight(written: unknown): boolean {
  return typeof written === 'number' || (typeof written === 'string' && readAmount(written) !== undefined);
}

/**
 * Reads the weights of one dimension, row or table, in any unit: `0.3`, `30`, `"30%"`, `"30 %"`. Only their ratios count.
 *
 * Reports, and returns undefined, for: what is no weight, negative or infinite weights, weights of which some are
 * percentages and some are not (30 and "70%" may mean 30:70 or 3000:70), and weights that sum to nothing. Weights whose
 * sum would overflow come back divided by the largest.
 */
export function readWeights(
  entries: readonly WrittenWeight[],
  place: FaultPath,
  report: Report,
): number[] | undefined {
  const amounts: Amount[] = [];
  for (const { path, written } of entries) {
    const amount = readAmount(written);
    const fault = amount === undefined ? `${EXPECTED}, ${got(written)}` : faultOf(amount, written);
    if (fault !== undefined) report(path, fault);
    else if (amount !== undefined) amounts.push(amount);
  }
  if (amounts.length < entries.length) return undefined;
  if (amounts.length === 0 || amounts.every(({ amount }) => amount === 0)) {
    report(place, 'expected weights that sum to more than nothing: at least one must be above 0');
    return undefined;
  }
  const mixed = unitFault(entries, amounts);
  if (mixed !== undefined) {
    report(place, mixed);
    return undefined;
  }
  const weights = amounts.map(({ amount }) => amount);
  const largest = weights.reduce((a, b) => Math.max(a, b), 0);
  return Number.isFinite(sum(weights)) ? weights : weights.map((weight) => weight / largest);
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((a, b) => a + b, 0);
}

function readAmount(written: unknown): Amount | undefined {
  if (typeof written === 'number') return { amount: written, percent: false };
  if (typeof written !== 'string' || written.length > 100) return undefined;
  const text = written.trim();
  const percent = text.endsWith('%');
  const number = (percent ? text.slice(0, -1).trimEnd() : text).replace(/^[+-]/, '');
  if (!NUMBER.test(number)) return undefined;
  const amount = Number.parseFloat(number);
  return { amount: text.startsWith('-') ? -amount : amount, percent };
}

function faultOf({ amount }: Amount, written: unknown): string | undefined {
  if (!Number.isFinite(amount)) return `expected a finite weight, ${got(written)}`;
  return amount < 0 ? `expected a weight of 0 or more, ${got(written)}` : undefined;
}

/** Nothing is nothing in every unit: only weights above 0 are compared. */
function unitFault(entries: readonly WrittenWeight[], amounts: readonly Amount[]): string | undefined {
  const percentage = amounts.findIndex(({ amount, percent }) => percent && amount > 0);
  const plain = amounts.findIndex(({ amount, percent }) => !percent && amount > 0);
  if (percentage < 0 || plain < 0) return undefined;
  const name = (index: number) => quote(entries[index]?.name ?? entries[index]?.path.at(-1) ?? index);
  return (
    `unit error: the weight of ${name(percentage)} is a percentage and the weight of ${name(plain)} is not; ` +
    'write "%" after all of them or after none'
  );
}
