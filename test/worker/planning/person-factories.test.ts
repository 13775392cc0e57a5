import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { PlannedFactory } from '../../../src/shared/planning/operations.ts';
import { createPlanningPrompts } from '../../../src/shared/planning/render-planning-prompt.ts';
import {
  type Ask,
  factoriesQuestion,
  generatePersonFactories,
} from '../../../src/worker/planning/person-factories.ts';
import type { Question } from '../../../src/worker/planning/question.ts';

const prompts = createPlanningPrompts();
const factory = (title: string): PlannedFactory => ({ title, context: `People of the kind ${title}.` });
const answer = (...titles: string[]) => JSON.stringify({ factories: titles.map(factory) });
const ask = (count: number, earlier: PlannedFactory[] = []) =>
  factoriesQuestion({ genericContext: 'A port town.', count, earlier, prompts });

test('as many as asked for, and those beyond are left out', () => {
  assert.deepEqual(ask(2).read(answer('Pilots', 'Cooks', 'Clerks')), {
    value: { factories: [factory('Pilots'), factory('Cooks')] },
  });
});

test('missing, repeated and broken ones are asked for in one repair that keeps the good ones', () => {
  const earlier = [factory('Cooks')];
  const first = ask(4, earlier).read(
    JSON.stringify({
      factories: [
        factory('Pilots'),
        factory('pilots!'),
        factory(' COOKS'),
        { title: 'Clerks' },
        factory('Guards'),
      ],
    }),
  );
  assert.ok('repair' in first);
  assert.deepEqual(first.faults, ['expected 4 distinct contexts, got 2']);
  assert.match(first.repair.user, /- Cooks\n- Pilots\n- Guards\n\nGroups wanted: 2$/);
  const factories = Reflect.get(first.repair.schema.schema.properties ?? {}, 'factories');
  assert.deepEqual([factories.minItems, factories.maxItems], [2, 2]);
  assert.deepEqual(first.repair.read(answer('Guards', 'Clerks', 'Divers')), {
    value: { factories: ['Pilots', 'Guards', 'Clerks', 'Divers'].map(factory) },
  });
  assert.ok('faults' in first.repair.read(answer('Clerks')));
});

test('the same context under another title is a repetition', () => {
  const reading = ask(2).read(
    JSON.stringify({ factories: [factory('Pilots'), { ...factory('Pilots'), title: 'Guides' }] }),
  );
  assert.ok('faults' in reading);
});

test('an answer without a list costs an attempt', () => {
  assert.throws(() => ask(2).read('{}'), { reason: 'invalid_plan', reaction: 'retry' });
});

/** Answers each question with as many factories as it wants; says under which keys they were asked. */
function recorder() {
  const asked: { key: string; user: string }[] = [];
  let number = 0;
  const record: Ask = async <T>(key: string, question: Question<T>) => {
    asked.push({ key, user: question.user });
    const wanted = Number(/wanted: (\d+)$/.exec(question.user)?.[1]);
    const reading = question.read(answer(...Array.from({ length: wanted }, () => `Group ${++number}`)));
    assert.ok('value' in reading);
    return reading.value;
  };
  return { asked, record };
}

test('up to 25 are one call under the key of the whole', async () => {
  const { asked, record } = recorder();
  const { factories } = await generatePersonFactories(
    'whole',
    { count: 25, genericContext: 'A port town.', model: 'm' },
    { ask: record, prompts },
  );
  assert.equal(factories.length, 25);
  assert.deepEqual(
    asked.map(({ key }) => key),
    ['whole'],
  );
});

test('more are parts with keys of their own, each told what there is already', async () => {
  const run = async () => {
    const { asked, record } = recorder();
    const { factories } = await generatePersonFactories(
      'whole',
      { count: 60, genericContext: 'A port town.', model: 'm' },
      { ask: record, prompts },
    );
    return { asked, factories };
  };
  const { asked, factories } = await run();
  assert.equal(new Set(factories.map(({ title }) => title)).size, 60);
  assert.equal(new Set(asked.map(({ key }) => key)).size, 3);
  assert.doesNotMatch(asked[0]?.user ?? '', /already/);
  assert.match(asked[2]?.user ?? '', /- Group 1\n[\s\S]*- Group 50\n\nGroups wanted: 10$/);
  assert.deepEqual(
    (await run()).asked.map(({ key }) => key),
    asked.map(({ key }) => key),
    'the same parts in every run',
  );
});
