import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { DEFAULT_MODEL } from '../../../src/shared/config.ts';
import {
  costInDollars,
  loadPrices,
  mostNanoDollars,
  nanoDollars,
} from '../../../src/shared/models/prices.ts';

const price = { input: 2, cachedInput: 0.5, output: 8, source: 's', date: '2030-01-01' };

test('cached prompt tokens are charged apart from the others', () => {
  // 600,000 at 2, 400,000 at 0.5, 100,000 at 8, all by the million.
  assert.equal(
    costInDollars(price, { prompt: 1_000_000, cached: 400_000, completion: 100_000 }),
    1.2 + 0.2 + 0.8,
  );
});

test('tokens written to the cache have a price of their own, or that of others', () => {
  const tokens = { prompt: 1_000, cached: 300, cacheWrite: 500, completion: 0 };
  assert.equal(nanoDollars({ ...price, cacheWrite: 2.5 }, tokens), 200 * 2_000 + 300 * 500 + 500 * 2_500);
  assert.equal(nanoDollars(price, tokens), 700 * 2_000 + 300 * 500);
});

test('a part of a nanodollar is a whole one, and sums do not drift', () => {
  const cheap = { ...price, input: 0.0375, cachedInput: 0.0001, output: 0 };
  assert.equal(nanoDollars(cheap, { prompt: 1, cached: 0, completion: 0 }), 38);
  assert.equal(nanoDollars(cheap, { prompt: 2, cached: 0, completion: 0 }), 75);
  assert.equal(nanoDollars(cheap, { prompt: 1, cached: 1, completion: 0 }), 1);
  // As floating point numbers, 0.1 × 3 is more than 0.3.
  assert.equal(nanoDollars({ ...price, input: 0.1 }, { prompt: 3, cached: 0, completion: 0 }), 300);
});

test('servers that count cached tokens beside the prompt are not charged below zero', () => {
  assert.equal(nanoDollars(price, { prompt: 10, cached: 30, completion: 0 }), 30 * 500);
});

test('no use of the cache makes a call cost more than the most that was foreseen', () => {
  const dollars = fc.integer({ min: 0, max: 100_000 }).map((thousandths) => thousandths / 1_000);
  const tokens = fc.integer({ min: 0, max: 1_000_000 });
  fc.assert(
    fc.property(
      fc.record({ input: dollars, cachedInput: dollars, cacheWrite: fc.option(dollars, { nil: undefined }) }),
      dollars,
      tokens,
      tokens,
      tokens,
      tokens,
      (inputs, output, plain, cached, cacheWrite, completion) => {
        const { input, cachedInput, cacheWrite: write } = inputs;
        const any = {
          input,
          cachedInput,
          output,
          source: 's',
          ...(write !== undefined && { cacheWrite: write }),
        };
        const prompt = plain + cached + cacheWrite;
        const cost = nanoDollars(any, { prompt, cached, cacheWrite, completion });
        assert.ok(Number.isInteger(cost) && cost <= mostNanoDollars(any, { prompt, completion }));
      },
    ),
  );
});

test('the list has the default model, also as a dated snapshot, and guesses none', () => {
  const prices = loadPrices();
  assert.ok(prices.of(DEFAULT_MODEL));
  assert.deepEqual(prices.of(`${DEFAULT_MODEL}-2025-04-14`), prices.of(DEFAULT_MODEL));
  assert.equal(prices.of(`${DEFAULT_MODEL}-turbo`), undefined);
  assert.equal(prices.of('constructor'), undefined);
});

test('cache writes have a price where the provider charges for them, and only there', () => {
  const prices = loadPrices();
  assert.equal(prices.of('gpt-6-astra')?.cacheWrite, 12.5);
  assert.equal(prices.of('gpt-5.5')?.cacheWrite, undefined);
});
