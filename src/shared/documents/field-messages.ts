import type { z } from 'zod';
import { got } from '../sampling/description/faults.ts';

const KINDS: Readonly<Record<string, string>> = {
  string: 'a text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'a map',
  record: 'a map',
};

/** What was expected of a field and what came, in words that do not depend on those of the schema library. */
export function describeIssue(issue: z.core.$ZodIssue, value: unknown): string {
  const expected = expectation(issue);
  if (/\bgot\b/.test(expected)) return expected;
  const isTooLong = issue.code === 'too_big' && typeof value === 'string';
  const hint = issue.code === 'invalid_type' && isNumber(issue.expected) ? numberHint(value) : '';
  return `${expected}, ${isTooLong ? `got ${value.length}` : got(value)}${hint}`;
}

/** What to write instead of a text that is a number but for its separators: `200_000`, `1,000`; else empty. */
export function numberHint(value: unknown): string {
  if (typeof value !== 'string' || !/^\d{1,3}([_,]\d{3})+$|^\d+(_\d+)+$/.test(value.trim())) return '';
  return `: write ${value.replace(/\D/g, '')}`;
}

function isNumber(expected: string): boolean {
  return expected === 'number' || expected === 'int';
}

/** The first half of that, for those who must not repeat what came. */
export function expectation(issue: z.core.$ZodIssue): string {
  switch (issue.code) {
    case 'invalid_type':
      return `expected ${KINDS[issue.expected] ?? issue.expected}`;
    case 'too_small':
      return `expected ${bounded(issue.origin, 'at least', 'from', issue.minimum)}`;
    case 'too_big':
      return `expected ${bounded(issue.origin, 'at most', 'up to', issue.maximum)}`;
    case 'invalid_value':
      return `expected one of ${issue.values.map((value) => JSON.stringify(value)).join(', ')}`;
    default:
      // Written in the schema.
      return issue.message;
  }
}

function bounded(origin: string, ofLength: string, ofNumber: string, bound: number | bigint): string {
  if (origin === 'string') return `${ofLength} ${bound} character${Number(bound) === 1 ? '' : 's'}`;
  return `${KINDS[origin] ?? 'a number'} ${ofNumber} ${bound}`;
}
