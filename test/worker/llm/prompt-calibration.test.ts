import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createPromptCalibration } from '../../../src/worker/llm/prompt-calibration.ts';

test('before anything is known a prompt is taken for a quarter longer than it was counted', () => {
  assert.equal(createPromptCalibration().mostTokens(1_000), 1_250);
});

test('the first answer says how it is, and a higher one is believed at once', () => {
  const { learn, mostTokens } = createPromptCalibration();
  learn(1_000, 1_000);
  assert.equal(mostTokens(500), 500);
  learn(1_000, 1_400);
  assert.equal(mostTokens(1_000), 1_400);
});

test('a single odd answer is forgotten, slowly', () => {
  const { learn, mostTokens } = createPromptCalibration();
  learn(1_000, 2_000);
  learn(1_000, 1_000);
  assert.equal(mostTokens(1_000), 1_980);
  for (let answer = 0; answer < 400; answer += 1) learn(1_000, 1_000);
  assert.equal(mostTokens(1_000), 1_001);
});

test('nonsense changes little, and nothing changes nothing', () => {
  const { learn, mostTokens } = createPromptCalibration();
  learn(0, 1_000);
  assert.equal(mostTokens(1_000), 1_250);
  learn(1_000, 1);
  assert.equal(mostTokens(1_000), 1_000, 'never less than was counted');
  learn(1, 1_000_000);
  assert.equal(mostTokens(1_000), 4_000);
});
