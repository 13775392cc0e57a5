import assert from 'node:assert/strict';
import { test } from 'node:test';
import { rateScopeId } from '../../../src/shared/limits/rate-scope.ts';

const scope = { baseUrl: 'http://host/v1', apiKey: 'sk-secret', model: 'm' };

test('endpoint, key and model make a scope; the key cannot be read from it', () => {
  const id = rateScopeId(scope);
  assert.match(id, /^[0-9a-f]{16}$/);
  assert.equal(rateScopeId({ ...scope }), id);
  assert.equal(rateScopeId({ ...scope, baseUrl: 'http://host/v1/' }), id, 'the same endpoint');
  const others = [
    { ...scope, baseUrl: 'http://other/v1' },
    { ...scope, baseUrl: undefined },
    { ...scope, apiKey: 'sk-other' },
    { ...scope, model: 'n' },
    // Parts must not run into one another.
    { ...scope, apiKey: 'sk-secretm', model: '' },
  ];
  assert.equal(new Set([id, ...others.map(rateScopeId)]).size, 1 + others.length);
});
