import assert from 'node:assert/strict';
import { test } from 'node:test';
import { reportPage } from '../../../src/producer/report/report-page.ts';
import { everySlot, recordsOf, reportOn, resultsOf, stateOf } from './reported-people.ts';

const HOSTILE = '</text></svg><script>alert(1)</script><img src=x onerror=alert(2)>"\'&{{title}}';

async function hostilePage(): Promise<string> {
  const state = stateOf(20, {
    dimensions: [
      {
        name: `quarter ${HOSTILE}`.slice(0, 100),
        kind: 'values',
        values: [
          { value: HOSTILE, weight: 1 },
          { value: '<b>x', weight: 1 },
        ],
      },
      { name: '<i>age</i>', kind: 'range', min: 20, max: 59 },
    ],
  });
  const records = recordsOf(state, () => ({ name: `<b>${HOSTILE}` }));
  const results = resultsOf(everySlot(20), (slot) => ({
    ...records(slot),
    model: HOSTILE,
    warnings: [HOSTILE],
  }));
  return reportPage(await reportOn(state, { results }));
}

test('hostile names, labels, models and warnings are text', async () => {
  const page = await hostilePage();
  assert.doesNotMatch(page, /<script|<img|<b>|<i>/i);
  assert.ok(page.includes('&lt;img src'), 'they are shown');
  assert.doesNotMatch(page, /<[^>]*\sonerror=/i, 'no attribute of theirs');
  assert.equal(page.match(/<svg\b/g)?.length, page.match(/<\/svg>/g)?.length);
});

test('the page asks for nothing from anywhere', async () => {
  const page = await hostilePage();
  const markup = page
    .replaceAll('http://www.w3.org/2000/svg', '')
    .replaceAll('http://www.w3.org/1999/xlink', '');
  assert.doesNotMatch(markup, /https?:\/\//);
  assert.doesNotMatch(markup, /<(?:link|script|iframe|object|embed|audio|video|base|form)\b/i);
  assert.doesNotMatch(markup, /<[^>]*\s(?:src|srcset|href|xlink:href|data)\s*=/i);
  assert.doesNotMatch(markup, /@import|url\((?!#)/i);
  assert.match(page, /Content-Security-Policy" content="default-src 'none'/);
});

test('every picture has a name and its figures in a table', async () => {
  const page = reportPage(await reportOn(stateOf(60)));
  const figures = page.match(/<figure[^>]*>/g) ?? [];
  // Three dimensions, the pairs, the names.
  assert.equal(figures.length, 5);
  assert.ok(figures.every((figure) => /role="img" aria-label="[^"]+"/.test(figure)));
  assert.match(
    page,
    /<tr><th scope="row">female<\/th><td>75\.0 %<\/td><td>45\.0<\/td><td>45<\/td><td>45<\/td>/,
  );
  assert.match(page, /<html lang="en">/);
});

test('the same report is the same page but for the ids of its pictures', async () => {
  const report = await reportOn(stateOf(60));
  const plain = () => reportPage(report).replace(/zr\d+-\w+/g, 'id');
  const first = plain();
  assert.ok(first === plain(), 'two pages differ');
});

test('a page about nobody says so', async () => {
  const page = reportPage(await reportOn(stateOf(60), { slots: [] }));
  assert.match(page, /Nobody is committed yet/);
  assert.doesNotMatch(page, /NaN|undefined|\[object/);
});
