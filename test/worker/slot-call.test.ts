import assert from 'node:assert/strict';
import { test } from 'node:test';
import pLimit from 'p-limit';
import { ModelCallError, type Reaction } from '../../src/shared/errors.ts';
import { canonicalName } from '../../src/shared/transactions/canonical-name.ts';
import { type Gate, person, plannedSlots, type Step, scriptedModel } from './planned-slots.ts';

// What a slot announces before its call is let through, what it then sends, and from which place.

const fails =
  (reaction: Reaction, reason: string): Step & Gate =>
  () => {
    throw new ModelCallError(`because of ${reason}`, { reaction, reason });
  };

test('a call is announced with the prompt it will have, which is rendered once, however often it is sent', async (t) => {
  const { run, population, id } = await plannedSlots(t);
  let rendered = 0;
  const counting: typeof population = {
    ...population,
    renderPrompt: (slot) => {
      rendered += 1;
      return population.renderPrompt(slot);
    },
  };
  const wait = fails('wait', 'rate_limited');
  const model = scriptedModel([wait, fails('retry', 'server_error'), wait]);
  assert.equal(await run(0, model, { population: counting }), 'committed');
  assert.equal(model.requests.length, 4);
  for (const [index, { account, kind, expected }] of model.asked.entries()) {
    assert.deepEqual([account, kind, expected.cacheKey], [`sim/${id}`, 'calls', id]);
    assert.deepEqual(model.requests[index], expected);
  }
  assert.equal(rendered, 1);
});

test('a name that was taken while the call waited makes another prompt, of another name only', async (t) => {
  const { run, record, ownName, redis, names, population } = await plannedSlots(t);
  const [first, second] = [ownName(0).full, ownName(0, 1).full];
  const taken: Gate = async () => {
    await redis.hset(names, canonicalName(first), 'imported/7');
  };
  const model = scriptedModel([fails('retry', 'server_error')], [taken]);
  assert.equal(await run(0, model), 'committed');
  const [before, after] = model.asked;
  assert.match(before?.expected.user ?? '', new RegExp(`- name: ${first}\n`));
  assert.equal(model.requests[0]?.user, before?.expected.user.replace(first, second));
  assert.deepEqual(after?.expected, model.requests[0], 'the next one is announced with the name it has');
  const { persona, promptDigest } = await record(0);
  assert.equal(persona.name, second);
  assert.equal(promptDigest, population.renderPrompt({ characteristics: {}, name: second }).digest);
});

test('after an answer that was cut off every further call asks for more room, repairs too', async (t) => {
  const { run } = await plannedSlots(t, { attempts: 3 });
  const shallow = person({ beliefs: [] });
  const model = scriptedModel([fails('retry', 'server_error'), fails('retry', 'length'), shallow]);
  assert.equal(await run(0, model), 'committed');
  assert.deepEqual(
    model.requests.map(({ moreRoom }) => moreRoom),
    [false, false, true, true],
  );
});

test('an answer that is cut off with more room gives the slot up', async (t) => {
  const { run, status } = await plannedSlots(t, { attempts: 3 });
  const model = scriptedModel([fails('retry', 'length'), fails('give-up', 'length'), person()]);
  assert.equal(await run(0, model), 'failed');
  assert.equal(model.requests.length, 2);
  assert.deepEqual((await status()).failedByReason, { length: 1 });
});

test('when the fleet is paused the population is too, with that reason, and nothing was counted', async (t) => {
  const { run, status, redis, key, names, populations, id } = await plannedSlots(t);
  const paused: Gate = () => {
    throw new ModelCallError('the fleet is paused: no quota', { reaction: 'pause', reason: 'quota' });
  };
  const model = scriptedModel([], [paused]);
  assert.equal(await run(0, model), 'left');
  const { state, reason } = await status();
  assert.deepEqual([state, reason], ['paused', 'the fleet is paused: no quota']);
  assert.equal(model.requests.length, 0);
  assert.equal(await redis.exists(key.attempts, key.reservations, names), 0);
  await populations.resume(id);
  assert.equal(await run(0, model), 'committed');
});

test('a place is held while its call waits for rate: nobody else asks from it', async (t) => {
  const { run } = await plannedSlots(t);
  const permits = pLimit(1);
  const waiting = Promise.withResolvers<void>();
  const opened = Promise.withResolvers<void>();
  const model = scriptedModel(
    [],
    [
      () => {
        waiting.resolve();
        return opened.promise;
      },
    ],
  );
  const runs = [0, 1].map((slot) => run(slot, model, { permits }));
  await waiting.promise;
  assert.deepEqual([permits.activeCount, permits.pendingCount, model.asked.length], [1, 1, 1]);
  opened.resolve();
  assert.deepEqual(await Promise.all(runs), ['committed', 'committed']);
});

test('whoever gets the place of a call that was paused sees the pause', async (t) => {
  const { run } = await plannedSlots(t);
  const permits = pLimit(1);
  const model = scriptedModel([fails('pause', 'quota')]);
  const outcomes = await Promise.all([0, 1, 2].map((slot) => run(slot, model, { permits })));
  assert.deepEqual(outcomes, ['left', 'left', 'left']);
  assert.equal(model.requests.length, 1);
});

test('a slot that stood in line for a place when the worker stopped asks for nothing', async (t) => {
  const { run } = await plannedSlots(t);
  const permits = pLimit(1);
  const stopping = new AbortController();
  const model = scriptedModel([
    (name, signal) => {
      stopping.abort();
      return person()(name, signal);
    },
  ]);
  const outcomes = await Promise.all(
    [0, 1].map((slot) => run(slot, model, { permits, stopping: stopping.signal })),
  );
  assert.deepEqual(outcomes, ['committed', 'left']);
  assert.equal(model.asked.length, 1);
});
