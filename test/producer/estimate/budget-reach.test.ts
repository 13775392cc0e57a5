import assert from 'node:assert/strict';
import { test } from 'node:test';
import { reachOf, shortageOf, undividedYet } from '../../../src/producer/estimate/budget-reach.ts';

const estimate = {
  person: { tokens: 100, nanoDollars: 10, reserved: { tokens: 1_000, nanoDollars: 80 } },
};

test('a budget reaches as far as the last call fits with all that it may take', () => {
  const reach = (tokens: number, ...sizes: number[]) => reachOf(estimate, undividedYet({ tokens }, sizes));
  assert.equal(reach(999, 50), 0);
  assert.equal(reach(1_000, 50), 1);
  assert.equal(reach(1_099, 50), 1);
  assert.equal(reach(1_100, 50), 2);
  assert.equal(reach(1_000_000, 50), 50);
  assert.equal(reach(3_300, 10, 10, 10), 6, 'two in each');
  assert.equal(reach(2_999, 10, 10, 10), 2, 'the third population cannot begin');
  assert.equal(reachOf(estimate, undividedYet({}, [5])), undefined);
});

test('both limits of a budget count, the tighter one decides', () => {
  assert.equal(reachOf(estimate, undividedYet({ tokens: 1_500, nanoDollars: 90 }, [50])), 2);
});

test('a share below one call is a shortage, with the least budget that lets everybody begin', () => {
  const shortage = (tokens: number, ...sizes: number[]) =>
    shortageOf(estimate, undividedYet({ tokens }, sizes));
  assert.equal(shortage(1_000, 10), undefined);
  assert.deepEqual(shortage(999, 10), { unit: 'tokens', left: 999, needed: 1_000, leastBudget: 1_000 });
  const divided = shortage(2_000, 10, 10, 10);
  assert.deepEqual(divided, { unit: 'tokens', left: 667, needed: 1_000, leastBudget: 3_000 });
  assert.equal(shortage(3_000, 10, 10, 10), undefined);
});

test('what was spent counts, and populations that are complete do not', () => {
  const budgeted = { size: 10, spent: { tokens: 1_200 }, left: { tokens: 300 } };
  assert.equal(shortageOf(estimate, [{ ...budgeted, people: 0 }]), undefined);
  assert.equal(shortageOf(estimate, [{ ...budgeted, people: 4 }])?.leastBudget, 2_200);
  const overspent = { size: 10, people: 4, spent: { tokens: 5_000 }, left: { tokens: 0 } };
  assert.equal(shortageOf(estimate, [overspent])?.leastBudget, 6_000, 'more than the budget was');
});
