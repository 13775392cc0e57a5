import assert from 'node:assert/strict';
import { test } from 'node:test';
import { exceededBy, parseThresholds } from '../../../src/producer/report/gate.ts';
import { reportText } from '../../../src/producer/report/report-text.ts';
import type { PopulationStatus } from '../../../src/shared/transactions/populations.ts';
import { everySlot, recordsOf, reportOn, resultsOf, stateOf, statusOf } from './reported-people.ts';

const named = <T extends { readonly name: string }>(all: readonly T[], name: string): T => {
  const found = all.find((each) => each.name === name);
  assert.ok(found, name);
  return found;
};

test('people as planned: output is plan, plan is target to within a person', async () => {
  const report = await reportOn(stateOf(80));
  assert.equal(report.people, 80);
  assert.deepEqual(
    report.dimensions.map(({ name, output }) => [name, output]),
    [
      ['age', 'checked'],
      ['gender', 'checked'],
      ['quarter', 'sealed'],
    ],
  );
  for (const { tvd, outside, cells } of report.dimensions) {
    assert.equal(tvd.drift, 0);
    assert.equal(outside, 0);
    assert.ok(cells.every(({ planned, expected }) => Math.abs(planned - expected) <= 1));
  }
  assert.deepEqual(
    named(report.dimensions, 'gender').cells.map(({ label, expected, planned, output }) => [
      label,
      expected,
      planned,
      output,
    ]),
    [
      ['female', 60, 60, 60],
      ['male', 20, 20, 20],
    ],
  );
  assert.equal(report.pairs.pairs.length, 3);
  assert.deepEqual([report.names.people, report.names.distinct], [80, 80]);
  assert.equal(report.usage.total.repairCalls, 0);
});

test('people who say otherwise show in checked dimensions', async () => {
  const report = await reportOn(stateOf(80), {
    change: (slot, { gender }) => (slot < 8 ? { gender: 'other' } : { gender }),
  });
  const gender = named(report.dimensions, 'gender');
  assert.equal(gender.outside, 8);
  assert.ok(Math.abs((gender.tvd.output ?? 0) - 0.1) < 1e-12);
  assert.equal(named(report.dimensions, 'quarter').tvd.drift, 0);
});

test('records without cells are counted by the plan of their slot', async () => {
  const state = stateOf(40);
  const records = recordsOf(state);
  const old = (slot: number) => {
    const { cells: _cells, ...record } = records(slot);
    return record;
  };
  const report = await reportOn(state, { results: resultsOf(everySlot(40), old) });
  assert.deepEqual(report.dimensions, (await reportOn(state)).dimensions);
});

test('failed and open slots are told apart from people', async () => {
  const state = stateOf(80);
  const slots = everySlot(80).filter((slot) => slot % 4 !== 0);
  const status = statusOf(state, { state: 'running', failed: 5, failedByReason: { refusal: 5 } });
  const report = await reportOn(state, { slots, status });
  assert.deepEqual([report.people, report.failed, report.open], [60, 5, 15]);
  const planned = named(report.dimensions, 'quarter').cells.reduce((sum, cell) => sum + cell.planned, 0);
  assert.equal(planned, 80, 'the plan is of every slot');
  assert.match(reportText(report), /60 of 80 slots; 5 failed, 15 open/);
  assert.match(reportText(report), /refusal 5/);
});

test('nobody yet, and no dimensions: an honest report', async () => {
  const planned = await reportOn(stateOf(80), { slots: [] });
  assert.equal(planned.people, 0);
  assert.equal(named(planned.dimensions, 'age').tvd.output, null);
  assert.match(reportText(planned), /0 of 80 slots/);
  const bare = await reportOn(stateOf(5, { dimensions: [] }));
  assert.deepEqual(bare.dimensions, []);
  assert.match(reportText(bare), /5 of 5 slots/);
});

test('the cost of a known model, of an unknown one, and of the simulator', async () => {
  const state = stateOf(10);
  const usageOf = async (model: string, simulated: boolean, spent: Partial<PopulationStatus> = {}) => {
    const records = recordsOf(state);
    const results = resultsOf(everySlot(10), (slot) => ({ ...records(slot), model, simulated }));
    return (await reportOn(state, { results, status: statusOf(state, spent) })).usage;
  };
  const known = await usageOf('gpt-4.1-mini-2025-04-14', false);
  // Of 10,000 prompt tokens 5,000 at $0.40 and 5,000 at $0.10, 8,000 completion tokens at $1.60, each by the million.
  assert.deepEqual(known.models[0]?.cost, { kind: 'dollars', dollars: 0.0153 });
  assert.deepEqual(known.perPerson, { prompt: 1000, cached: 500, completion: 800 });
  const unknown = await usageOf('house-model', false, { unpricedCalls: 10 });
  assert.deepEqual([unknown.models[0]?.cost, unknown.total.cost], [{ kind: 'unknown' }, { kind: 'unknown' }]);
  assert.deepEqual((await usageOf('gpt-4.1-mini', true, { nanoDollars: 5 })).total.cost, {
    kind: 'simulated',
  });
});

test('what everything cost is what was counted call by call, lost ones included', async () => {
  const state = stateOf(10);
  const spent = { nanoDollars: 20_500_000, lostCalls: 2, lostTokens: 9_000, cacheWriteTokens: 700 };
  const report = await reportOn(state, { status: statusOf(state, spent) });
  const { total } = report.usage;
  assert.deepEqual(total.cost, { kind: 'dollars', dollars: 0.0205 });
  assert.deepEqual([total.lostCalls, total.lostTokens, total.tokens.cacheWrite], [2, 9_000, 700]);
  const text = reportText(report);
  assert.match(text, /cost in all +\$0\.0205/);
  assert.match(text, /replies lost +2, of calls that used 9,000 tokens at the most/);
  assert.match(text, /cached, 700 written to the cache\)/);
});

test('a population of a release that kept no ledger has a cost that nobody knows', async () => {
  const state = stateOf(10);
  const { usage } = await reportOn(state, { status: statusOf(state, { calls: 0 }) });
  assert.deepEqual(usage.total.cost, { kind: 'unknown' });
});

test('warnings are counted by people', async () => {
  const state = stateOf(10);
  const records = recordsOf(state);
  const results = resultsOf(everySlot(10), (slot) =>
    slot < 3
      ? { ...records(slot), warnings: ['beliefs: 4 of 8', slot === 0 ? 'age' : 'beliefs: 4 of 8'] }
      : records(slot),
  );
  const { warnings } = await reportOn(state, { results });
  assert.deepEqual(warnings, {
    people: 3,
    top: [
      { warning: 'beliefs: 4 of 8', people: 3 },
      { warning: 'age', people: 1 },
    ],
  });
});

test('an abort ends it, even while Redis does not answer', async () => {
  const state = stateOf(80);
  const stopping = new AbortController();
  const records = recordsOf(state);
  const whole = resultsOf([0], records);
  const results = {
    ...whole,
    async *committed(range: { from: number; to: number }) {
      yield* whole.committed(range);
      stopping.abort();
      await new Promise(() => {});
    },
  };
  await assert.rejects(reportOn(state, { results, signal: stopping.signal }), { exitCode: 130 });
});

test('progress is told over all slots, committed or not', async () => {
  const seen: number[] = [];
  await reportOn(stateOf(1200), { slots: [1199], onProgress: (slots) => seen.push(slots) });
  assert.deepEqual(seen, [0, 512, 1024]);
});

test('names and labels cannot write to the terminal', async () => {
  const report = await reportOn(stateOf(3), { change: () => ({ name: '\u001b[2Jgone\u202e' }) });
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be there
  assert.doesNotMatch(reportText(report), /[\u0000-\u0009\u000b-\u001f\u202e]/u);
});

test('thresholds: what is above is named, what could not be measured too', async () => {
  const report = await reportOn(stateOf(80), {
    change: (slot, { gender }) => ({ gender: slot < 8 ? 'other' : gender }),
  });
  const names = (text: string, of = report) => exceededBy(of, parseThresholds(text)).map(({ name }) => name);
  assert.deepEqual(names('tvd=0.05,drift=0.05,plan-tvd=0.05,srmse=0.01,failed=0,open=0'), [
    'tvd',
    'drift',
    'srmse',
  ]);
  assert.deepEqual(names('tvd=0.11,drift=.11, repeated-names=0,shallow=0'), []);
  assert.deepEqual(names('pairwise=0.5,duplicates=0'), ['duplicates'], 'everybody has the same texts');
  const nobody = await reportOn(stateOf(80), { slots: [], status: statusOf(stateOf(80), { committed: 0 }) });
  assert.deepEqual(names('tvd=1,open=0.5,duplicates=9,failed=0', nobody), ['tvd', 'open', 'duplicates']);
});

test('thresholds with faults: one error that names them all', () => {
  for (const [text, pattern] of [
    ['tvdd=1', /"tvdd" is no metric.*Metrics: tvd, plan-tvd, /],
    ['constructor=1', /"constructor" is no metric/],
    ['tvd', /tvd needs a number, 0 or more, got ""/],
    ['tvd=-1', /got "-1"/],
    ['tvd=0x1', /got "0x1"/],
    ['tvd=1=2', /got "1=2"/],
    ['tvd=1,tvd=2', /tvd is given twice/],
    ['', /"" is no metric/],
    ['a=1,srmse=much', /"a" is no metric; srmse needs a number/],
  ] as const) {
    assert.throws(() => parseThresholds(text), { exitCode: 2, message: pattern }, text);
  }
  assert.deepEqual(
    parseThresholds('tvd=1e-3, srmse = 0.5').map(({ name, limit }) => [name, limit]),
    [
      ['tvd', 0.001],
      ['srmse', 0.5],
    ],
  );
});
