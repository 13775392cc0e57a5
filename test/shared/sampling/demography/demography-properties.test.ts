import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { UserError } from '../../../../src/shared/errors.ts';
import { readDemography } from '../../../../src/shared/sampling/demography/read-demography.ts';
import { cellsOf, dimensionSchema } from '../../../../src/shared/sampling/dimensions.ts';
import { largestRemainder } from '../../../../src/shared/sampling/largest-remainder.ts';

const N = 1000;

/** Whole shares of random proportions, in tenths of a percent, that sum to 100 %. */
const shares = fc
  .array(fc.integer({ min: 0, max: 1000 }), { minLength: 2, maxLength: 12 })
  .filter((parts) => parts.some((part) => part > 0))
  .map((parts) => largestRemainder(parts, 1000).map((tenths) => tenths / 10));

// The prefix keeps chance from making a `Total` or a `Rate` of them.
const words = fc.uniqueArray(fc.stringMatching(/^group [a-z]{3,8}$/), { minLength: 12, maxLength: 12 });

test('every share is within one person of what is written, whatever the way it is written in', () => {
  const unit = fc.constantFrom('%', ' %', 'number', 'fraction');
  fc.assert(
    fc.property(shares, words, unit, (written, labels, unit) => {
      fc.pre(unit === '%' || unit === ' %' || written.filter((share) => share > 0).length > 1);
      const value = (share: number) =>
        unit === 'number' ? share : unit === 'fraction' ? share / 100 : `${share.toFixed(1)}${unit}`;
      const entries = written.map((share, index) => [labels[index], value(share)]);
      const [dimension, ...others] = readDemography({ 'Thing Mix': Object.fromEntries(entries) }).dimensions;
      assert.ok(dimension !== undefined && others.length === 0);
      dimensionSchema.parse(dimension);
      const cells = cellsOf(dimension);
      assert.deepEqual(
        cells.map(({ label }) => label),
        entries.map(([label]) => label),
      );
      const counts = largestRemainder(
        cells.map(({ weight }) => weight),
        N,
      );
      for (const [index, share] of written.entries()) {
        assert.ok(Math.abs((counts[index] ?? Number.NaN) - (share * N) / 100) < 1 + 1e-9);
      }
    }),
    { numRuns: 200 },
  );
});

test('adjoining bands cover the numbers they are labelled with, without overlap', () => {
  const starts = fc.uniqueArray(fc.integer({ min: 1, max: 99 }), { minLength: 1, maxLength: 8 });
  fc.assert(
    fc.property(starts, fc.constantFrom('', '$', '€'), (unordered, currency) => {
      const ends = unordered.toSorted((a, b) => a - b);
      const labels = [
        `under ${currency}${ends[0]}`,
        ...ends.slice(1).map((end, index) => `${currency}${ends[index]}-${currency}${end - 1}`),
        `${currency}${ends.at(-1)}+`,
      ];
      const share = `${100 / labels.length}%`;
      const { dimensions } = readDemography({
        Pay: Object.fromEntries(labels.map((label) => [label, share])),
      });
      const [dimension] = dimensions;
      assert.ok(dimension?.kind === 'range' && dimension.distribution?.kind === 'bands');
      dimensionSchema.parse(dimension);
      const { bands } = dimension.distribution;
      assert.deepEqual(
        bands.map(({ label, min }) => [label, min]),
        labels.map((label, index) => [label, index === 0 ? 0 : ends[index - 1]]),
      );
      for (const [index, { max }] of bands.entries()) {
        assert.equal(max, index < ends.length ? (ends[index] ?? 0) - 1 : (ends.at(-1) ?? 0) * 2);
      }
    }),
    { numRuns: 200 },
  );
});

test('any document gives a plan that the state accepts, a note for each dimension, or one UserError', () => {
  const key = fc.oneof(
    fc.string(),
    fc.constantFrom('Total', 'Source', 'Age', 'Gender', 'Distribution', 'content', 'Country', '__proto__'),
    fc.constantFrom(
      '18-30',
      '65+',
      'under 18',
      '$5-$9',
      '25-40',
      'a or more',
      'Rate',
      'Male',
      'male ',
      '😀',
      'ذكر',
    ),
  );
  const leaf = fc.oneof(
    fc.integer({ min: -1, max: 101 }).map((share) => `${share}%`),
    fc.constantFrom<unknown>(
      '50%',
      '50 %',
      50,
      0.5,
      100,
      0,
      '1e308%',
      1e308,
      Number.NaN,
      null,
      true,
      'text',
      '',
      undefined,
    ),
    fc.double(),
    fc.array(fc.constantFrom<unknown>('a', '50%', { a: '50%' }, []), { maxLength: 3 }),
  );
  const { document } = fc.letrec<{ document: unknown }>((tie) => ({
    document: fc.dictionary(key, fc.oneof({ depthSize: 'small' }, leaf, leaf, tie('document')), {
      maxKeys: 5,
      noNullPrototype: true,
    }),
  }));
  fc.assert(
    fc.property(document, (document) => {
      let reading: ReturnType<typeof readDemography>;
      try {
        reading = readDemography(document);
      } catch (error) {
        assert.ok(error instanceof UserError, String(error));
        return;
      }
      for (const dimension of reading.dimensions) dimensionSchema.parse(dimension);
      const names = reading.dimensions.map(({ name }) => name.toLowerCase());
      assert.equal(new Set(names).size, names.length);
      assert.equal(reading.notes.filter(({ kind }) => kind === 'dimension').length, names.length);
    }),
    { numRuns: 1000 },
  );
});
