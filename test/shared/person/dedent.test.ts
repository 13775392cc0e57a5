import assert from 'node:assert/strict';
import { test } from 'node:test';
import { dedent } from '../../../src/shared/person/dedent.ts';

test('the indentation that all lines share goes, the rest stays', () => {
  assert.equal(dedent('\n    a\n      b\n\n    c\n  '), '\na\n  b\n\nc\n');
  assert.equal(dedent('a\n  b'), 'a\n  b');
  assert.equal(dedent('\ta\n  b'), '\ta\n  b');
  assert.equal(dedent(' \ta\n \tb'), 'a\nb');
  assert.equal(dedent('  '), '');
  assert.equal(dedent(''), '');
});
