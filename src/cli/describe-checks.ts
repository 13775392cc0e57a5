import { type Check, CheckStatus } from '../doctor/check.ts';
import { count } from './count.ts';

const marks: Readonly<Record<CheckStatus, string>> = {
  [CheckStatus.ok]: '✓',
  [CheckStatus.warning]: '!',
  [CheckStatus.fault]: '✗',
  [CheckStatus.skipped]: '–',
};
const NAME_WIDTH = 24;

/** A check as a line, and what to do about it as another. */
export function describeCheck({ name, status, found, advice }: Check): string {
  const line = `${marks[status]} ${name.padEnd(NAME_WIDTH)} ${found}\n`;
  return advice === undefined ? line : `${line}${' '.repeat(NAME_WIDTH + 3)}→ ${advice}\n`;
}

/** The line under all of them. */
export function describeChecks(checks: readonly Check[]): string {
  const number = (status: CheckStatus) => checks.filter((check) => check.status === status).length;
  const faults = number(CheckStatus.fault);
  const warnings = number(CheckStatus.warning);
  const mend = faults === 0 ? 'nothing must be mended' : `${things(faults, 'thing')} must be mended (✗)`;
  const know = warnings === 0 ? '' : `, ${things(warnings, 'warning')} (!)`;
  return `${mend}${know}\n`;
}

function things(amount: number, what: string): string {
  return `${count(amount)} ${what}${amount === 1 ? '' : 's'}`;
}
