import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ageStatement } from '../../../src/worker/answer/age-statement.ts';

test('an age is found however people state it', () => {
  for (const text of [
    'You are a 45-year-old nurse.',
    'A 45 year old who looks younger.',
    'Being 45 years old, you sleep less.',
    'You have reached 45 years of age.',
    'A nurse, aged 45.',
    'At the age of 45 you started again.',
    'Age: 45',
    'At 45, you still run.',
    'At 45 you still run.',
    'You are 45.',
    'You’re 45 and tired.',
    'You turned 45, with a feast.',
    'Last spring you turned 45',
    'A forty-five-year-old nurse.',
    'At forty-five, you still run.',
    'AT FORTY FIVE, YOU STILL RUN.',
  ]) {
    assert.match(text, ageStatement(45), text);
  }
  assert.match('At 8, you read maps.', ageStatement(8));
  assert.match('At twenty, you read maps.', ageStatement(20));
});

test('other numbers are no age', () => {
  for (const text of [
    'You get up at 6:45.',
    'You leave at 4.45 and come back late.',
    'The bus at 45 past seven.',
    'You are 45 minutes early.',
    'You have worked there for 45 years.',
    'It costs 45, at most.',
    'At 450, you stop counting.',
    'A 145-year-old house.',
    'At 45 degrees it melts.',
    'At 45:30 the whistle goes.',
    'You are 45,000 in debt.',
    'At 46, you moved.',
    'Page 45 of the book you are reading.',
  ]) {
    assert.doesNotMatch(text, ageStatement(45), text);
  }
  assert.doesNotMatch('You get up at 6:45.', ageStatement(6));
  assert.doesNotMatch('You get up at 6.', ageStatement(60));
  assert.doesNotMatch('A seventy-five-year-old.', ageStatement(5));
  assert.doesNotMatch('You are seventy five years old.', ageStatement(5));
});
