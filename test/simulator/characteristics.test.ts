import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readCharacteristics } from '../../src/simulator/characteristics.ts';

const values = (text: string) =>
  Object.fromEntries([...readCharacteristics(text)].map(([key, { value }]) => [key, value]));

test('the last block counts; keys ignore case, spaces and underscores', () => {
  const text = `<characteristics>
- name: Old Name
</characteristics> in between
<characteristics>
- Name: Zoë: the Great
*  Marital  STATUS: married
long_term goals:   travel; rest
a line of another kind
- empty:
</characteristics> after`;
  assert.deepEqual(values(text), {
    name: 'Zoë: the Great',
    marital_status: 'married',
    long_term_goals: 'travel; rest',
  });
});

test('no block gives nothing; a block without an end reaches to the end', () => {
  assert.deepEqual(values('- name: Ann'), {});
  assert.deepEqual(values('<characteristics>\n- name: Ann'), { name: 'Ann' });
});
