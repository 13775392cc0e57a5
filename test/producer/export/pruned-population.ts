import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { systemClocks } from '../../../src/producer/export/lease.ts';
import { openOutboxFile } from '../../../src/producer/export/outbox-file.ts';
import type { PersonLine } from '../../../src/producer/export/person-line.ts';
import { type PruneOptions, prunePeople } from '../../../src/producer/export/prune-people.ts';
import { createKeys } from '../../../src/shared/keys.ts';
import { encodePersonRecord } from '../../../src/shared/person/person-record.ts';
import { canonicalName } from '../../../src/shared/transactions/canonical-name.ts';
import { createOutbox, type Outbox } from '../../../src/shared/transactions/outbox.ts';
import { createPopulations } from '../../../src/shared/transactions/populations.ts';
import { createSlotTransactions } from '../../../src/shared/transactions/slot-transactions.ts';
import { createStoredResults } from '../../../src/shared/transactions/stored-results.ts';
import { connect, testPrefix } from '../../support/redis.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { line } from './exported-people.ts';

export const POPULATION = 'ab12ab12ab12ab12';
const LEASE_MS = 60_000;

/** As short as a person can be: what is told apart is slots. */
function payloadOf(slot: number): Buffer {
  const { persona, characteristics, provenance } = line(slot, `Person ${slot}`);
  const { simulation: _simulation, population: _population, seed: _seed, ...own } = provenance;
  return encodePersonRecord({
    persona: { ...persona, name: `Person ${slot}` },
    characteristics,
    ...own,
  } as never);
}

export type PrunedPopulation = Awaited<ReturnType<typeof prunedPopulation>>;

/** A population in Redis, a folder for its file, and what prunes one into the other. */
export async function prunedPopulation(
  t: TestContext,
  { size = 5_000, url }: { size?: number; url?: string } = {},
) {
  const redis = await connect(t, url);
  const keys = createKeys(url === undefined ? testPrefix(t) : 'pft');
  const folder = await temporaryFolder(t);
  return populationIn({ redis, keys, folder, size });
}

/** The same with parts that are there already. */
export async function populationIn(parts: {
  redis: Awaited<ReturnType<typeof connect>>;
  keys: ReturnType<typeof createKeys>;
  folder: string;
  size: number;
}) {
  const { redis, keys, folder, size } = parts;
  const populations = createPopulations(redis, keys, 'sim');
  const define = (slots: number) =>
    populations.define({
      id: POPULATION,
      size: slots,
      encode: (extents) => ({ state: JSON.stringify(extents), digest: `d${extents.join('-')}` }),
      labels: { seed: '7' },
    });
  await define(size);
  const transactions = createSlotTransactions(redis, keys, 'sim', POPULATION);
  const results = createStoredResults(redis, keys, 'sim', POPULATION);
  const key = keys.simulation('sim').population(POPULATION);
  const file = join(folder, 'people.jsonl');
  let runs = 0;
  const said: string[] = [];

  const population = {
    redis,
    keys,
    key,
    folder,
    file,
    populations,
    transactions,
    results,
    define,
    said,
    commit: async (...slots: number[]) => {
      for (const slot of slots) {
        await transactions.commit(slot, { name: `Person ${slot}`, payload: payloadOf(slot) });
      }
    },
    outbox: (holder: string, leaseMs = LEASE_MS) =>
      createOutbox(redis, keys, { simulation: 'sim', population: POPULATION, holder, leaseMs }),
    /** One pass of a process of its own, unless told otherwise. */
    prune: ({ outbox, ...changes }: Partial<PruneOptions> & { outbox?: Outbox } = {}) => {
      const newOutbox = () => {
        runs += 1;
        return outbox ?? population.outbox(`run ${runs}`);
      };
      return prunePeople({
        newOutbox,
        results,
        shared: { simulation: 'sim', population: POPULATION, seed: '7' },
        file,
        openFile: openOutboxFile,
        leaseMs: LEASE_MS,
        clocks: systemClocks,
        isLast: () => true,
        untilNext: async () => {},
        signal: new AbortController().signal,
        say: (text) => void said.push(text),
        ...changes,
      });
    },
    async status() {
      const status = await populations.status(POPULATION);
      assert.ok(status);
      return status;
    },
    /** The slots of the lines of a file, in their order; of its first bytes, where so many are given. */
    async slotsIn(path = file, bytes?: number): Promise<number[]> {
      const text = (await readFile(path).catch(() => Buffer.alloc(0))).subarray(0, bytes).toString();
      assert.ok(text === '' || text.endsWith('\n'), 'whole lines');
      const lines: PersonLine[] = text.split('\n').flatMap((each) => (each === '' ? [] : JSON.parse(each)));
      for (const { slot, name } of lines) assert.equal(name, `Person ${slot}`);
      return lines.map(({ slot }) => slot);
    },
    /** Slots whose results are in Redis. */
    async stored(): Promise<number[]> {
      const buckets = Array.from({ length: Math.ceil(size / 1_024) + 1 }, (_, bucket) =>
        results.storedSlots(bucket),
      );
      return (await Promise.all(buckets)).flat().toSorted((a, b) => a - b);
    },
    /** Each of these is in the confirmed part of the file or in Redis, once; and has its name. */
    async assertNobodyLostOrDoubled(committed: Iterable<number>): Promise<void> {
      const { confirmedBytes, pruned } = await population.outbox('').record();
      const written = await population.slotsIn(file, confirmedBytes);
      const all = [...written, ...(await population.stored())];
      const expected = [...committed].toSorted((a, b) => a - b);
      assert.deepEqual(
        all.toSorted((a, b) => a - b),
        expected,
      );
      assert.equal(pruned, written.length, 'the count of the pruned');
      const owners = await redis.hgetall(keys.simulation('sim').names);
      assert.deepEqual(
        owners,
        Object.fromEntries(
          expected.map((slot) => [canonicalName(`Person ${slot}`), `${POPULATION}/${slot}`]),
        ),
      );
    },
  };
  return population;
}
