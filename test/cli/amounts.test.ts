import assert from 'node:assert/strict';
import { test } from 'node:test';
import { budgetOption, readBudgetReason, roundedUp } from '../../src/cli/budget-reason.ts';
import { dollarsText } from '../../src/shared/models/dollars.ts';
import { NANO } from '../../src/shared/models/prices.ts';

test('cents from a dollar on, below it up to four significant digits', () => {
  const shown = [0, 0.05, 0.000001, 0.0123456, 0.5, 0.99999, 1, 12.345, 1_234.5].map((dollars) =>
    dollarsText(Math.round(dollars * NANO)),
  );
  assert.deepEqual(shown, [
    ...['$0.00', '$0.05', '$0.000001', '$0.01235', '$0.50', '$1.00'],
    ...['$1.00', '$12.35', '$1,234.50'],
  ]);
});

test('numbers to type have two digits, are never below, and have no exponent', () => {
  assert.deepEqual(
    [0, 0.06, 0.0666, 1, 1.008, 99.1, 14_001].map(roundedUp),
    [0, 0.06, 0.067, 1, 1.1, 100, 15_000],
  );
  assert.equal(budgetOption('nanoDollars', 20), '--budget-usd 0.00000002');
  assert.equal(budgetOption('tokens', 3), '--budget-tokens 3');
});

test('what a pause for a budget says is read from it', () => {
  assert.deepEqual(
    readBudgetReason(
      "the fleet's budget of $1.00 is reached: $0.99 are spent, and the next call may take $0.02",
    ),
    { unit: 'nanoDollars', spent: 990_000_000, nextCall: 20_000_000, isFleets: true },
  );
  assert.deepEqual(readBudgetReason('the budget of 500 tokens is reached'), {
    unit: 'tokens',
    spent: undefined,
    nextCall: undefined,
    isFleets: false,
  });
  assert.equal(readBudgetReason('the key was refused'), undefined);
});
