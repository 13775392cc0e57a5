import assert from 'node:assert/strict';
import { test } from 'node:test';
import { minibio } from '../../../src/shared/person/minibio.ts';
import { examplePersona } from './example-persona.ts';

test('a full person', () => {
  assert.equal(
    minibio(examplePersona()),
    'Ama Boateng, 41, seamstress at her own shop; Ghanaian, lives in Takoradi',
  );
});

test('what is missing, empty or not prose is left out', () => {
  assert.equal(minibio({ name: 'A' }), 'A');
  assert.equal(minibio({ name: 'A', residence: 'Rome', age: null }), 'A; lives in Rome');
  assert.equal(minibio({ name: 'A', occupation: 'baker', nationality: '' }), 'A, baker');
  assert.equal(
    minibio({ name: 'A', occupation: { organization: 'a mill' }, residence: { city: 'Rome' } }),
    'A, a mill',
  );
  assert.equal(minibio({ name: 'A', occupation: { title: 'miller', organization: ['x'] } }), 'A, miller');
});

test('it is one line of bounded length, and no character is cut in two', () => {
  const text = minibio({ name: 'A\nB', residence: '😀'.repeat(300), occupation: `x\t${'y'.repeat(300)}` });
  assert.match(text, /^A B, x y+…; lives in 😀+…$/u);
  assert.ok(Array.from(text).length < 200);
});
