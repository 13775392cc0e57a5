import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { personaParts, putAt } from '../../src/shared/person/parts.ts';
import { SealedField } from '../../src/shared/person/sealed-fields.ts';
import { examplePersona } from '../shared/person/example-persona.ts';
import { plannedSlots, scriptedModel } from './planned-slots.ts';

const RUNS = 60;

const words = fc.constantFrom(
  'ab ',
  'x',
  '(',
  '[\\p{L}',
  '\\',
  '\ud83d',
  '\udc00 ',
  '🙂',
  'é\u0301\u0327',
  '\0',
  ' \n',
  '王',
);
const lengths = fc.constantFrom(1, 2, 40, 119, 299, 1_000, 30_000);
const huge = fc.tuple(words, lengths).map(([word, times]) => word.repeat(times));
const nested = fc
  .tuple(fc.constantFrom(['[', ']'], ['{"a":', '}'], ['{"__proto__":', '}']), fc.constantFrom(1, 50, 20_000))
  .map(([[open = '', close = ''], depth]) => `${open.repeat(depth)}1${close.repeat(depth)}`);
const many = fc.tuple(fc.oneof(huge.map(short), fc.integer()), fc.constantFrom(0, 70, 5_000));

/** A value as JSON text: what is nested deeper than the stack could not be made into text here. */
const hostile = fc.oneof(
  huge.map((text) => JSON.stringify(text)),
  nested,
  many.map(([entry, times]) => JSON.stringify(Array.from({ length: times }, (_, index) => entry ?? index))),
  many.map(([entry, times]) =>
    JSON.stringify(Array.from({ length: times }, () => ({ name: entry, description: entry }))),
  ),
  fc.constantFrom(
    'null',
    'true',
    '-0',
    '1e308',
    '-45',
    '45.5',
    '9007199254740993',
    '""',
    '{}',
    '[]',
    '[null]',
  ),
  fc.json(),
);

/** What a dimension seals is compared and looked for, so it is drawn more often than any other part. */
const compared = [...Object.values(SealedField), 'name', 'alternate_names'];
const paths = [...compared, ...compared, ...compared, ...personaParts.map(({ path }) => path)];
const changes = fc.uniqueArray(fc.tuple(fc.constantFrom(...paths), hostile), {
  selector: ([path]) => path,
  minLength: 1,
  maxLength: 6,
});

const answer = fc.oneof({ weight: 9, arbitrary: changes.map(personWith) }, { weight: 1, arbitrary: hostile });

function personWith(parts: readonly (readonly [path: string, json: string])[]): string {
  const person: Record<string, unknown> = structuredClone(examplePersona());
  parts.forEach(([path], index) => {
    putAt(person, path.split('.'), `@@${index}@@`);
  });
  // A function, as `$&` in a replacement text would mean something.
  return parts.reduce(
    (text, [, json], index) => text.replace(`"@@${index}@@"`, () => json),
    JSON.stringify(person),
  );
}

function short(text: string): string {
  return text.slice(0, 400);
}

const dimensions = Object.entries({
  gender: 'female',
  nationality: 'Ghanaian',
  occupation: 'nurse',
  residence: 'Kumasi',
}).map(([name, value]) => ({ name, kind: 'values' as const, values: [{ value, weight: 1 }] }));
const sealed = [{ name: 'age', kind: 'range' as const, min: 34, max: 34 }, ...dimensions];

for (const policy of ['reserved', 'model'] as const) {
  test(`no answer makes a slot reject, under names policy "${policy}"`, async (t) => {
    const { run, status } = await plannedSlots(t, {
      populationSize: 1_000,
      attempts: 2,
      dimensions: sealed,
      names: { locale: 'en', policy },
    });
    let slot = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(answer, { minLength: 4, maxLength: 4 }), async (answers) => {
        const model = scriptedModel(answers.map((content) => () => content));
        assert.match(await run(slot++, model), /^(?:committed|failed)$/);
      }),
      { numRuns: RUNS, endOnFailure: true },
    );
    const { committed, failed } = await status();
    assert.equal(committed + failed, RUNS);
  });
}

test('a runaway value in one field costs at most the attempt', async (t) => {
  const { run, record } = await plannedSlots(t, { attempts: 2, dimensions: sealed });
  const content = personWith([['gender', JSON.stringify('ab '.repeat(6_000))]]);
  assert.equal(await run(0, scriptedModel([() => content])), 'committed');
  assert.equal((await record(0)).persona.gender, 'female');
});
