import assert from 'node:assert/strict';
import { test } from 'node:test';
import { demographyFields } from '../../../../src/shared/sampling/demography/demography-fields.ts';
import type { DemographyReading } from '../../../../src/shared/sampling/demography/read-demography.ts';
import type { Dimension } from '../../../../src/shared/sampling/dimensions.ts';

const age: Dimension = { name: 'age', kind: 'range', min: 18, max: 99 };
const pets: Dimension = { name: 'Pets', kind: 'values', values: [{ value: 'cat', weight: 1 }] };
const reading: DemographyReading = {
  dimensions: [age, pets],
  prose: 'The prose.',
  country: 'Brazil',
  notes: [],
};

test('alone, a document gives all', () => {
  assert.deepEqual(demographyFields(reading, {}), {
    context: 'The prose.',
    dimensions: [age, pets],
    locale: 'pt_BR',
  });
});

test('what is stated stands around the prose, and wins', () => {
  const ownPets: Dimension = { ...pets, name: 'pets' };
  assert.deepEqual(
    demographyFields(reading, {
      context: ' For a study. ',
      additionalSpecification: 'All drive.',
      dimensions: [ownPets],
      locale: 'ja',
    }),
    { context: 'For a study.\n\nThe prose.\n\nAll drive.', dimensions: [age, ownPets], locale: 'ja' },
  );
});

test('an unknown country leaves the locale open', () => {
  for (const country of ['Velmora', null]) {
    assert.equal(demographyFields({ ...reading, country }, { locale: null }).locale, null);
  }
});
