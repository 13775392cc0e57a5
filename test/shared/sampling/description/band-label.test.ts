import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import {
  type BandLabel,
  commonUnit,
  parseBandLabel,
} from '../../../../src/shared/sampling/description/band-label.ts';

type Expected = Omit<BandLabel, 'unit'> & { before?: string; after?: string };

const bands: Record<string, Expected> = {
  '18-30': { min: 18, max: 30 },
  '18–30': { min: 18, max: 30 },
  ' 18  -  30 ': { min: 18, max: 30 },
  '18 to 30': { min: 18, max: 30 },
  '18 through 30': { min: 18, max: 30 },
  'between 18 and 30': { min: 18, max: 30 },
  'from 18 to 30': { min: 18, max: 30 },
  'Ages 18-24': { min: 18, max: 24 },
  '18-18': { min: 18, max: 18 },
  '0-14 years': { min: 0, max: 14, after: ' years' },
  '18 years to 30 years': { min: 18, max: 30, after: ' years' },
  '1 year to 3 years': { min: 1, max: 3, after: ' years' },
  '18 to under 25': { min: 18, max: 25, maxExclusive: true },
  '65+': { min: 65 },
  '65 +': { min: 65 },
  '65+ years': { min: 65, after: ' years' },
  '65 and over': { min: 65 },
  '65 or older': { min: 65 },
  '65 years of age and older': { min: 65, after: ' years of age' },
  'aged 65 and over': { min: 65 },
  '≥65': { min: 65 },
  '>= 65': { min: 65 },
  'at least 65': { min: 65 },
  '> 65': { min: 65, minExclusive: true },
  'over 65': { min: 65, minExclusive: true },
  'under 18': { max: 18, maxExclusive: true },
  '<18': { max: 18, maxExclusive: true },
  'Less than 5 kg': { max: 5, maxExclusive: true, after: ' kg' },
  '≤ 18': { max: 18 },
  'up to 12 months': { max: 12, after: ' months' },
  '5 or fewer': { max: 5 },
  'Under $25,000': { max: 25_000, maxExclusive: true, before: '$' },
  '$25,000-$49,999': { min: 25_000, max: 49_999, before: '$' },
  '$25,000-49,999': { min: 25_000, max: 49_999, before: '$' },
  '$200,000 and Over': { min: 200_000, before: '$' },
  'R$1,000 to R$2,499': { min: 1000, max: 2499, before: 'R$' },
  '€20,000-€34,999': { min: 20_000, max: 34_999, before: '€' },
  '20 000 – 30 000 €': { min: 20_000, max: 30_000, after: ' €' },
  'USD 20,000 - USD 30,000': { min: 20_000, max: 30_000, before: 'USD ' },
  'kr 20,000-kr 39,999': { min: 20_000, max: 39_999, before: 'kr ' },
  '£500 or more per week': { min: 500, before: '£', after: ' per week' },
  '$50k-$100k': { min: 50_000, max: 100_000, before: '$' },
  '$2K+': { min: 2000, before: '$' },
  '$500-$1.5k': { min: 500, max: 1500, before: '$' },
  '$10-20k': { min: 10_000, max: 20_000, before: '$' },
  '$1-2M': { min: 1_000_000, max: 2_000_000, before: '$' },
  '0-1M': { min: 0, max: 1_000_000 },
  '500K-1M': { min: 500_000, max: 1_000_000 },
  'under 1.15M': { max: 1_150_000, maxExclusive: true },
  '£2k or more per week': { min: 2000, before: '£', after: ' per week' },
  '2-5kg': { min: 2, max: 5, after: 'kg' },
  '5km+': { min: 5, after: 'km' },
  '2 k+': { min: 2, after: ' k' },
  '5m-10m': { min: 5, max: 10, after: 'm' },
  '10-20 million': { min: 10, max: 20, after: ' million' },
  '10%-20%': { min: 10, max: 20, after: '%' },
  '1.5-2.0': { min: 1.5, max: 2 },
  '1,5-2,0': { min: 1.5, max: 2 },
  '1.000,50-2.000,50': { min: 1000.5, max: 2000.5 },
  '1.000.000-2.000.000': { min: 1_000_000, max: 2_000_000 },
  '0.125-0.250': { min: 0.125, max: 0.25 },
  '-20 to -1': { min: -20, max: -1 },
  '−20 – −1': { min: -20, max: -1 },
  '-20–-1': { min: -20, max: -1 },
  '-20--1': { min: -20, max: -1 },
  '-20 - 10': { min: -20, max: 10 },
  '-20–10': { min: -20, max: 10 },
  'between -5 and -1': { min: -5, max: -1 },
  '-20°C to -10°C': { min: -20, max: -10, after: '°C' },
  '$-20 to $-10': { min: -20, max: -10, before: '$' },
  '-1.5 to -0.5': { min: -1.5, max: -0.5 },
  '-0 to 5': { min: 0, max: 5 },
  '-5+': { min: -5 },
  '≥-5': { min: -5 },
  'under -3': { max: -3, maxExclusive: true },
  '<-3': { max: -3, maxExclusive: true },
};

const others = [
  '',
  'High',
  '2020',
  '$25,000',
  '10 million',
  '2K',
  '18-24M',
  '10k-20',
  '-5-10',
  '-20 -10',
  '-20 −10',
  '-1 to -20',
  '18--30',
  '18 to -30',
  '- 5 to 10',
  'x-5+',
  '30-18',
  '18 to under 18',
  '18 and 30',
  '18 30',
  '1-2-3',
  '18-30+',
  'over 65 and under',
  'at least 65 or more',
  '2020-01-01',
  '2020-01',
  '01.02.2020',
  '12:30-13:30',
  'Jan 1 - Feb 2',
  '1980s-1990s',
  'over 65s',
  '4th-6th',
  '$10-€20',
  '10 kg - 20 km',
  'mid 20-30',
  'grade 9-12',
  'COVID-19',
  'High School or Higher',
  'Figs (preferred by 59%)',
  // A thousand here, one there.
  '1.000-2.499',
  '1.000+',
  '1e5-2e5',
  '99999999999999999-999999999999999999',
  `1-2 ${'x'.repeat(41)}`,
  `${' '.repeat(200)}1-2`,
];

describe('parseBandLabel', () => {
  for (const [label, { before = '', after = '', ...ends }] of Object.entries(bands)) {
    it(`reads ${JSON.stringify(label)}`, () => {
      assert.deepEqual(parseBandLabel(label), { ...ends, unit: { before, after } });
    });
  }

  for (const label of others) {
    it(`takes ${JSON.stringify(label.slice(0, 40))} for words`, () => {
      assert.equal(parseBandLabel(label), undefined);
    });
  }

  it('reads back what is written with thousands separators and units', () => {
    const units = fc.constantFrom(['', ''], ['$', ''], ['', ' years'], ['', '%'], ['R$', ' a month']);
    fc.assert(
      fc.property(fc.nat(10 ** 9), fc.nat(10 ** 9), units, (one, other, [before = '', after = '']) => {
        const [min, max] = one < other ? [one, other] : [other, one];
        const written = (value: number) => `${before}${value.toLocaleString('en-US')}${after}`;
        const unit = { before, after };
        assert.deepEqual(parseBandLabel(`${written(min)} - ${written(max)}`), { min, max, unit });
        assert.deepEqual(parseBandLabel(`${written(min)} and over`), { min, unit });
        assert.deepEqual(parseBandLabel(`under ${written(max)}`), { max, maxExclusive: true, unit });
      }),
      { numRuns: 200 },
    );
  });

  it('survives any text', () => {
    const pieces = fc.constantFrom(
      '1',
      '65',
      ',',
      '.',
      ' ',
      '-',
      '+',
      '$',
      'to',
      'under',
      'and over',
      'kr',
      '%',
      '😀',
      'ي',
    );
    const texts = fc.oneof(
      fc.string(),
      fc.array(pieces, { maxLength: 12 }).map((parts) => parts.join('')),
    );
    fc.assert(
      fc.property(texts, (text) => {
        const { min, max } = parseBandLabel(text) ?? { min: 0 };
        assert.ok(min !== undefined || max !== undefined);
        assert.ok((min ?? 0) <= (max ?? Number.MAX_SAFE_INTEGER));
      }),
      { numRuns: 500 },
    );
    for (const piece of ['1', '1,', '1 ', ' ', '-', '$', 'a ', 'under ']) {
      assert.equal(parseBandLabel(piece.repeat(1_000_000)), undefined);
    }
  });
});

describe('commonUnit', () => {
  it('overlooks what is left out, plurals and case', () => {
    const units = [
      { before: '', after: '' },
      { before: '$', after: ' Year' },
      { before: '', after: ' years' },
    ];
    assert.deepEqual(commonUnit(units), { before: '$', after: ' years' });
    assert.deepEqual(commonUnit([]), { before: '', after: '' });
  });

  it('is none where units differ', () => {
    assert.equal(
      commonUnit([
        { before: '$', after: '' },
        { before: '€', after: '' },
      ]),
      undefined,
    );
    assert.equal(
      commonUnit([
        { before: '', after: ' kg' },
        { before: '', after: ' km' },
      ]),
      undefined,
    );
  });
});
