import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { readDemography } from '../../../../src/shared/sampling/demography/read-demography.ts';
import { read } from './read-small-document.ts';

describe('readDemography reads bands', () => {
  it('leaves ages in fractions of a year to the context', () => {
    const reading = readDemography({ Age: { '0.5-17.5': '40%', '17.5-64.5': '60%' } });
    assert.deepEqual(reading.dimensions, []);
    assert.match(reading.notes[0]?.text ?? '', /people have ages in whole years: left to the context/);
  });

  const cases: [string, object, unknown, string][] = [
    [
      'with shared ends, which belong to the upper band',
      { Age: { '18-30': '50%', '30-45': '50%' } },
      ['18-30: 18 to 29', '30-45: 30 to 45'],
      '2 bands, whole numbers 18 to 45; 30 counts to `30-45`',
    ],
    [
      'in any order, open below and above',
      { Ages: { '65 and over': '20%', 'under 18': '20%', '18-64': '60%' } },
      ['under 18: 0 to 17', '18-64: 18 to 64', '65 and over: 65 to 100'],
      '3 bands, whole numbers 0 to 100; `65 and over` closed at 100; `under 18` starts at 0',
    ],
    [
      'with decimals',
      { Score: { '< 1.5': '50%', '1.5-2.0': '30%', '> 2.0': '20%' } },
      ['< 1.5: 0 to 1.4', '1.5-2.0: 1.5 to 2', '> 2.0: 2.1 to 4'],
      '3 bands, numbers with 1 decimal, 0 to 4; `< 1.5` starts at 0; `> 2.0` closed at 4',
    ],
    [
      'of percentages, which end at 100',
      { Turnout: { '0-49%': 50, '50-79%': 30, '80% or more': 20 } },
      ['0-49%: 0 to 49', '50-79%: 50 to 79', '80% or more: 80 to 100'],
      '3 bands, whole numbers 0% to 100%; `80% or more` closed at 100%',
    ],
    [
      'without the one of those who did not say',
      { Age: { '18-30': '50%', '31+': '30%', Unknown: '20%' } },
      ['18-30: 18 to 30', '31+: 31 to 100'],
      '2 bands, whole numbers 18 to 100; `31+` closed at 100; `Unknown` (20 %) is no band: its people are spread over the others',
    ],
    [
      'without it, in fractions',
      { Age: { '18-30': 0.5, '31+': 0.3, 'Not stated': 0.2 } },
      ['18-30: 18 to 30', '31+: 31 to 100'],
      '2 bands, whole numbers 18 to 100; `31+` closed at 100; `Not stated` (20 %) is no band: its people are spread over the others',
    ],
    [
      'with a lone number among them',
      { Children: { '0': '50%', '1-2': '30%', '3+': '20%' } },
      ['0: 0 to 0', '1-2: 1 to 2', '3+: 3 to 6'],
      '3 bands, whole numbers 0 to 6; `3+` closed at 6',
    ],
    [
      'of thousands, written with a K or in full',
      { Income: { '$0-$999': '50%', '$1,000-$1,999': '30%', '$2K+': '20%' } },
      ['$0-$999: 0 to 999', '$1,000-$1,999: 1000 to 1999', '$2K+: 2000 to 4000'],
      '3 bands, whole numbers $0 to $4,000; `$2K+` closed at $4,000',
    ],
    [
      'of ages in brackets',
      { Age: { 'Children (0-14)': 30, 'Working age (15-64)': 50, 'Elderly (65+)': 15, Unknown: 5 } },
      ['Children (0-14): 0 to 14', 'Working age (15-64): 15 to 64', 'Elderly (65+): 65 to 100'],
      '3 bands, whole numbers 0 to 100; `Elderly (65+)` closed at 100; `Unknown` (5 %) is no band: its people are spread over the others',
    ],
    [
      'but not in brackets where several share one',
      { Age: { 'Men (18-90)': '50%', 'Women (18-90)': '50%' } },
      ['Men (18-90)', 'Women (18-90)'],
      '2 values; words, so that ages in numbers are left to the model',
    ],
    [
      'but not those of generations, which are years',
      { Ages: { 'Boomers (1946-1964)': '50%', 'Gen X (1965-1980)': '50%' } },
      ['Boomers (1946-1964)', 'Gen X (1965-1980)'],
      '2 values; words, so that ages in numbers are left to the model',
    ],
    [
      'but not single ages, which are numbers already',
      { Age: { '18': '50%', '19': '50%' } },
      ['18', '19'],
      '2 values',
    ],
    [
      'of ages, none past 120',
      { Age: { '0-64': '50%', '65–150': '50%' } },
      ['0-64: 0 to 64', '65–150: 65 to 120'],
      '2 bands, whole numbers 0 to 120; `65–150` closed at 120',
    ],
    [
      'of ages, none past 120 where the last one is open',
      { Age: { '0-114': '50%', '115+': '50%' } },
      ['0-114: 0 to 114', '115+: 115 to 120'],
      '2 bands, whole numbers 0 to 120; `115+` closed at 120',
    ],
    [
      'but not one among words',
      { Pets: { Cats: '50%', Dogs: '30%', '3+': '20%' } },
      ['Cats', 'Dogs', '3+'],
      '3 values',
    ],
    ['but not counts', { Children: { '0': '50%', '1': '30%', '2+': '20%' } }, ['0', '1', '2+'], '3 values'],
  ];
  for (const [what, document, expected, summary] of cases) {
    it(what, () => {
      const { dimensions, notes } = read(document);
      assert.deepEqual(Object.values(dimensions), [expected]);
      assert.ok(notes[0]?.endsWith(`\`, ${summary}`), notes[0]);
    });
  }

  const unusable: [string, object, string][] = [
    ['that overlap', { '18-30': '50%', '25-40': '50%' }, 'the bands `18-30` and `25-40` overlap'],
    ['that are reversed', { '30-18': '50%', '31+': '50%' }, 'the band `30-18` ends before it begins'],
    ['that are all reversed', { '30-18': '50%', '60-31': '50%' }, 'the band `30-18` ends before it begins'],
    ['that are empty', { 'under 0': '50%', '0-50': '50%' }, 'the band `under 0` has no numbers in it'],
    ['of months and years', { '0-11 months': '5%', '1-17': '95%' }, 'its bands have different units'],
    [
      'of months and, it seems, more',
      { '0-11 months': '5%', '12-17': '95%' },
      'its bands have different units',
    ],
    ['of months', { '0-5 months': '5%', '6-11 months': '95%' }, 'ages in months, not years'],
    [
      'past the ages of people',
      { '0-120': '50%', '121+': '50%' },
      'the band `121+` begins outside the ages 0 to 120',
    ],
    [
      'before birth',
      { '-5 to -1': '50%', '0+': '50%' },
      'the band `-5 to -1` begins outside the ages 0 to 120',
    ],
    ['of two currencies', { 'under $10': '50%', '€10-€20': '50%' }, 'its bands have different units'],
    ['beside a word', { '18-30': '50%', Retired: '50%' }, '`Retired` is no band of numbers'],
    ['of which one is left', { '18+': '80%', Unknown: '20%' }, 'a single band, `18+`'],
    ['without anybody', { '0-17': '0%', '18+': '0%', Unknown: '100%' }, 'nobody is in any of its bands'],
  ];
  for (const [what, shares, fault] of unusable) {
    it(`but leaves those ${what} to the context, never as words`, () => {
      assert.deepEqual(read({ Age: shares }), {
        dimensions: {},
        notes: [`Age: ${fault}: left to the context`],
      });
    });
  }

  it('but leaves open ones of years to the context', () => {
    assert.deepEqual(read({ Born: { '1950-1979': '50%', '1980 or later': '50%' } }), {
      dimensions: {},
      notes: ['Born: years have no bounds to close open bands at: left to the context'],
    });
  });

  for (const heading of ['Age of car', 'Age at marriage', 'Age of first child', 'Age when hired']) {
    it(`of another age than that of the person: ${heading}`, () => {
      assert.deepEqual(read({ [heading]: { '0-19': '50%', '20+': '50%' } }).dimensions, {
        [heading]: ['0-19: 0 to 19', '20+: 20 to 40'],
      });
    });
  }

  for (const heading of ['Age of respondents', 'Age of the adult population', 'Age at last birthday']) {
    it(`of ages of persons: ${heading}`, () => {
      assert.deepEqual(Object.values(read({ [heading]: { '0-19': '50%', '20+': '50%' } }).dimensions), [
        ['0-19: 0 to 19', '20+: 20 to 100'],
      ]);
    });
  }

  it('of ages as plain numbers, whatever the unit in the labels', () => {
    const [age] = readDemography({ Age: { '0-17 years': '50%', '18 years and over': '50%' } }).dimensions;
    assert.equal(age?.kind === 'range' && age.unit, undefined);
  });
});
