import assert from 'node:assert/strict';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { type TestContext, test } from 'node:test';
import {
  ExportFormat,
  type ExportSource,
  type ExportTarget,
  exportPeople,
} from '../../../src/producer/export/export-population.ts';
import type { PersonLine } from '../../../src/producer/export/person-line.ts';
import { createKeys } from '../../../src/shared/keys.ts';
import { encodePersonRecord } from '../../../src/shared/person/person-record.ts';
import { createPopulations } from '../../../src/shared/transactions/populations.ts';
import { createResults, type Results } from '../../../src/shared/transactions/results.ts';
import { createSlotTransactions } from '../../../src/shared/transactions/slot-transactions.ts';
import { examplePersona } from '../../shared/person/example-persona.ts';
import { connect, testPrefix } from '../../support/redis.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { line } from './exported-people.ts';

const POPULATION = 'ab12ab12ab12ab12';
const SHARED = { simulation: 'sim', population: POPULATION, seed: '7' };

const payloadOf = (slot: number) => {
  const { characteristics, provenance } = line(slot, `Person ${slot}`);
  const { simulation: _simulation, population: _population, seed: _seed, ...own } = provenance;
  const persona = { ...examplePersona(), name: `Person ${slot}` };
  return encodePersonRecord({ persona, characteristics, ...own });
};

/** Results that lie in memory; reading past the last one fails where that is asked for. */
function resultsOf(slots: readonly number[], failAfter = false): Results {
  return {
    async *committed({ from, to }) {
      for (const slot of slots) if (slot >= from && slot < to) yield { slot, payload: payloadOf(slot) };
      if (failAfter) throw new Error('Redis is away');
    },
    open: async () => () => false,
    countOpen: async () => 0,
  };
}

function exporting(options: Partial<ExportSource & ExportTarget> & { out: string }) {
  const source = { results: resultsOf([0, 2, 5]), shared: SHARED, wanted: { from: 0, to: 10 }, ...options };
  const { signal } = new AbortController();
  return exportPeople([source], {
    format: ExportFormat.jsonl,
    stdout: new PassThrough(),
    signal,
    ...options,
  });
}

test('JSON lines: a person a line, in slot order, with what the population shares', async (t) => {
  const out = join(await temporaryFolder(t), 'people.jsonl');
  const seen: number[] = [];
  assert.deepEqual(await exporting({ out, onPerson: ({ slot }) => void seen.push(slot) }), { people: 3 });
  const written = await readFile(out, 'utf8');
  assert.ok(written.endsWith('}\n'));
  const people: PersonLine[] = written
    .trimEnd()
    .split('\n')
    .map((each) => JSON.parse(each));
  assert.deepEqual(
    people,
    [0, 2, 5].map((slot) => ({
      ...line(slot, `Person ${slot}`),
      provenance: { ...line(slot, '').provenance, ...SHARED },
    })),
  );
  assert.deepEqual(Object.keys(people[0] ?? {}), [
    'slot',
    'name',
    'persona',
    'characteristics',
    'provenance',
  ]);
  assert.deepEqual(seen, [0, 2, 5]);
});

test('only the wanted slots are exported', async (t) => {
  const out = join(await temporaryFolder(t), 'people.jsonl');
  assert.deepEqual(await exporting({ out, wanted: { from: 1, to: 5 } }), { people: 1 });
  assert.match(await readFile(out, 'utf8'), /^\{"slot":2,/);
});

test('several populations follow one another, each with its own provenance', async (t) => {
  const folder = await temporaryFolder(t);
  const source = (slots: number[], population: string) => ({
    results: resultsOf(slots),
    shared: { ...SHARED, population },
    wanted: { from: 0, to: 10 },
  });
  const sources = [source([3, 4], 'first'), source([], 'second'), source([0, 4], 'third')];
  const target = { stdout: new PassThrough(), signal: new AbortController().signal };
  const out = join(folder, 'people.jsonl');
  assert.deepEqual(await exportPeople(sources, { ...target, out, format: 'jsonl' }), { people: 4 });
  const lines: PersonLine[] = (await readFile(out, 'utf8'))
    .trimEnd()
    .split('\n')
    .map((each) => JSON.parse(each));
  assert.deepEqual(
    lines.map(({ slot, provenance }) => [provenance.population, slot]),
    [
      ['first', 3],
      ['first', 4],
      ['third', 0],
      ['third', 4],
    ],
  );
  const csv = join(folder, 'people.csv');
  await exportPeople(sources, { ...target, out: csv, format: 'csv' });
  assert.equal((await readFile(csv, 'utf8')).split('\r\n').length, 6, 'one header, four people');
  // Person 4 twice, as two names may be that differ only in what file systems refuse.
  const people = join(folder, 'people');
  await exportPeople(sources, { ...target, out: people, format: 'tinytroupe' });
  assert.deepEqual((await readdir(people)).sort(), [
    'Person_0.agent.json',
    'Person_3.agent.json',
    'Person_4.agent.json',
    'Person_4_4.agent.json',
  ]);
});

test('CSV has one header and a row a person, the folder a file a person', async (t) => {
  const folder = await temporaryFolder(t);
  const csv = join(folder, 'people.csv');
  assert.deepEqual(await exporting({ out: csv, format: 'csv' }), { people: 3 });
  const rows = (await readFile(csv, 'utf8')).split('\r\n');
  assert.equal(rows.length, 5);
  assert.match(rows[0] ?? '', /^slot,name,age,/);
  assert.match(rows[3] ?? '', /^5,Person 5,41,/);

  const people = join(folder, 'people');
  assert.deepEqual(await exporting({ out: people, format: 'tinytroupe' }), { people: 3 });
  assert.equal((await readdir(people)).length, 3);
});

test('a population without people makes a file without people', async (t) => {
  const folder = await temporaryFolder(t);
  const results = resultsOf([]);
  assert.deepEqual(await exporting({ out: join(folder, 'a.jsonl'), results }), { people: 0 });
  assert.deepEqual(await exporting({ out: join(folder, 'a.csv'), results, format: 'csv' }), { people: 0 });
  assert.equal(await readFile(join(folder, 'a.jsonl'), 'utf8'), '');
  assert.match(await readFile(join(folder, 'a.csv'), 'utf8'), /^slot,.*\r\n$/);
});

test('stdout gets what a file would', async (t) => {
  const out = join(await temporaryFolder(t), 'people.jsonl');
  const stdout = new PassThrough();
  await exporting({ out });
  await exporting({ out: '-', stdout });
  stdout.end();
  assert.equal(await text(stdout), await readFile(out, 'utf8'));
});

test('when reading fails in the middle the export is absent, in every format, and an earlier one intact', async (t) => {
  const folder = await temporaryFolder(t);
  const results = resultsOf([0, 2, 5], true);
  for (const format of Object.values(ExportFormat)) {
    await assert.rejects(exporting({ out: join(folder, format), results, format }), /Redis is away/);
  }
  assert.deepEqual(await readdir(folder), []);
  await writeFile(join(folder, 'jsonl'), 'earlier');
  await assert.rejects(exporting({ out: join(folder, 'jsonl'), results }), /Redis is away/);
  assert.equal(await readFile(join(folder, 'jsonl'), 'utf8'), 'earlier');
});

test('a full disk is one clear line in every format of a file', async () => {
  for (const format of [ExportFormat.jsonl, ExportFormat.csv]) {
    await assert.rejects(exporting({ out: '/dev/full', format }), {
      name: 'UserError',
      message: /^cannot write \/dev\/full: no space is left/,
    });
  }
});

/** A population in Redis with these slots committed. */
async function committed(t: TestContext, size: number, slots: readonly number[]): Promise<Results> {
  const redis = await connect(t);
  const keys = createKeys(testPrefix(t));
  await createPopulations(redis, keys, 'sim').define({
    id: POPULATION,
    size,
    encode: () => ({ state: '{}', digest: 'd' }),
    labels: {},
  });
  const transactions = createSlotTransactions(redis, keys, 'sim', POPULATION);
  await Promise.all(
    slots.map((slot) => transactions.commit(slot, { name: `Person ${slot}`, payload: payloadOf(slot) })),
  );
  return createResults(redis, keys, 'sim', POPULATION);
}

test('from Redis the people come whole and in slot order, across batches and buckets', async (t) => {
  const slots = [0, 1, 127, 128, 1_023, 1_024, 1_500, 2_047, 2_048];
  const results = await committed(t, 2_049, slots.toReversed());
  const out = join(await temporaryFolder(t), 'people.jsonl');
  assert.deepEqual(await exporting({ out, results, wanted: { from: 0, to: 2_049 } }), {
    people: slots.length,
  });
  const exported = (await readFile(out, 'utf8')).trimEnd().split('\n');
  assert.deepEqual(
    exported.map((each) => JSON.parse(each).slot),
    slots,
  );
});

test('it stops between people when told to, in every format, and leaves nothing', async (t) => {
  const folder = await temporaryFolder(t);
  for (const format of Object.values(ExportFormat)) {
    const stopping = new AbortController();
    const out = join(folder, format);
    const seen: number[] = [];
    const onPerson = ({ slot }: PersonLine) => {
      seen.push(slot);
      if (slot === 2) stopping.abort();
    };
    await assert.rejects(exporting({ out, format, signal: stopping.signal, onPerson }), {
      name: 'UserError',
      exitCode: 130,
      message: `interrupted: ${out} was not written; the results are in Redis`,
    });
    assert.deepEqual(seen, [0, 2]);
  }
  assert.deepEqual(await readdir(folder), []);
});

test('it stops while Redis does not answer', async (t) => {
  const stopping = new AbortController();
  const results: Results = {
    ...resultsOf([]),
    async *committed() {
      yield { slot: 0, payload: payloadOf(0) };
      stopping.abort();
      await new Promise(() => {});
    },
  };
  const out = join(await temporaryFolder(t), 'people.jsonl');
  await assert.rejects(exporting({ out, results, signal: stopping.signal }), { exitCode: 130 });
});
