import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { resolveLocale } from '../../../src/shared/names/resolve-locale.ts';

describe('resolveLocale', () => {
  it('accepts other spellings of a locale, and a language with one locale', () => {
    assert.equal(resolveLocale('pt-BR'), 'pt_BR');
    assert.equal(resolveLocale('PT_br'), 'pt_BR');
    assert.equal(resolveLocale('en'), 'en');
    assert.equal(resolveLocale('nb'), 'nb_NO');
  });

  it('names near matches of a typing error', () => {
    assert.throws(() => resolveLocale('pt_BT'), /did you mean pt_BR or pt_PT\?/);
    assert.throws(() => resolveLocale('xe_AU'), /did you mean en_AU\?|use one of/);
  });
});
