import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { assertPriced, budgetOf, leftOf, splitBudget, sumOfBudgets } from '../../src/producer/budget.ts';
import { loadConfig } from '../../src/shared/config.ts';
import { createModelProfiles } from '../../src/shared/models/model-profiles.ts';
import { loadPrices } from '../../src/shared/models/prices.ts';
import { NOTHING_SPENT } from './nothing-spent.ts';

test('dollars become whole billionths', () => {
  assert.deepEqual(budgetOf({ usd: 1.1 }), { nanoDollars: 1_100_000_000, tokens: undefined });
  assert.deepEqual(budgetOf({ tokens: 5 }), { nanoDollars: undefined, tokens: 5 });
  assert.deepEqual(budgetOf(null), { nanoDollars: undefined, tokens: undefined });
});

test('parts of a budget are in proportion, and add up to it', () => {
  assert.deepEqual(splitBudget({ tokens: 100 }, [10, 10, 10]), [
    { nanoDollars: undefined, tokens: 34 },
    { nanoDollars: undefined, tokens: 33 },
    { nanoDollars: undefined, tokens: 33 },
  ]);
  assert.deepEqual(splitBudget({}, [1]), [{ nanoDollars: undefined, tokens: undefined }]);
  const sizes = fc.array(fc.integer({ min: 1, max: 1_000_000 }), { minLength: 1, maxLength: 1_000 });
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 1e15 }), sizes, (nanoDollars, people) => {
      const parts = splitBudget({ nanoDollars }, people);
      assert.deepEqual(sumOfBudgets(parts).nanoDollars, nanoDollars);
    }),
  );
});

test('a sum has no limit where one of its budgets has none', () => {
  assert.deepEqual(sumOfBudgets([{ tokens: 1, nanoDollars: 5 }, { tokens: 2 }]), {
    tokens: 3,
    nanoDollars: undefined,
  });
});

test('what is left counts lost calls by their worst case, and is never below zero', () => {
  const spend = { ...NOTHING_SPENT, promptTokens: 10, completionTokens: 20, lostTokens: 5, nanoDollars: 70 };
  assert.deepEqual(leftOf({ nanoDollars: 100, tokens: 40 }, spend), { nanoDollars: 30, tokens: 5 });
  assert.deepEqual(leftOf({ nanoDollars: 60 }, spend), { nanoDollars: 0, tokens: undefined });
});

test('dollars of a model without a price: what to do is said', () => {
  const profiles = createModelProfiles(
    loadConfig({}),
    new Map([['house', { price: { input: 1, cachedInput: 1, output: 1, source: 'configured' } }]]),
    loadPrices(),
  );
  const check = (model: string, usd?: number) =>
    assertPriced(budgetOf(usd === undefined ? null : { usd }), model, profiles, 'a.yaml: budget.usd');
  assert.throws(() => check('unheard-of', 1), {
    exitCode: 2,
    message:
      /^a\.yaml: budget\.usd: the price of unheard-of is not known.*models file \(PERSONA_FLEET_MODELS\)/,
  });
  assert.throws(() => check('simulated-1', 1), {
    exitCode: 2,
    message: /simulator.*give simulated-1 a price/,
  });
  check('house', 1);
  check('gpt-4.1-mini', 1);
  check('unheard-of');
});
