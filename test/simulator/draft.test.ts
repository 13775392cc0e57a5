import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readDraft } from '../../src/simulator/draft.ts';

test('what stands in the last draft of a prompt is written; parts of texts are not', () => {
  const draft = JSON.stringify({ beliefs: ['Say "no".', 'Work'] });
  const isWritten = readDraft(`<draft>["old"]</draft> then <draft>\n${draft}\n</draft> "after"`);
  assert.deepEqual(['Say "no".', 'Work', 'Wor', 'old', 'after'].map(isWritten), [
    true,
    true,
    false,
    false,
    false,
  ]);
});

test('without a draft nothing is written', () => {
  assert.equal(readDraft('"Work"')('Work'), false);
});
