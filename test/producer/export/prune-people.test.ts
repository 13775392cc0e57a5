import assert from 'node:assert/strict';
import {
  appendFile,
  copyFile,
  mkdir,
  readdir,
  readFile,
  rename,
  stat,
  symlink,
  truncate,
  writeFile,
} from 'node:fs/promises';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { test } from 'node:test';
import { exportPeople } from '../../../src/producer/export/export-population.ts';
import { type OutboxFile, openOutboxFile } from '../../../src/producer/export/outbox-file.ts';
import { createResults } from '../../../src/shared/transactions/results.ts';
import { POPULATION, type PrunedPopulation, prunedPopulation } from './pruned-population.ts';

/** The file of an outbox with some of its ways replaced. */
const withFile =
  (replaced: (file: OutboxFile) => Partial<OutboxFile>) =>
  async (path: string): Promise<OutboxFile> => {
    const file = await openOutboxFile(path);
    return {
      get length() {
        return file.length;
      },
      append: file.append,
      sync: file.sync,
      assertUntouched: file.assertUntouched,
      cutBack: file.cutBack,
      [Symbol.asyncDispose]: () => file[Symbol.asyncDispose](),
      ...replaced(file),
    };
  };

/** The lease runs out, as it does for a process that is stopped. */
const endLease = ({ redis, key }: PrunedPopulation) => redis.del(key.outbox);

test('the lines are those of an export, in slot order within a pass; a later pass follows on', async (t) => {
  const population = await prunedPopulation(t);
  const { redis, keys, folder, file } = population;
  await population.commit(2_000, 7, 1_024, 0);
  const whole = join(folder, 'whole.jsonl');
  await exportPeople(
    [
      {
        results: createResults(redis, keys, 'sim', POPULATION),
        shared: { simulation: 'sim', population: POPULATION, seed: '7' },
        wanted: { from: 0, to: 5_000 },
      },
    ],
    { format: 'jsonl', out: whole, stdout: new PassThrough(), signal: new AbortController().signal },
  );
  assert.deepEqual(await population.prune(), { people: 4 });
  assert.equal(await readFile(file, 'utf8'), await readFile(whole, 'utf8'));
  await population.commit(3, 1);
  await population.define(9_000);
  await population.commit(8_500);
  assert.deepEqual(await population.prune(), { people: 3 });
  assert.deepEqual(await population.slotsIn(), [0, 7, 1_024, 2_000, 1, 3, 8_500]);
  assert.deepEqual(await population.prune(), { people: 0 });
  await population.assertNobodyLostOrDoubled([0, 7, 1_024, 2_000, 1, 3, 8_500]);
  assert.equal(await redis.exists(population.key.outbox), 0, 'the lease was given back');
});

test('passes go on until the last one, and each takes who came since', async (t) => {
  const population = await prunedPopulation(t);
  const toCome = [[5], [], [4, 2_000], [1]];
  const seen: number[][] = [];
  const pruned = await population.prune({
    isLast: () => toCome.length === 0,
    untilNext: async () => {
      seen.push(await population.slotsIn());
      await population.commit(...(toCome.shift() ?? []));
    },
  });
  assert.deepEqual(pruned, { people: 4 });
  assert.deepEqual(seen, [[], [5], [5], [5, 4, 2_000]]);
  assert.deepEqual(await population.slotsIn(), [5, 4, 2_000, 1]);
});

test('nobody is pruned whose line is not synced', async (t) => {
  const population = await prunedPopulation(t);
  await population.commit(0, 1_024);
  const stored: number[][] = [];
  await population.prune({
    openFile: withFile((file) => ({
      sync: async () => {
        stored.push(await population.stored());
        await file.sync();
      },
    })),
  });
  assert.deepEqual(stored, [[0, 1_024]]);
});

test('a file whose name leads over links is one file', async (t) => {
  const population = await prunedPopulation(t);
  const { folder, file } = population;
  await population.commit(0);
  await population.prune({ file: join(folder, 'new', 'a', '..', '..', 'people.jsonl') });
  await population.commit(1);
  await symlink(file, join(folder, 'link'));
  await population.prune({ file: join(folder, 'link') });
  assert.deepEqual(await population.slotsIn(), [0, 1]);
  assert.equal((await population.status()).prunedTo, file);
});

test('a first file that holds something is refused and stays as it is', async (t) => {
  const population = await prunedPopulation(t);
  await population.commit(0);
  await writeFile(population.file, 'mine\n');
  await assert.rejects(population.prune(), {
    name: 'UserError',
    exitCode: 2,
    message: /people\.jsonl is there already, and no export of population .* nothing is overwritten/,
  });
  assert.equal(await readFile(population.file, 'utf8'), 'mine\n');
  assert.equal(await population.redis.exists(population.key.outbox), 0);
  // An empty one is as good as none.
  await truncate(population.file);
  assert.deepEqual(await population.prune(), { people: 1 });
});

test('what is no regular file is refused', async (t) => {
  const population = await prunedPopulation(t);
  await population.commit(0);
  for (const file of ['/dev/null', population.folder]) {
    await assert.rejects(population.prune({ file }), { name: 'UserError', message: /not a regular file/ });
  }
  await writeFile(population.file, '');
  await assert.rejects(population.prune({ file: join(population.file, 'below') }), {
    name: 'UserError',
    message: /^cannot write .*below: .*Nothing is lost/,
  });
  assert.deepEqual(await population.stored(), [0]);
});

test('once people are pruned, another file, a shorter or a changed one is refused, and says where they are', async (t) => {
  const population = await prunedPopulation(t);
  const { file, folder } = population;
  await population.commit(0, 1);
  await population.prune();
  await population.commit(2);
  const { size } = await stat(file);
  const other = join(folder, 'other.jsonl');
  await assert.rejects(population.prune({ file: other }), {
    name: 'UserError',
    message: `the 2 pruned people of population ${POPULATION} are in ${file}, where the others belong too: expected that file as --out, got ${other}`,
  });
  const text = await readFile(file, 'utf8');
  await truncate(file, size - 1);
  await assert.rejects(population.prune(), {
    name: 'UserError',
    message: /has \d+ bytes, but the 2 pruned people/,
  });
  await writeFile(file, `${text.slice(0, -1)} `);
  await assert.rejects(population.prune(), {
    name: 'UserError',
    message: /was changed: expected the line of slot 1/,
  });
  await writeFile(file, text.replace('{"slot":1,', '{"slot":9,'));
  await assert.rejects(population.prune(), { name: 'UserError', message: /was changed/ });
  assert.equal(await population.redis.exists(population.key.outbox), 0, 'nobody holds a lease then');
  assert.deepEqual(await population.stored(), [2]);
  await writeFile(file, text);
  assert.deepEqual(await population.prune(), { people: 1 });
});

test('a file that was moved is gone on with under its new name; another one is not taken for it', async (t) => {
  const population = await prunedPopulation(t);
  const { file, folder } = population;
  await population.commit(0, 1, 2);
  await population.prune();
  await population.commit(3);
  const moved = join(folder, 'archive', 'moved.jsonl');
  await mkdir(join(folder, 'archive'));
  await copyFile(file, moved);
  await assert.rejects(population.prune({ file: moved }), /expected that file as --out/);
  await rename(file, join(folder, 'away'));
  const text = await readFile(moved, 'utf8');
  const [first = '', second = '', third = ''] = text.split('\n');
  // As long, and with the same last line, but of fewer people.
  await writeFile(moved, `${first} ${second}\n${third}\n`);
  await assert.rejects(
    population.prune({ file: moved }),
    /which is gone, and .*moved\.jsonl is not that file/,
  );
  await assert.rejects(population.prune(), /has 0 bytes, but the 3 pruned people/);
  await writeFile(moved, text);
  assert.deepEqual(await population.prune({ file: moved }), { people: 1 });
  assert.deepEqual(await population.slotsIn(moved), [0, 1, 2, 3]);
  assert.equal((await population.status()).prunedTo, moved);
});

test('a full disk: one clear line, the file ends with its last confirmed line, and the next run goes on', async (t) => {
  const population = await prunedPopulation(t);
  await population.commit(0, 1);
  await population.prune();
  await population.commit(2, 1_024);
  const confirmed = await readFile(population.file, 'utf8');
  let writes = 0;
  const openFile = withFile((file) => ({
    append: async (bytes) => {
      writes += 1;
      if (writes === 1) return file.append(bytes);
      await file.append(bytes.subarray(0, 10));
      throw Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' });
    },
  }));
  await assert.rejects(population.prune({ openFile }), {
    name: 'UserError',
    exitCode: 2,
    message: `cannot write ${population.file}: no space is left on the device. Nothing is lost: whoever is not in the file is in Redis; mend that and run the same command again`,
  });
  assert.equal(await readFile(population.file, 'utf8'), confirmed);
  await population.assertNobodyLostOrDoubled([0, 1, 2, 1_024]);
  assert.deepEqual(await population.prune(), { people: 2 });
  assert.deepEqual(await population.slotsIn(), [0, 1, 2, 1_024]);
});

test('two at once: the second is refused when the first shows that it is alive', async (t) => {
  const population = await prunedPopulation(t);
  await population.commit(0);
  const first = population.outbox('process 1 on here');
  await first.open({ file: population.file, bytes: 0 });
  const renewals = setInterval(() => first.renew(), 50);
  t.after(() => clearInterval(renewals));
  await assert.rejects(population.prune(), {
    name: 'UserError',
    exitCode: 2,
    message:
      /^process 1 on here writes the people of population \w+: one process at a time does, and its lease, which it renews, lasts another \d+ s/,
  });
  assert.deepEqual(await population.stored(), [0]);
});

test('one that was killed is waited for, and then taken over from', async (t) => {
  const population = await prunedPopulation(t);
  await population.commit(0);
  await population.outbox('killed', 600).open({ file: population.file, bytes: 0 });
  assert.deepEqual(await population.prune(), { people: 1 });
  assert.match(population.said.join(), /^killed writes the people of \w+ already, or was killed: waiting/);
});

test('the wait for another one ends when it is told to stop', async (t) => {
  const population = await prunedPopulation(t);
  await population.outbox('other').open({ file: population.file, bytes: 0 });
  const stopping = new AbortController();
  const say = () => stopping.abort();
  await assert.rejects(population.prune({ signal: stopping.signal, say }), {
    name: 'UserError',
    exitCode: 130,
  });
});

test('a process that was stopped past its lease knows it by its clock: it neither writes nor prunes', async (t) => {
  const population = await prunedPopulation(t);
  const { results } = population;
  await population.commit(0, 1);
  let sleptMs = 0;
  let isStopped = false;
  const writes: number[] = [];
  const stale = population.prune({
    clocks: { monotonicMs: () => performance.now() + sleptMs, wallMs: Date.now },
    results: {
      ...results,
      payloads: async (slots) => {
        const payloads = await results.payloads(slots);
        if (!isStopped) {
          isStopped = true;
          await endLease(population);
          await population.prune();
          sleptMs = 120_000;
        }
        return payloads;
      },
    },
    openFile: withFile((file) => ({
      append: async (bytes) => {
        writes.push(bytes.length);
        await file.append(bytes);
      },
    })),
  });
  assert.deepEqual(await stale, { people: 0 });
  assert.deepEqual(writes, []);
  assert.match(population.said.join(), /the lease on the file ran out/);
  assert.deepEqual(await population.slotsIn(), [0, 1]);
  await population.assertNobodyLostOrDoubled([0, 1]);
});

test('stopped exactly before its write, it damages nothing, and what it adds is cut off', async (t) => {
  const population = await prunedPopulation(t);
  await population.commit(0, 1);
  let isStopped = false;
  const stale = population.prune({
    openFile: withFile((file) => ({
      append: async (bytes) => {
        if (!isStopped) {
          isStopped = true;
          await endLease(population);
          await population.prune();
          await population.commit(2);
          await population.prune();
        }
        await file.append(bytes);
      },
    })),
  });
  assert.deepEqual(await stale, { people: 0 });
  assert.deepEqual(await population.slotsIn(), [0, 1, 2]);
  await population.assertNobodyLostOrDoubled([0, 1, 2]);
});

const STRAY = '{"slot":0,"of":"a stale process"}\n';

test('lines that a stale process adds between two passes are cut off by the next one, whether anybody is new or not', async (t) => {
  const population = await prunedPopulation(t);
  const { file, folder } = population;
  await population.commit(0);
  let passes = 0;
  await population.prune({
    isLast: () => passes === 4,
    untilNext: async () => {
      passes += 1;
      if (passes === 1) await appendFile(file, STRAY);
      if (passes === 3) {
        assert.deepEqual(await population.slotsIn(), [0]);
        await appendFile(file, STRAY);
        await population.commit(1);
      }
    },
  });
  assert.deepEqual(await population.slotsIn(), [0, 1]);
  await appendFile(file, STRAY);
  await population.prune();
  assert.deepEqual(await population.slotsIn(), [0, 1]);
  assert.equal((await readdir(folder)).filter((name) => name.includes('.cut-')).length, 3);
});

test('lines that a stale process adds within a pass confirm nobody', async (t) => {
  const population = await prunedPopulation(t);
  await population.commit(0, 1_024);
  let writes = 0;
  const openFile = withFile((file) => ({
    append: async (bytes) => {
      writes += 1;
      if (writes === 2) await appendFile(population.file, STRAY);
      await file.append(bytes);
    },
  }));
  assert.deepEqual(await population.prune({ openFile }), { people: 2 });
  assert.deepEqual(await population.slotsIn(), [0, 1_024]);
  await population.assertNobodyLostOrDoubled([0, 1_024]);
});

test('a population that is forgotten meanwhile ends it', async (t) => {
  const population = await prunedPopulation(t);
  await population.commit(0);
  const pruning = population.prune({
    isLast: () => false,
    untilNext: () => population.populations.forget(POPULATION),
  });
  await assert.rejects(pruning, { name: 'UserError', message: /has no population/ });
});

/** Everything of the population as it is now, to go back to. */
async function snapshot({ redis, keys }: PrunedPopulation): Promise<() => Promise<void>> {
  const pattern = `${keys.simulations.slice(0, -'simulations'.length)}*`;
  const names = await redis.keys(pattern);
  const values = await Promise.all(names.map(async (name) => [name, await redis.dumpBuffer(name)] as const));
  return async () => {
    for (const name of await redis.keys(pattern)) await redis.unlink(name);
    for (const [name, value] of values) if (value !== null) await redis.restore(name, 0, value);
  };
}

test('Redis comes back without its last prunes: the lines are written again, nobody twice', async (t) => {
  const population = await prunedPopulation(t);
  await population.commit(0, 1);
  await population.prune();
  let passes = 0;
  let goBack = async () => {};
  await population.prune({
    isLast: () => passes === 4,
    untilNext: async () => {
      passes += 1;
      if (passes === 1) {
        await population.commit(2, 3);
        goBack = await snapshot(population); // with the lease
      }
      if (passes === 2) await goBack();
    },
  });
  assert.match(
    population.said.join(),
    /Redis has \d+ bytes of .* confirmed, not \d+: looking at Redis and the file afresh/,
  );
  assert.deepEqual(await population.slotsIn(), [0, 1, 2, 3]);
  await population.assertNobodyLostOrDoubled([0, 1, 2, 3]);
  assert.deepEqual(await readdir(population.folder), ['people.jsonl']);
});

test('Redis comes back without its last commits: their lines are set aside, and the file is what Redis says', async (t) => {
  const population = await prunedPopulation(t);
  await population.commit(0, 1);
  await population.prune();
  const goBack = await snapshot(population);
  await population.commit(2, 3);
  await population.prune();
  const lines = (await readFile(population.file, 'utf8')).split('\n').slice(2).join('\n');
  await goBack();
  assert.deepEqual(await population.prune(), { people: 0 });
  assert.deepEqual(await population.slotsIn(), [0, 1]);
  await population.assertNobodyLostOrDoubled([0, 1]);
  const [aside = ''] = (await readdir(population.folder)).filter((name) => name.includes('.cut-'));
  assert.equal(await readFile(join(population.folder, aside), 'utf8'), lines);
  assert.match(population.said.join(), /went on behind its confirmed end .* kept in .*\.cut-/);
});

test('a result that nobody has any more is reported, and the others are written', async (t) => {
  const population = await prunedPopulation(t);
  await population.commit(0, 1, 2);
  await population.redis.hdel(population.key.results(0), '1');
  assert.deepEqual(await population.prune(), { people: 2 });
  assert.match(
    population.said.join(),
    /1 committed people of \w+ are neither in Redis nor in .*: Redis has lost data/,
  );
  assert.deepEqual(await population.slotsIn(), [0, 2]);
});

test('told to stop within a pass, it confirms what it wrote and returns', async (t) => {
  const population = await prunedPopulation(t);
  await population.commit(0, 1_024, 2_048);
  const stopping = new AbortController();
  const openFile = withFile((file) => ({
    append: (bytes) => {
      stopping.abort();
      return file.append(bytes);
    },
  }));
  const pruned = await population.prune({ openFile, signal: stopping.signal, isLast: () => false });
  assert.deepEqual(pruned, { people: 1 });
  assert.deepEqual(await population.slotsIn(), [0]);
  assert.deepEqual(await population.stored(), [1_024, 2_048]);
});

test('told to stop while Redis does not answer, it ends with 130', async (t) => {
  const population = await prunedPopulation(t);
  const stopping = new AbortController();
  const results = {
    ...population.results,
    committedBits: () => {
      stopping.abort();
      return new Promise<Buffer>(() => {});
    },
  };
  await assert.rejects(population.prune({ results, signal: stopping.signal }), {
    name: 'UserError',
    exitCode: 130,
    message: 'interrupted: who is not in the file yet is in Redis',
  });
});
