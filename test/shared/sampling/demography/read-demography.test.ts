import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { describeNote, readDemography } from '../../../../src/shared/sampling/demography/read-demography.ts';
import { dimensionSchema } from '../../../../src/shared/sampling/dimensions.ts';
import { exampleDemography } from './example-demography.ts';
import { read } from './read-small-document.ts';

describe('readDemography of a country', () => {
  const reading = readDemography(exampleDemography);

  it('takes every distribution, and nothing else', () => {
    for (const dimension of reading.dimensions) dimensionSchema.parse(dimension);
    assert.deepEqual(
      reading.dimensions.map(({ name }) => name),
      [
        'age',
        'gender',
        'Ethnic Composition',
        'Household Income',
        'Geographic Distribution',
        'Regions',
        'Religion',
        'The Economy',
        'The Schools',
      ],
    );
  });

  it('says for every group of shares what it was taken as', () => {
    assert.deepEqual(reading.notes.map(describeNote), [
      'Demographics › Age Distribution: taken as dimension `age`, 4 bands, whole numbers 0 to 100; `65+` closed at 100',
      'Demographics › Gender Distribution: taken as dimension `gender`, 2 values',
      'Demographics › Ethnic Composition: taken as dimension `Ethnic Composition`, 4 values; shares sum to 99.6 %',
      'Demographics › Educational Attainment: cumulative shares, each of which includes others (they sum to 83 %): left to the context',
      'Demographics › Household Income › Distribution: taken as dimension `Household Income`, 4 bands, whole numbers €0 to €180,000; `Under €15,000` starts at €0; `€90,000 and Over` closed at €180,000',
      'Demographics › Geographic Distribution: taken as dimension `Geographic Distribution`, 2 values',
      'Demographics › Geographic Distribution › Regions: taken as dimension `Regions`, 3 values',
      'Demographics › Employment Status: rates, not parts of a whole (they sum to 100 %): left to the context',
      'Political Affiliation: shares sum to 123.5 %, so they overlap: left to the context',
      'Religion: taken as dimension `Religion`, 6 values; shares sum to 101 %; `Total` of `Christian` says 50 %, its parts sum to 51 %',
      'Pastimes: shares sum to 113 %, so they overlap: left to the context',
      'Opinions › Inflation: a single share, 70 %: left to the context',
      'Opinions › Climate Change › Viewed as a priority: shares by Political Affiliation, which the document divides elsewhere: left to the context',
      'Opinions › The Economy: taken as dimension `The Economy`, 3 values; shares sum to 99 %',
      'Opinions › The Schools: taken as dimension `The Schools`, 3 values',
    ]);
    for (const { kind, text } of reading.notes) {
      assert.equal(kind === 'dimension', text.startsWith('taken as'), text);
    }
  });

  it('keeps weights as written, bands as numbers with their unit, and qualifies nested labels', () => {
    const byName = new Map(reading.dimensions.map((dimension) => [dimension.name, dimension]));
    assert.deepEqual(byName.get('Household Income'), {
      name: 'Household Income',
      kind: 'range',
      min: 0,
      max: 180_000,
      unit: { before: '€', after: '' },
      distribution: {
        kind: 'bands',
        bands: [
          { label: 'Under €15,000', min: 0, max: 14_999, weight: 21.5 },
          { label: '€15,000-€39,999', min: 15_000, max: 39_999, weight: 46.1 },
          { label: '€40,000 to €89,999', min: 40_000, max: 89_999, weight: 25.4 },
          { label: '€90,000 and Over', min: 90_000, max: 180_000, weight: 7 },
        ],
      },
    });
    assert.deepEqual(byName.get('Religion'), {
      name: 'Religion',
      kind: 'values',
      values: [
        { value: 'Unaffiliated', weight: 45 },
        { value: 'Catholic (Christian)', weight: 34 },
        { value: 'Orthodox (Christian)', weight: 13 },
        { value: 'Other (Christian)', weight: 4 },
        { value: 'Muslim (Non-Christian)', weight: 3 },
        { value: 'Other (Non-Christian)', weight: 2 },
      ],
    });
  });

  it('finds the country', () => {
    assert.equal(reading.country, 'Portugal');
    assert.equal(readDemography({ Home: { Town: '62%', Country: '38%' } }).country, null);
    assert.equal(readDemography({ a: { b: { c: { Country: 'Chad' } } } }).country, null);
  });

  it('leaves the rest as an outline, without the shares that were taken', () => {
    assert.equal(
      reading.prose,
      `Velmora, people and habits
An overview of an invented country.
source: made up
Demographics:
  Country: Portugal
  Population Size: 3.1 million
  Educational Attainment:
    Secondary School or Higher: 71%
    Master's Degree or Higher: 12%
  Household Income:
    Median Income: €31,400 EUR
  Employment Status:
    Labor Force Participation Rate: 60.2%
    Unemployment Rate: 39.8%
Political Affiliation:
  Green: 44%
  Blue: 41.5%
  Independent: 38%
Pastimes:
  Reading: 41%
  Sailing: 37%
  Chess: 35%
  Sports: Football, Rowing
  Outings: Dinner, dancing; Concerts
Habits:
  Snack: Figs (preferred by 59%)
  Sleep:
    Short
    in summer
Opinions:
  Inflation:
    A big problem: 70%
    Source: a poll
  Climate Change:
    Viewed as a priority:
      Greens: 78%
      Blues: 21%
    Source: a poll
  The Schools:
    Note: of those with children`,
    );
  });
});

describe('readDemography finds distributions', () => {
  const cases: [string, object, Record<string, unknown>][] = [
    ['of the document itself', { Tea: '60%', Coffee: '40 %' }, { population: ['Tea', 'Coffee'] }],
    ['within two points of 100', { D: { a: '60%', b: '38%' } }, { D: ['a', 'b'] }],
    [
      'written with commas, signs and words',
      { D: { a: '60,5%', b: '~30 %', c: '9.5 percent' } },
      { D: ['a', 'b', 'c'] },
    ],
    [
      'of plain numbers under a heading that says so',
      { 'D mix': { a: 60, b: 40 }, E: { Shares: { a: 0.6, b: 0.4 } } },
      { 'D mix': ['a', 'b'], E: ['a', 'b'] },
    ],
    [
      'of plain numbers of what people have, and of bands',
      { Religion: { a: 60, b: 40 }, Sex: { f: 0.6, m: 0.4 }, Weight: { '40-59': 50, '60-80': 50 } },
      { Religion: ['a', 'b'], gender: ['f', 'm'], Weight: ['40-59: 40 to 59', '60-80: 60 to 80'] },
    ],
    [
      'beside notes, lists and maps',
      { D: { a: '60%', b: '40%', why: 'so', n: [1], m: { x: 1 } } },
      { D: ['a', 'b'] },
    ],
    ['of numbers beside their source', { Income: { a: 60, b: 40, Source: 'poll' } }, { Income: ['a', 'b'] }],
    ['beside their total', { D: { Total: '100%', a: '60%', b: '40%' } }, { D: ['a', 'b'] }],
    ['with nothing in one part', { D: { a: '100%', b: '0%' } }, { D: ['a', 'b'] }],
    [
      'in a map alone rather than with its neighbours',
      { All: { D: { a: '60%', b: '40%' }, E: { c: '0.5%', d: '0.5%' } } },
      { D: ['a', 'b'] },
    ],
    [
      'with its neighbours rather than alone, where that is nearer to 100',
      { Faith: { A: { Total: '98%', x: '60%', y: '38%' }, B: { z: '2%' } } },
      { Faith: ['x (A)', 'y (A)', 'z (B)'] },
    ],
    [
      'whose labels answer other questions too',
      { Views: { Now: { good: '40%', bad: '60%' }, Later: { good: '30%', bad: '70%' } } },
      { Now: ['good', 'bad'], Later: ['good', 'bad'] },
    ],
    [
      'with labels in several spellings, counted together',
      { Sex: { Male: '49%', ' male ': '1%', Female: '50%' } },
      { gender: ['Male', 'Female'] },
    ],
    [
      'in any script',
      { الجنس: { ذكر: '50%', أنثى: '50%' }, '🙂': { '😀': '1%', '😡': '99%' } },
      {
        الجنس: ['ذكر', 'أنثى'],
        '🙂': ['😀', '😡'],
      },
    ],
  ];
  for (const [what, document, expected] of cases) {
    it(what, () => assert.deepEqual(read(document).dimensions, expected));
  }
});

describe('readDemography invents nothing', () => {
  const cases: [string, object, RegExp | undefined][] = [
    ['from nothing', { a: {}, b: [], c: { d: {} }, e: null, f: '' }, undefined],
    ['from prose', { Snack: 'Figs (preferred by 59%)', Drink: 'Tea (41%)' }, undefined],
    ['from one share', { D: { a: '100%' } }, /^D: a single share, 100 %: left to the context$/],
    ['from missing shares', { D: { a: '60%', b: '37.9%' } }, /sum to 97.9 %, so some are missing/],
    ['from choices that overlap', { D: { a: '60%', b: '42.1%' } }, /sum to 102.1 %, so they overlap/],
    [
      'from cumulative shares that happen to sum to 100',
      { D: { '18+': '60%', '65+': '40%' } },
      /cumulative shares/,
    ],
    ['from rates that happen to sum to 100', { D: { 'Birth Rate': '60%', 'Death Rate': '40%' } }, /rates/],
    [
      'from numbers that are no shares',
      { Age: { min: 0, max: 100 }, B: { mean: 40, sd: 60 }, C: { a: 40, b: 61, c: 2 } },
      undefined,
    ],
    ['from numbers of which one is all', { D: { from: 0, to: 100 }, E: { yes: 1, no: 0 } }, undefined],
    ['from numbers beside words', { D: { a: 60, b: 40, c: 'many' } }, undefined],
    ['from huge weights', { D: { a: 1e308, b: 1e308 } }, undefined],
    ['from a share without a label', { D: { '': '50%', b: '50%' } }, /a share without a label/],
    ['from endless labels', { D: { [`${'x'.repeat(1001)}`]: '50%', b: '50%' } }, /more than 1000 characters/],
    [
      'from lists',
      {
        D: [
          { name: 'a', share: '60%' },
          { name: 'b', share: '40%' },
        ],
      },
      /shares in a list/,
    ],
    [
      'from findings that happen to sum to 100 together',
      { D: { A: { 'a problem': '70%' }, B: { 'a problem': '30%' } } },
      /a single share/,
    ],
    [
      'from findings with sources of their own',
      { D: { A: { x: '40%', y: '30%', Source: 'p' }, B: { z: '30%', Source: 'q' } } },
      /some are missing/,
    ],
  ];
  for (const [what, document, note] of cases) {
    it(what, () => {
      const { dimensions, notes } = read(document);
      assert.deepEqual(dimensions, {});
      if (note === undefined) assert.deepEqual(notes, []);
      else assert.match(notes.join('\n'), note);
    });
  }

  it('from cross tables', () => {
    const { dimensions, notes } = read({
      Gender: { Male: '49%', Female: '51%' },
      Smokers: { Men: '60%', Women: '40%' },
      Income: { Male: { low: '20%', high: '80%' }, Female: { low: '40%', high: '60%' } },
      Diet: { '18-30': { meat: '20%', greens: '80%' }, '31+': { meat: '40%', greens: '60%' } },
      'Homes by Region': { North: { own: '20%', rent: '80%' }, South: { own: '50%', rent: '50%' } },
    });
    assert.deepEqual(Object.keys(dimensions), ['gender']);
    assert.deepEqual(notes.slice(1), [
      'Smokers: shares by Gender, which the document divides elsewhere: left to the context',
      ...[
        'Income › Male',
        'Income › Female',
        'Diet › 18-30',
        'Diet › 31+',
        'Homes by Region › North',
        'Homes by Region › South',
      ].map((place) => {
        const key = place.split(' › ')[1] ?? '';
        const of = place.startsWith('Income') ? ' (Gender)' : '';
        return `${place}: shares among \`${key}\`${of} only (a spec can state them under "given"): left to the context`;
      }),
    ]);
  });
});

describe('readDemography names dimensions', () => {
  const halves = { a: '50%', b: '50%' };
  const cases: [object, string[]][] = [
    [{ 'Age Distribution': halves }, ['age']],
    [{ 'Age Groups': halves }, ['age']],
    [{ Sex: halves, Nationalities: halves }, ['gender', 'nationality']],
    [
      { 'Education Breakdown': halves, 'Geographic Distribution': halves },
      ['Education', 'Geographic Distribution'],
    ],
    [{ Income: { Distribution: halves } }, ['Income']],
    [{ content: { Distribution: halves } }, ['content']],
    [{ 'two\r\nlines ': halves }, ['two lines']],
    [{ Buyers: { Car: halves }, Staff: { Car: halves } }, ['Car', 'Car (Staff)']],
    [{ A: { Staff: { Pet: halves } }, B: { Staff: { pet: halves } } }, ['Pet', 'pet (Staff)']],
    [{ Pet: halves, pet: halves, PET: halves }, ['Pet', 'pet 2', 'PET 3']],
  ];
  for (const [document, expected] of cases) {
    it(JSON.stringify(expected), () => {
      assert.deepEqual(
        readDemography(document).dimensions.map(({ name }) => name),
        expected,
      );
    });
  }

  it('in at most 100 characters, cut between characters, all different', () => {
    const long = '😀'.repeat(80);
    const { dimensions } = readDemography({
      [`${long}1`]: halves,
      [`${long}2`]: halves,
      [`x${long}`]: halves,
    });
    for (const dimension of dimensions) {
      dimensionSchema.parse(dimension);
      assert.ok(dimension.name.isWellFormed());
    }
    assert.equal(new Set(dimensions.map(({ name }) => name)).size, 3);
  });
});
