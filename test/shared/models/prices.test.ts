import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DEFAULT_MODEL } from '../../../src/shared/config.ts';
import { costInDollars, loadPrices } from '../../../src/shared/models/prices.ts';

test('cached prompt tokens are charged apart from the others', () => {
  const price = { input: 2, cachedInput: 0.5, output: 8, source: 's', date: '2030-01-01' };
  // 600,000 at 2, 400,000 at 0.5, 100,000 at 8, all by the million.
  assert.equal(
    costInDollars(price, { prompt: 1_000_000, cached: 400_000, completion: 100_000 }),
    1.2 + 0.2 + 0.8,
  );
});

test('the list has the default model, also as a dated snapshot, and guesses none', () => {
  const prices = loadPrices();
  assert.ok(prices.of(DEFAULT_MODEL));
  assert.deepEqual(prices.of(`${DEFAULT_MODEL}-2025-04-14`), prices.of(DEFAULT_MODEL));
  assert.equal(prices.of(`${DEFAULT_MODEL}-turbo`), undefined);
  assert.equal(prices.of('constructor'), undefined);
});
