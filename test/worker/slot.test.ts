import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ModelCallError, type Reaction } from '../../src/shared/errors.ts';
import { canonicalName } from '../../src/shared/transactions/canonical-name.ts';
import type { Failure } from '../../src/shared/transactions/populations.ts';
import { CallAbortedError } from '../../src/worker/llm/model-call.ts';
import { person, plannedSlots, type Step, scriptedModel } from './planned-slots.ts';

const fails =
  (reaction: Reaction, reason: string): Step =>
  () => {
    throw new ModelCallError(`because of ${reason}`, { reaction, reason });
  };
const retry = fails('retry', 'server_error');
const wait = fails('wait', 'rate_limited');
const aborted: Step = () => {
  throw new CallAbortedError('aborted', { wasSent: true });
};

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const collected: T[] = [];
  for await (const item of items) collected.push(item);
  return collected;
}

test('a slot is generated under its own name and committed with all that is told of it', async (t) => {
  const { run, record, status, ownName, redis, names, id, key, counted } = await plannedSlots(t);
  const model = scriptedModel();
  assert.equal(await run(1, model), 'committed');
  const { persona, promptDigest, committedAt, ...rest } = await record(1);
  assert.equal(persona.name, ownName(1).full);
  assert.match(promptDigest, /^[0-9a-f]{16}$/);
  assert.ok(!Number.isNaN(Date.parse(committedAt)));
  assert.deepEqual(rest, {
    characteristics: {},
    cells: {},
    model: 'answering-model',
    simulated: false,
    attempts: 1,
    tokens: { prompt: 100, cached: 60, completion: 10 },
  });
  const [request] = model.requests;
  assert.equal(request?.model, 'asked-model');
  assert.match(request?.user ?? '', new RegExp(`- name: ${ownName(1).full}`));
  assert.deepEqual(await redis.hgetall(names), { [canonicalName(ownName(1).full)]: `${id}/1` });
  assert.equal(await redis.exists(key.reservations, key.attempts), 0);
  const { committed, failed } = await status();
  assert.deepEqual({ committed, failed }, { committed: 1, failed: 0 });
  assert.equal(await counted('slots', { outcome: 'committed' }), 1);
  assert.equal(await counted('names', { outcome: 'reserved' }), 1);
});

test('a slot that is committed is replayed without a call', async (t) => {
  const { run, record } = await plannedSlots(t);
  await run(0, scriptedModel());
  const first = await record(0);
  const model = scriptedModel();
  assert.equal(await run(0, model), 'replayed');
  assert.equal(model.requests.length, 0);
  assert.deepEqual(await record(0), first);
});

test('calls that fail are tried again, under the same name, until one is committed', async (t) => {
  const { run, record, ownName, counted } = await plannedSlots(t);
  const model = scriptedModel([retry, () => 'not JSON']);
  assert.equal(await run(0, model), 'committed');
  assert.equal(model.requests.length, 3);
  assert.equal(new Set(model.requests.map(({ user }) => user)).size, 1);
  const { attempts, tokens, persona } = await record(0);
  assert.equal(persona.name, ownName(0).full);
  assert.equal(attempts, 3);
  // The second answer was useless, but it was paid for.
  assert.deepEqual(tokens, { prompt: 200, cached: 120, completion: 20 });
  assert.equal(await counted('modelRetries', {}), 2);
  assert.equal(await counted('modelRetries', { reason: 'invalid_json' }), 1);
});

test('when the attempts are spent the slot fails with the last reason and gives its name back', async (t) => {
  const { run, status, redis, names, key, populations, id, counted } = await plannedSlots(t, { attempts: 2 });
  const model = scriptedModel([retry, () => '{}', person()]);
  assert.equal(await run(0, model), 'failed');
  assert.equal(model.requests.length, 2);
  const { failed, failedByReason } = await status();
  assert.deepEqual({ failed, failedByReason }, { failed: 1, failedByReason: { invalid_persona: 1 } });
  const [failure]: Failure[] = await all(populations.failures(id));
  assert.deepEqual([failure?.slot, failure?.reason, failure?.attempts], [0, 'invalid_persona', 2]);
  assert.equal(await redis.exists(names, key.reservations, key.attempts), 0);
  assert.equal(await counted('slots', { outcome: 'failed', reason: 'invalid_persona' }), 1);
  assert.equal(await run(0, model), 'failed', 'a failed slot is not called again');
  assert.equal(model.requests.length, 2);
});

test('attempts are counted across runs: what workers that died began is not begun again', async (t) => {
  const { run, attempts, status } = await plannedSlots(t, { attempts: 3 });
  const died: Step = () => {
    throw new Error('the worker dies here');
  };
  for (const begun of [1, 2, 3]) {
    await assert.rejects(run(0, scriptedModel([died])), /the worker dies here/);
    assert.equal(await attempts(0), begun);
  }
  const model = scriptedModel();
  assert.equal(await run(0, model), 'failed');
  assert.equal(model.requests.length, 0);
  assert.deepEqual((await status()).failedByReason, { attempts_spent: 1 });
});

test('being told to wait spends no attempt, however often', async (t) => {
  const { run, record, counted } = await plannedSlots(t, { attempts: 1 });
  const model = scriptedModel([wait, wait, wait, wait, wait]);
  assert.equal(await run(0, model), 'committed');
  assert.equal(model.requests.length, 6);
  assert.equal((await record(0)).attempts, 1);
  assert.equal(await counted('modelRetries', { reason: 'rate_limited' }), 5);
});

test('a failure after a wait spends the attempt, so that waiting is no way to call for ever', async (t) => {
  const { run } = await plannedSlots(t, { attempts: 2 });
  const model = scriptedModel([wait, retry, wait, wait, retry, person()]);
  assert.equal(await run(0, model), 'failed');
  assert.equal(model.requests.length, 5);
});

test('a pause pauses the population, says why, and leaves the slot open with its attempt', async (t) => {
  const { run, status, attempts, populations, id, redis, names } = await plannedSlots(t, { attempts: 1 });
  assert.equal(await run(0, scriptedModel([fails('pause', 'quota')])), 'left');
  const { state, reason, failed } = await status();
  assert.deepEqual({ state, reason, failed }, { state: 'paused', reason: 'because of quota', failed: 0 });
  assert.equal(await attempts(0), 0);
  assert.equal(await redis.hlen(names), 1, 'the slot keeps its name');

  const other = scriptedModel();
  assert.equal(await run(1, other), 'left');
  assert.equal(other.requests.length, 0, 'a paused population is not called for');

  await populations.resume(id);
  assert.equal(await run(0, scriptedModel()), 'committed');
});

test('a refusal gives the slot up at once, releases its name, and leaves the others alone', async (t) => {
  const { run, status, redis, names, ownName, id } = await plannedSlots(t);
  assert.equal(await run(0, scriptedModel([fails('give-up', 'refusal')])), 'failed');
  assert.equal(await redis.exists(names), 0);
  assert.equal(await run(1, scriptedModel()), 'committed');
  assert.equal(await run(2, scriptedModel()), 'committed');
  const { state, committed, failed, failedByReason } = await status();
  assert.deepEqual(
    { state, committed, failed, failedByReason },
    { state: 'partial', committed: 2, failed: 1, failedByReason: { refusal: 1 } },
  );
  assert.deepEqual(
    new Set(Object.entries(await redis.hgetall(names)).map(([name, owner]) => `${name} ${owner}`)),
    new Set([1, 2].map((slot) => `${canonicalName(ownName(slot).full)} ${id}/${slot}`)),
  );
});

test('an aborted call gives its attempt back and leaves the slot open, with its name', async (t) => {
  const { run, attempts, redis, names, record } = await plannedSlots(t, { attempts: 1 });
  for (const _ of [1, 2, 3]) {
    assert.equal(await run(0, scriptedModel([aborted])), 'left');
    assert.equal(await attempts(0), 0);
  }
  assert.equal(await redis.hlen(names), 1);
  assert.equal(await run(0, scriptedModel()), 'committed');
  assert.equal((await record(0)).attempts, 1);
});

test('an abort after a wait gives back the one attempt that was counted', async (t) => {
  const { run, attempts } = await plannedSlots(t);
  assert.equal(await run(0, scriptedModel([retry, wait, aborted])), 'left');
  assert.equal(await attempts(0), 1, 'the failed call stays spent');
});

test('a slot that is told to stop before it begins, or during its backoff, calls no model', async (t) => {
  const { run, attempts } = await plannedSlots(t);
  const model = scriptedModel();
  assert.equal(await run(0, model, { signal: AbortSignal.abort() }), 'left');
  assert.equal(model.requests.length, 0);
  assert.equal(await attempts(0), 0);

  const stopping = new AbortController();
  const failing = scriptedModel([
    () => {
      queueMicrotask(() => stopping.abort());
      throw new ModelCallError('busy', {
        reaction: 'retry',
        reason: 'server_error',
        retryAfterMs: 3_600_000,
      });
    },
  ]);
  assert.equal(await run(1, failing, { signal: stopping.signal }), 'left');
  assert.equal(failing.requests.length, 1);
  assert.equal(await attempts(1), 1, 'that attempt did fail');
});

test('cancelled and unknown populations leave the slot, without a call or after it', async (t) => {
  const { run, populations, id, status, redis, names } = await plannedSlots(t);
  const model = scriptedModel([
    async (name, signal) => {
      await populations.cancel(id);
      return person()(name, signal);
    },
  ]);
  assert.equal(await run(0, model), 'left');
  assert.equal(await run(1, model), 'left');
  assert.equal(model.requests.length, 1);
  assert.equal((await status()).committed, 0);
  assert.equal(await redis.exists(names), 0);
  await populations.forget(id);
  assert.equal(await run(2, scriptedModel()), 'left');
});

test('of two runs of one slot at the same time one commits, and both tell of one result', async (t) => {
  const { run, status, record, redis, names } = await plannedSlots(t);
  const outcomes = await Promise.all([
    run(0, scriptedModel([person({ age: 30 })])),
    run(0, scriptedModel([person({ age: 60 })])),
  ]);
  assert.deepEqual(outcomes.toSorted(), ['committed', 'replayed']);
  assert.ok([30, 60].includes((await record(0)).persona.age));
  assert.equal((await status()).committed, 1);
  assert.equal(await redis.hlen(names), 1);
});

test('a name that another population owns costs a round trip, not a call', async (t) => {
  const { run, record, redis, names, ownName, counted } = await plannedSlots(t);
  await redis.hset(names, canonicalName(ownName(0).full), 'imported/7');
  const model = scriptedModel();
  assert.equal(await run(0, model), 'committed');
  assert.equal(model.requests.length, 1);
  assert.equal((await record(0)).persona.name, ownName(0, 1).full);
  assert.equal(await redis.hget(names, canonicalName(ownName(0).full)), 'imported/7');
  assert.equal(await counted('names', { outcome: 'taken' }), 1);
});

test('when all candidates of a round trip are taken, the next ones are tried', async (t) => {
  const { run, record, redis, names, ownName } = await plannedSlots(t);
  for (const attempt of [0, 1, 2, 3, 4, 5]) {
    await redis.hset(names, canonicalName(ownName(0, attempt).full), 'imported/7');
  }
  assert.equal(await run(0, scriptedModel()), 'committed');
  assert.equal((await record(0)).persona.name, ownName(0, 6).full);
});

test('a name that was lost during the call is replaced by another one, in the same run', async (t) => {
  const { run, record, redis, names, ownName, status } = await plannedSlots(t);
  const model = scriptedModel([
    async (name, signal) => {
      await redis.hset(names, canonicalName(ownName(0).full), 'restored/7');
      return person()(name, signal);
    },
  ]);
  assert.equal(await run(0, model), 'committed');
  assert.equal(model.requests.length, 2);
  assert.equal((await record(0)).persona.name, ownName(0, 1).full);
  assert.equal(await redis.hget(names, canonicalName(ownName(0).full)), 'restored/7');
  assert.equal(await redis.hlen(names), 2);
  assert.equal((await status()).committed, 1);
});

test('another name in the answer is corrected in every field', async (t) => {
  const { run, record, ownName } = await plannedSlots(t);
  const step = person({
    name: 'Winifred Quackenbush',
    style: 'Winifred speaks fast.',
    beliefs: Array.from({ length: 8 }, (_, index) => `Belief ${index} of Mrs Quackenbush.`),
    relationships: ['Kofi', 'Esi', 'Yaw'].map((name) => ({ name, description: 'Calls her Winifred.' })),
  });
  assert.equal(await run(0, scriptedModel([step])), 'committed');
  const { persona } = await record(0);
  const { full, given, family } = ownName(0);
  assert.equal(persona.name, full);
  assert.equal(persona.style, `${given} speaks fast.`);
  assert.equal(persona.beliefs[0], `Belief 0 of Mrs ${family}.`);
  assert.doesNotMatch(JSON.stringify(persona), /Winifred|Quackenbush/);
  assert.deepEqual(
    persona.relationships.map(({ name }) => name),
    ['Kofi', 'Esi', 'Yaw'],
  );
});

test('sealed characteristics stand in the prompt and are set right in the answer, whatever its name is', async (t) => {
  const sealed = { Age: 33, gender: 'male', residence: 'Florence' };
  const { run, record } = await plannedSlots(t, {
    dimensions: [
      { name: 'Age', kind: 'range', min: 33, max: 33 },
      { name: 'gender', kind: 'values', values: [{ value: 'male', weight: 1 }] },
      { name: 'residence', kind: 'values', values: [{ value: 'Florence', weight: 1 }] },
    ],
  });
  const model = scriptedModel([person({ name: 'Florence Smith', age: 71, gender: 'female' })]);
  assert.equal(await run(0, model), 'committed');
  assert.match(model.requests[0]?.user ?? '', /- Age: 33\n- gender: male\n- residence: Florence/);
  const { persona, characteristics } = await record(0);
  assert.deepEqual([persona.age, persona.gender, persona.residence], [33, 'male', 'Florence']);
  assert.deepEqual({ ...characteristics }, sealed);
});

const chosen = { names: { locale: 'en', policy: 'model' } } as const;
const offers = (name: string, ...alternates: string[]) => person({ name, alternate_names: alternates });
const alternates = ['Bo Dunn', 'Cy Eck', 'Di Fox', 'Ed Gray', 'Flo Hart'];

test('policy "model": the prompt gives no name, and the first free one that is offered wins', async (t) => {
  const { run, record, redis, names, counted } = await plannedSlots(t, chosen);
  await redis.hset(names, canonicalName('Ann Cole'), 'imported/7');
  const model = scriptedModel([offers('Ann Cole', ...alternates)]);
  assert.equal(await run(0, model), 'committed');
  assert.doesNotMatch(model.requests[0]?.user ?? '', /- name:/);
  const { persona } = await record(0);
  assert.equal(persona.name, 'Bo Dunn');
  assert.ok(!('alternate_names' in persona));
  assert.equal(model.requests.length, 1);
  assert.equal(await counted('names', { outcome: 'taken' }), 1);
});

test('policy "model": when every name that is offered is taken, the slot falls back on its own', async (t) => {
  const { run, record, redis, names, ownName } = await plannedSlots(t, chosen);
  for (const name of ['Ann Cole', ...alternates]) await redis.hset(names, canonicalName(name), 'imported/7');
  const model = scriptedModel([offers('Ann Cole', ...alternates)]);
  assert.equal(await run(0, model), 'committed');
  assert.equal((await record(0)).persona.name, ownName(0).full);
  assert.equal(model.requests.length, 1, 'without another call');
});

test('policy "model": what has no letter or digit is no name', async (t) => {
  const { run, record, redis, names } = await plannedSlots(t, chosen);
  assert.equal(
    await run(0, scriptedModel([offers('???', '—', '…', '!!!', 'Bo Dunn', 'Cy Eck')])),
    'committed',
  );
  assert.equal((await record(0)).persona.name, 'Bo Dunn');
  assert.deepEqual(Object.keys(await redis.hgetall(names)), ['bo dunn']);
});

test('policy "model": a name that was claimed before a crash is kept by the rerun', async (t) => {
  const { run, record, redis, names, transactions } = await plannedSlots(t, chosen);
  const failing = {
    ...transactions,
    commit: () => Promise.reject(new Error('the worker dies here')),
  };
  await assert.rejects(
    run(0, scriptedModel([offers('Ann Cole', ...alternates)]), { transactions: failing }),
    /the worker dies here/,
  );
  const model = scriptedModel([offers('Zoe Zimmer', ...alternates)]);
  assert.equal(await run(0, model), 'committed');
  assert.match(model.requests[0]?.user ?? '', /- name: Ann Cole/);
  assert.equal((await record(0)).persona.name, 'Ann Cole');
  assert.equal(await redis.hlen(names), 1);
});

test('an error of Redis or of this program rejects, and the slot stays open with its name', async (t) => {
  const { run, transactions, redis, names, status } = await plannedSlots(t);
  const failing = { ...transactions, commit: () => Promise.reject(new Error('Redis is away')) };
  await assert.rejects(run(0, scriptedModel(), { transactions: failing }), /Redis is away/);
  assert.equal(await redis.hlen(names), 1);
  const { committed, failed } = await status();
  assert.deepEqual({ committed, failed }, { committed: 0, failed: 0 });
  assert.deepEqual(await transactions.openSlots(0, 3), [0, 1, 2]);
});
