import assert from 'node:assert/strict';
import { test } from 'node:test';
import pLimit from 'p-limit';
import { ModelCallError, type Reaction } from '../../src/shared/errors.ts';
import { CallAbortedError } from '../../src/worker/llm/model-call.ts';
import { examplePersona } from '../shared/person/example-persona.ts';
import { person, plannedSlots, type Step, scriptedModel } from './planned-slots.ts';

const fails =
  (reaction: Reaction, reason: string): Step =>
  () => {
    throw new ModelCallError(`because of ${reason}`, { reaction, reason });
  };
const aborted: Step = () => {
  throw new CallAbortedError('aborted', { wasSent: true });
};
const unsent: Step = () => {
  throw new CallAbortedError('stopped before the call', { wasSent: false });
};
const dies: Step = () => {
  throw new Error('the worker dies here');
};
const { beliefs } = examplePersona();
const shallow = person({ beliefs: beliefs.slice(0, 2) });
const repair: Step = (name) => JSON.stringify({ name, beliefs: beliefs.slice(2) });
const sealedAge = { dimensions: [{ name: 'age', kind: 'range', min: 34, max: 34 } as const] };
const wrongAge = person({ age: 45, style: 'At 45, you talk fast.' });

test('what lacks depth is asked for once more, by itself, and the whole is committed', async (t) => {
  const { run, record, attempts, counted, id } = await plannedSlots(t);
  const model = scriptedModel([shallow, repair]);
  assert.equal(await run(0, model), 'committed');
  const [first, second] = model.requests;
  assert.ok(second?.user.startsWith(first?.user ?? '-'), 'the prompts share all of the first');
  assert.equal(second?.system, first?.system);
  assert.equal(second?.model, 'asked-model');
  assert.deepEqual(second?.schema.schema.required, ['name', 'age', 'gender', 'nationality', 'beliefs']);
  const { persona, repairs, attempts: begun, tokens, warnings } = await record(0);
  assert.deepEqual(persona.beliefs, beliefs);
  assert.deepEqual([begun, repairs, warnings], [1, 1, undefined]);
  assert.deepEqual(tokens, { prompt: 200, cached: 120, completion: 20 });
  assert.deepEqual(model.sent, ['calls', 'repairCalls']);
  const charged = model.asked.map(({ account, expected: { cacheKey } }) => [account, cacheKey]);
  assert.deepEqual(charged, [
    [`sim/${id}`, id],
    [`sim/${id}`, id],
  ]);
  assert.deepEqual(model.asked[1]?.expected, second, 'what is sent is what was announced');
  assert.equal(await attempts(0), 0);
  assert.equal(await counted('repairCalls', { outcome: 'mended' }), 1);
});

test('what contradicts is asked for once more; name and sealed fields stay as they are owned', async (t) => {
  const { run, record, ownName } = await plannedSlots(t, sealedAge);
  const answer = { name: 'Winifred Quackenbush', age: 29, style: 'Winifred talks slowly.', gender: 'male' };
  const model = scriptedModel([wrongAge, () => JSON.stringify(answer)]);
  assert.equal(await run(0, model), 'committed');
  assert.match(model.requests[1]?.user ?? '', /mistaken these characteristics for others: age\./);
  const { persona } = await record(0);
  const { full, given } = ownName(0);
  assert.deepEqual([persona.name, persona.age, persona.gender], [full, 34, 'female']);
  assert.equal(persona.style, `${given} talks slowly.`);
});

test('what is still wrong costs the attempt; the next one has a repair of its own', async (t) => {
  const { run, record, counted } = await plannedSlots(t, { attempts: 3 });
  const model = scriptedModel([shallow, shallow, shallow, repair]);
  assert.equal(await run(0, model), 'committed');
  assert.equal(model.requests.length, 4);
  assert.deepEqual(
    model.requests.map(({ schema }) => schema.name),
    ['person', 'person_parts', 'person', 'person_parts'],
  );
  const { attempts, repairs } = await record(0);
  assert.deepEqual([attempts, repairs], [2, 1]);
  assert.deepEqual(model.sent, ['calls', 'repairCalls', 'calls', 'repairCalls']);
  assert.equal(await counted('repairCalls', { outcome: 'unmended' }), 1);
});

test('a slot that never comes right makes a repair call for each attempt, and fails with the reason', async (t) => {
  const cases: [Step, string][] = [
    [shallow, 'shallow_persona'],
    [wrongAge, 'contradiction'],
    [person({ health: '' }), 'invalid_persona'],
  ];
  const { run, status, redis, names, key } = await plannedSlots(t, { ...sealedAge, attempts: 2 });
  for (const [slot, [answer, reason]] of cases.entries()) {
    const model = scriptedModel(Array.from({ length: 9 }, () => answer));
    assert.equal(await run(slot, model), 'failed');
    assert.deepEqual(model.sent, ['calls', 'repairCalls', 'calls', 'repairCalls'], reason);
    assert.equal((await status()).failedByReason[reason], 1);
  }
  assert.equal(await redis.exists(names, key.reservations, key.attempts), 0);
});

test('a worker that dies in its repair call has spent the repair and the attempt', async (t) => {
  const { run, attempts, status } = await plannedSlots(t, { attempts: 2 });
  await assert.rejects(run(0, scriptedModel([shallow, dies])), /the worker dies here/);
  assert.equal(await attempts(0), 1);
  const model = scriptedModel([shallow, shallow, shallow]);
  assert.equal(await run(0, model), 'failed');
  assert.equal(model.requests.length, 2, 'the second attempt, with its repair');
  assert.deepEqual((await status()).failedByReason, { shallow_persona: 1 });
});

test('a repair that is told to wait is sent again and spends nothing', async (t) => {
  const { run, record, counted } = await plannedSlots(t, { attempts: 1 });
  const wait = fails('wait', 'rate_limited');
  const model = scriptedModel([shallow, wait, wait, repair]);
  assert.equal(await run(0, model), 'committed');
  assert.deepEqual([(await record(0)).attempts, (await record(0)).repairs], [1, 1]);
  assert.deepEqual(model.sent, ['calls', 'repairCalls', 'repairCalls', 'repairCalls']);
  assert.equal(await counted('modelRetries', { reason: 'rate_limited' }), 2);
});

test('a repair call that fails costs the attempt, whether it broke, was no JSON, or was refused', async (t) => {
  const steps: Step[] = [fails('retry', 'server_error'), () => 'no JSON', fails('give-up', 'refusal')];
  const { run, record, counted } = await plannedSlots(t, { attempts: 2 });
  for (const [slot, step] of steps.entries()) {
    const model = scriptedModel([shallow, step, person()]);
    assert.equal(await run(slot, model), 'committed');
    assert.equal(model.requests.length, 3);
    assert.deepEqual([(await record(slot)).attempts, (await record(slot)).repairs], [2, undefined]);
  }
  assert.equal(await counted('repairCalls', { outcome: 'failed' }), 3);
});

test('a pause in a repair call leaves the slot open, with its name, its attempt and its repair', async (t) => {
  const { run, status, attempts, populations, id, redis, names } = await plannedSlots(t, { attempts: 1 });
  assert.equal(await run(0, scriptedModel([shallow, fails('pause', 'quota')])), 'left');
  const { state, reason } = await status();
  assert.deepEqual([state, reason], ['paused', 'because of quota']);
  assert.equal(await attempts(0), 0);
  assert.equal(await redis.hlen(names), 1);
  await populations.resume(id);
  assert.equal(await run(0, scriptedModel([shallow, repair])), 'committed');
});

test('a stop during a repair call gives attempt and repair back', async (t) => {
  const { run, attempts } = await plannedSlots(t, { attempts: 1 });
  for (const _ of [1, 2]) {
    assert.equal(await run(0, scriptedModel([shallow, aborted])), 'left');
    assert.equal(await attempts(0), 0);
  }
  assert.equal(await run(0, scriptedModel([shallow, repair])), 'committed');
});

test('a repair call that was begun and never sent is given back', async (t) => {
  const { run, attempts, counted } = await plannedSlots(t, { attempts: 1 });
  assert.equal(await run(0, scriptedModel([shallow, unsent])), 'left');
  assert.equal(await run(0, scriptedModel([shallow, fails('wait', 'rate_limited'), unsent])), 'left');
  assert.equal(await attempts(0), 0);
  assert.equal(await counted('repairCalls', { outcome: 'failed' }), 0, 'nor is one that was told to wait');
  assert.equal(await run(0, scriptedModel([shallow, repair])), 'committed');
});

test('repairs that are stopped again and again come to an end', async (t) => {
  const { run } = await plannedSlots(t, { attempts: 1 });
  let runs = 1;
  while ((await run(0, scriptedModel([shallow, aborted]))) === 'left' && runs < 50) runs += 1;
  assert.equal(runs, 12, 'ten attempts given back, one spent, one run that finds none');
});

test('a stopping worker begins no repair call, and the slot loses nothing', async (t) => {
  const { run, attempts } = await plannedSlots(t, { attempts: 1 });
  const stopping = new AbortController();
  const model = scriptedModel([
    (name, signal) => {
      stopping.abort();
      return shallow(name, signal);
    },
  ]);
  assert.equal(
    await run(0, model, { stopping: stopping.signal, signal: new AbortController().signal }),
    'left',
  );
  assert.equal(model.requests.length, 1);
  assert.equal(await attempts(0), 0);
  assert.equal(await run(0, scriptedModel([shallow, repair])), 'committed');
});

test('a population that is paused or cancelled meanwhile is not repaired for', async (t) => {
  const { run, populations, id, attempts } = await plannedSlots(t, { attempts: 1 });
  const endings = [
    () => populations.pause(id, { code: 'quota', message: 'no quota' }),
    () => populations.cancel(id),
  ];
  for (const end of endings) {
    const model = scriptedModel([
      async (name, signal) => {
        await end();
        return shallow(name, signal);
      },
    ]);
    assert.equal(await run(0, model), 'left');
    assert.equal(model.requests.length, 1);
    assert.equal(await attempts(0), 0);
    await populations.resume(id);
  }
  assert.equal(await run(0, scriptedModel([shallow, repair])), 'committed');
});

test('a repair call holds a place at the model, like any other', async (t) => {
  const { run } = await plannedSlots(t);
  const permits = pLimit(1);
  let most = 0;
  const watched = (step: Step): Step => {
    return (name, signal) => {
      most = Math.max(most, permits.activeCount);
      return step(name, signal);
    };
  };
  const outcomes = await Promise.all(
    [0, 1, 2].map((slot) => run(slot, scriptedModel([watched(shallow), watched(repair)]), { permits })),
  );
  assert.deepEqual(outcomes, ['committed', 'committed', 'committed']);
  assert.equal(most, 1);
});

test('policy "accept": the person is kept with warnings, without a repair call', async (t) => {
  const { run, record } = await plannedSlots(t, { ...sealedAge, onMismatch: 'accept' });
  const model = scriptedModel([
    person({ age: 45, style: 'At 45, you talk fast.', beliefs: ['Work.'] }),
    person({ health: '' }),
    person(),
  ]);
  assert.equal(await run(0, model), 'committed');
  const { persona, warnings, repairs } = await record(0);
  assert.deepEqual(warnings, ['contradiction:style', 'shallow:beliefs']);
  assert.deepEqual([persona.age, persona.style, repairs], [34, 'At 45, you talk fast.', undefined]);
  assert.equal(await run(1, model), 'committed');
  const { attempts, warnings: none } = await record(1);
  assert.deepEqual([attempts, none], [2, undefined], 'what is missing cannot be accepted');
  assert.deepEqual(model.sent, ['calls', 'calls', 'calls']);
});

test('policy "fail": the slot fails at once, with the reason; bad JSON is still tried again', async (t) => {
  const { run, status } = await plannedSlots(t, { onMismatch: 'fail' });
  const model = scriptedModel([() => 'no JSON', shallow]);
  assert.equal(await run(0, model), 'failed');
  assert.deepEqual(model.sent, ['calls', 'calls']);
  assert.deepEqual((await status()).failedByReason, { shallow_persona: 1 });
});

test('names policy "model": the name is claimed before the repair and stands in its prompt', async (t) => {
  const names = { locale: 'en', policy: 'model' } as const;
  const { run, record } = await plannedSlots(t, { names });
  const model = scriptedModel([person({ name: 'Ann Cole', beliefs: [] }), () => JSON.stringify({ beliefs })]);
  assert.equal(await run(0, model), 'committed');
  assert.match(model.requests[1]?.user ?? '', /- name: Ann Cole\n/);
  assert.equal((await record(0)).persona.name, 'Ann Cole');
});
