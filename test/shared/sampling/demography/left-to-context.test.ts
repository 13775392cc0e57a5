import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { readDemography } from '../../../../src/shared/sampling/demography/read-demography.ts';
import { read } from './read-small-document.ts';

describe('readDemography leaves no value out unsaid', () => {
  for (const share of [
    '50% (2019)',
    '+50%',
    'approx. 50%',
    '~50%',
    'about 50 percent',
    '50%*',
    '50% [3]',
    '50\u202f%',
    '50 pct',
    '50 pct.',
  ]) {
    it(`reads ${share} as a share`, () => {
      assert.deepEqual(read({ Religion: { X: '50%', Y: share } }), {
        dimensions: { Religion: ['X', 'Y'] },
        notes: ['Religion: taken as dimension `Religion`, 2 values'],
      });
    });
  }

  const unread: [unknown, string][] = [
    ['<1%', '"<1%", which is no share'],
    ['NaN%', '"NaN%", which is no share'],
    ['Infinity', '"Infinity", which is no share'],
    ['40-60%', '"40-60%", which is no share'],
    ['less than 1%', '"less than 1%", which is no share'],
    ['½', '"½", which is no share'],
    ['1/2', '"1/2", which is no share'],
    ['n/a', '"n/a", which is no share'],
    ['-10%', '"-10%", which is a negative share'],
    ['−10%', '"−10%", which is a negative share'],
    ['<1', '"<1", which is no share'],
    ['40', '"40" without a percent sign'],
    ['49.5 (approx)', '"49.5 (approx)" without a percent sign'],
    [-3, '-3, which is a negative share'],
    [40, '40 without a percent sign'],
    [null, 'nothing'],
  ];
  for (const [value, says] of unread) {
    it(`names ${value}`, () => {
      assert.deepEqual(read({ Religion: { X: '60%', Y: '40%', Z: value } }), {
        dimensions: { Religion: ['X', 'Y'] },
        notes: [`Religion: taken as dimension \`Religion\`, 2 values; \`Z\` says ${says}: left out`],
      });
      assert.deepEqual(read({ Religion: { X: '50%', Y: '10%', Z: value } }).notes, [
        `Religion: shares sum to 60 %, so some are missing; \`Z\` says ${says}: left to the context`,
      ]);
    });
  }

  it('keeps what it left out in the context', () => {
    assert.equal(readDemography({ Religion: { X: '60%', Y: '40%', Z: '<1%' } }).prose, 'Religion:\n  Z: <1%');
  });

  it('says so where none can be read, and of negative numbers', () => {
    const { dimensions, notes } = read({
      Faith: { X: '40-60%', Y: '<5%' },
      'Pet mix': { cat: 60, dog: 50, none: -10 },
      Degrees: { morning: 60, noon: 50, night: -10 },
    });
    assert.deepEqual(dimensions, {});
    assert.deepEqual(notes, [
      'Faith: `X` says "40-60%", which is no share, `Y` says "<5%", which is no share: left to the context',
      'Pet mix: `none` says -10, which is a negative share: left to the context',
    ]);
  });

  it('names a few of many', () => {
    const many = Object.fromEntries(Array.from({ length: 9 }, (_, index) => [`z${index}`, '<1%']));
    assert.match(
      read({ D: { a: '60%', b: '40%', ...many } }).notes.join(),
      /`z4` says .*, and 4 more like these: left out$/,
    );
  });

  it('but does not take prose beside shares for one', () => {
    const { notes } = read({ D: { a: '60%', b: '40%', c: 'mostly in the north', 'Median age': 34 } });
    assert.deepEqual(notes, ['D: taken as dimension `D`, 2 values']);
  });
});

describe('readDemography says of announced numbers', () => {
  const noWhole = (sum: number) =>
    `numbers that sum to ${sum}, not to 100 or 1: counts, or shares that overlap or of which some are missing`;
  const lost: [object, string][] = [
    [{ 'Gender distribution': { Male: 49, Female: 48 } }, noWhole(97)],
    [{ 'Age distribution': { '18-29': 0.3, '30-49': 0.3, '50+': 0.3 } }, noWhole(0.9)],
    [{ Gender: { Male: 1000, Female: 2000, Total: 3000 } }, noWhole(3000)],
    [{ Religion: { a: 30, b: null } }, `${noWhole(30)}; \`b\` says nothing`],
    [{ Gender: { Male: 100, Female: 0 } }, 'numbers of which one alone is above 0'],
    [
      { 'Income distribution': { Low: '20', High: '80' } },
      '`Low` says "20" without a percent sign, `High` says "80" without a percent sign',
    ],
    [{ Faith: { a: '49.5 (approx)' } }, '`a` says "49.5 (approx)" without a percent sign'],
  ];
  for (const [document, fault] of lost) {
    it(`why they are not taken: ${JSON.stringify(document)}`, () => {
      const { dimensions, notes } = read(document);
      assert.deepEqual(dimensions, {});
      assert.deepEqual(notes, [`${Object.keys(document)[0]}: ${fault}: left to the context`]);
    });
  }

  for (const [value, says] of [
    ['n/a', '"n/a", which is no share'],
    [null, 'nothing'],
    ['<1', '"<1", which is no share'],
  ]) {
    it(`what it left out: ${value}`, () => {
      const { notes } = read({ 'Income distribution': { '0-10': 30, '11-20': 70, Rest: value } });
      assert.match(notes[0] ?? '', /taken as dimension `Income`, 2 bands/);
      assert.ok(notes[0]?.endsWith(`; \`Rest\` says ${says}: left out`), notes[0]);
      assert.deepEqual(read({ Religion: { a: 30, b: 70, c: value } }).dimensions, { Religion: ['a', 'b'] });
    });
  }

  it('but nothing of others', () => {
    const { notes } = read({
      Office: { floors: 3, rooms: 40 },
      Contact: { phone: '12', fax: null },
      Age: { min: 18, max: 90 },
      Income: { median: 30, currency: 'EUR' },
      Job: { years: 4 },
    });
    assert.deepEqual(notes, []);
  });
});

describe('readDemography leaves to the context', () => {
  const cases: [string, object, string[], RegExp[]][] = [
    [
      'numbers that nothing says are shares',
      {
        Contact: { lat: 45, lon: 55 },
        Household: { rent: 40, food: 60 },
        Budget: { rooms: 40, seats: 60 },
        Year: { 2019: 50, 2020: 50 },
        Scores: { math: 0.4, reading: 0.6 },
        Income: { 2019: 50, 2020: 50 },
        Decade: { '1990-1999': 50, '2000-2009': 50 },
      },
      [],
      Array(7).fill(/^\w+: numbers that nothing says are shares, .*: left to the context$/),
    ],
    [
      'what genders do, without a heading that says gender',
      {
        Men: { smoke: '30%', drink: '70%' },
        Frauen: { smoke: '20%', drink: '80%' },
        Femmes: { smoke: '1%', drink: '99%' },
      },
      [],
      [/^Men: shares among `Men` only/, /./, /^Femmes: shares among `Femmes` only/],
    ],
    [
      'what age groups do',
      {
        Seniors: { Diet: { meat: '30%', greens: '70%' } },
        'Female respondents (18+)': { meat: '30%', greens: '70%' },
        Adults: { meat: '30%', greens: '70%' },
        Children: { meat: '30%', greens: '70%' },
      },
      [],
      [/among `Seniors` only/, /among `Female respondents \(18\+\)`/, /among `Adults`/, /among `Children`/],
    ],
    [
      'but not how many children people have',
      { Children: { none: '30%', some: '70%' } },
      ['Children'],
      [/taken as dimension `Children`/],
    ],
    [
      'the second heading of one field',
      {
        Age: { '0-17': '20%', '18+': '80%' },
        'Age groups': { '0-30': '50%', '31+': '50%' },
        Gender: { f: '50%', m: '50%' },
        'Gender Distribution': { f: '40%', m: '60%' },
        'Education (2020)': { low: '50%', high: '50%' },
        Region: { north: '50%', south: '50%' },
        Regions: { coast: '50%', inland: '50%' },
        Staff: { 'Education Breakdown': { low: '20%', high: '80%' } },
      },
      ['age', 'gender', 'Education (2020)', 'Region'],
      [
        /taken as/,
        /^Age groups: `age` is taken from `Age`, and people have one of them: left to the context$/,
        /taken as/,
        /`gender` is taken from `Gender`/,
        /taken as/,
        /taken as/,
        /`region` is taken from `Region`/,
        /`education` is taken from `Education \(2020\)`/,
      ],
    ],
    [
      'a first heading that cannot be used, not the second',
      { Age: { '30-18': '50%', '31+': '50%' }, 'Age groups': { '0-30': '50%', '31+': '50%' } },
      ['age'],
      [/ends before it begins/, /taken as dimension `age`/],
    ],
    [
      'shares of one value in several spellings',
      { Gender: { Male: 50, ' male ': 25, MALE: 25 } },
      [],
      [/^Gender: shares of one value alone, `Male`, though written in several ways: left to the context$/],
    ],
  ];
  for (const [what, document, names, patterns] of cases) {
    it(what, () => {
      const { dimensions, notes } = read(document);
      assert.deepEqual(Object.keys(dimensions), names);
      assert.equal(notes.length, patterns.length);
      for (const [index, pattern] of patterns.entries()) assert.match(notes[index] ?? '', pattern);
    });
  }
});
