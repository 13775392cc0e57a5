import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { csvHeader, csvRow } from '../../../src/producer/export/csv.ts';
import type { ImportedPersona } from '../../../src/producer/import/imported-record.ts';
import { line } from './exported-people.ts';

/** RFC 4180, word by word: fields, commas, CRLF; quotes around a field and doubled inside it. */
function parseCsv(text: string): string[][] {
  const rows: string[][] = [[]];
  let rest = text;
  while (rest !== '') {
    const match = /^(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n|$)/.exec(rest);
    assert.ok(match, `not RFC 4180 at ${JSON.stringify(rest.slice(0, 40))}`);
    rows.at(-1)?.push(match[1]?.replaceAll('""', '"') ?? match[2] ?? '');
    rest = rest.slice(match[0].length);
    if (match[3] === '\r\n') rows.push([]);
    if (match[3] === '') break;
  }
  return rows.filter((row) => row.length > 0);
}

function cells(row: string): Record<string, string> {
  const [names = [], values = [], ...more] = parseCsv(csvHeader() + row);
  assert.equal(more.length, 0, 'a person is one row');
  assert.equal(values.length, names.length);
  return Object.fromEntries(names.map((name, index) => [name, values[index] ?? '']));
}

test('a person is a row of the fields that people sort and filter by', () => {
  const row = cells(csvRow(line(7, 'Ann Lee')));
  assert.deepEqual(row, {
    slot: '7',
    name: 'Ann Lee',
    age: '41',
    gender: 'female',
    nationality: 'Ghanaian',
    residence: 'Takoradi',
    education: 'Junior high school.',
    occupation: 'seamstress',
    organization: 'her own shop',
    minibio: 'Ann Lee, 41, seamstress at her own shop; Ghanaian, lives in Takoradi',
    characteristics: '{"age":41}',
    simulation: 'sim',
    population: 'ab12ab12ab12ab12',
    model: 'm',
    simulated: 'true',
    committedAt: '2030-01-01T00:00:00.000Z',
    cells: '',
    warnings: '',
    importedFrom: '',
  });
});

test('cells of the plan are JSON, warnings are separated by semicolons', () => {
  const row = cells(
    csvRow({ ...line(7, 'Ann'), cells: { age: '40-49', city: 'a' }, warnings: ['beliefs: 3 of 8', 'age'] }),
  );
  assert.equal(row.cells, '{"age":"40-49","city":"a"}');
  assert.equal(row.warnings, 'beliefs: 3 of 8; age');
});

test('imported personas of any shape are a row', () => {
  const provenance = { ...line(0, '').provenance, imported: { file: 'old/Bo.agent.json', at: '2030' } };
  const loose = (persona: ImportedPersona) => cells(csvRow({ ...line(0, 'Bo'), persona, provenance }));
  const bare = loose({ name: 'Bo' });
  assert.deepEqual(
    [bare.name, bare.age, bare.occupation, bare.organization, bare.minibio, bare.importedFrom],
    ['Bo', '', '', '', 'Bo', 'old/Bo.agent.json'],
  );
  const odd = loose({
    name: 'Bo',
    age: 'about 40',
    gender: null,
    nationality: ['Thai', 'Lao'],
    residence: { city: 'Pakse' },
    education: [{ school: 'none' }],
    occupation: 'a baker, mostly',
  });
  assert.deepEqual(
    [odd.age, odd.gender, odd.nationality, odd.residence, odd.education, odd.occupation, odd.organization],
    ['about 40', '', 'Thai; Lao', '{"city":"Pakse"}', '[{"school":"none"}]', 'a baker, mostly', ''],
  );
  const listed = loose({ name: 'Bo', occupation: ['baker', 'guide'] });
  assert.equal(listed.occupation, 'baker; guide');
});

test('rows end in CRLF', () => {
  for (const row of [csvHeader(), csvRow(line(0, 'Ann Lee'))]) {
    assert.ok(row.endsWith('\r\n'));
    assert.equal(row.split('\n').length, 2);
  }
});

test('commas, quotes and line breaks of any kind survive', () => {
  for (const text of ['a, b', 'say "hi"', '"', 'one\ntwo', 'one\r\ntwo', 'one\rtwo', ' padded ', 'Zoë 王']) {
    assert.equal(cells(csvRow(line(0, 'Ann', { education: text }))).education, text);
  }
});

test('a cell that a spreadsheet would run is text', () => {
  for (const text of [
    '=1+1',
    '+1',
    '-1',
    '@SUM(A1)',
    '\t=1',
    '\r=1',
    '＝1',
    '＠x',
    '=HYPERLINK("http://x","y")',
  ]) {
    const { name, education } = cells(csvRow(line(0, text, { education: text })));
    assert.equal(name, `'${text}`);
    assert.equal(education, `'${text}`);
  }
  for (const text of ['a=1', '1-1', 'x@y']) assert.equal(cells(csvRow(line(0, text))).name, text);
});

test('any texts make one row that reads back', () => {
  const safe = fc
    .string({ unit: 'grapheme', minLength: 1 })
    .filter((text) => !/^[=+\-@\t\r＝＋－＠]/u.test(text));
  fc.assert(
    fc.property(safe, safe, (education, residence) => {
      const row = cells(csvRow(line(0, 'Ann', { education, residence })));
      assert.deepEqual([row.education, row.residence], [education, residence]);
    }),
  );
});
