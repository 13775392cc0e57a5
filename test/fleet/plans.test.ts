import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { PopulationReport } from '../../src/producer/report/build-report.ts';
import { startWorkers, testFleet, untilCommitted } from '../support/fleet.ts';

const dimensions = {
  age: { range: [18, 90], bands: { '18-29': 20, '30-64': 55, '65+': 25 } },
  gender: { female: '51%', male: '48%', 'non-binary': '1%' },
  nationality: { Brazilian: 2, Japanese: 1 },
  income: { given: { nationality: { Brazilian: { low: 3, high: 1 }, Japanese: { low: 1, high: 3 } } } },
};

/** What everybody is: name and sealed values, in slot order, from a fleet of this many workers. */
async function people(t: TestContext, workers: number, seed: number): Promise<string[]> {
  const fleet = await testFleet(t);
  const spec = await fleet.spec('same', { populationSize: 90, seed, dimensions });
  startWorkers(fleet, workers);
  const { code, stderr } = await fleet.run('generate', spec, '--workers', '0', '--out', 'people.jsonl');
  assert.equal(code, 0, stderr);
  const lines = await fleet.lines('people.jsonl');
  await fleet.assertWhole(90, lines);
  return lines.map(({ name, characteristics, cells }) => JSON.stringify([name, characteristics, cells]));
}

test('one, two and five workers make the same people; another seed makes others', async (t) => {
  const [one, two, five, other] = await Promise.all([
    people(t, 1, 7),
    people(t, 2, 7),
    people(t, 5, 7),
    people(t, 2, 8),
  ]);
  assert.deepEqual(two, one);
  assert.deepEqual(five, one);
  assert.notDeepEqual(other, one);
});

/** The traits of published descriptions: shares as texts, bands with an open end, nested groups, prose, multiple choice. */
const demography = {
  title: 'An invented country',
  content: {
    Country: 'Brazil',
    'Age Distribution': { '0-17': '22.4%', '18-39': '31.3%', '40-64': '30.2%', '65+': '16.1%' },
    'Gender Distribution': { Male: '49.3%', Female: '50.7%' },
    Income: { Median: '2,500', Distribution: { 'Under R$1,000': '35.5%', 'R$1,000 and over': '64.5%' } },
    Religion: { Christian: { Total: '71%', Catholic: '49%', Protestant: '22%' }, None: '29%' },
    Pastimes: { Football: '61%', Samba: '44%', Chess: '3%' },
    Snack: 'Pão de queijo (liked by 59%)',
  },
};

test('2,000 people from a demography, one of three workers killed half way: what comes out is the plan', async (t) => {
  const fleet = await testFleet(t);
  const spec = await fleet.spec('country', {
    context: undefined,
    populationSize: 2000,
    seed: 3,
    demography,
  });
  const producer = fleet.start('generate', spec, '--workers', '0', '--out', 'people.jsonl');
  const [victim] = startWorkers(fleet, 3);
  await untilCommitted(t, fleet, 1000);
  victim?.kill('SIGKILL');
  assert.deepEqual(await producer.ended, { code: 0, signal: null }, producer.stderr());
  await fleet.assertWhole(2000, await fleet.lines('people.jsonl'));

  const { stdout, code, stderr } = await fleet.run(
    'report',
    '--json',
    '--fail-over',
    'drift=0,plan-tvd=0.001',
  );
  assert.equal(code, 0, stderr);
  const report: PopulationReport = JSON.parse(stdout);
  assert.deepEqual(
    report.dimensions.map(({ name, output }) => [name, output]),
    [
      ['age', 'checked'],
      ['gender', 'checked'],
      ['Income', 'sealed'],
      ['Religion', 'sealed'],
    ],
  );
  for (const { name, cells } of report.dimensions) {
    for (const { label, expected, planned, output } of cells) {
      assert.equal(output, planned, `${name} ${label}`);
      assert.ok(Math.abs(planned - expected) < 1, `${name} ${label}: ${planned} of ${expected}`);
    }
  }
});
