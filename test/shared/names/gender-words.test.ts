import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { genderOf } from '../../../src/shared/names/gender-words.ts';

describe('genderOf', () => {
  it('knows common words and leaves the others open', () => {
    for (const word of [
      'female',
      'Female',
      'WOMAN',
      'f',
      'weiblich',
      'mujer',
      'she/her',
      'trans woman',
      '女性',
    ]) {
      assert.equal(genderOf(word), 'female', word);
    }
    for (const word of ['male', ' Man ', 'm', 'männlich', 'Hombre', 'he/him', '男'])
      assert.equal(genderOf(word), 'male', word);
    for (const word of [
      undefined,
      '',
      'non-binary',
      'other',
      'agender',
      'prefer not to say',
      'constructor',
    ]) {
      assert.equal(genderOf(word), undefined, word);
    }
  });
});
