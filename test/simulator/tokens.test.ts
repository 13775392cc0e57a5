import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { countTokens } from 'gpt-tokenizer/encoding/o200k_base';
import { createTokenCounter } from '../../src/simulator/tokens.ts';

const realCount = (text: string) => countTokens(text, { disallowedSpecial: new Set() });

/** Texts made of the characters on which the tokenizer's splitting pattern turns. */
const trickyText = fc
  .array(
    fc.constantFrom(
      ...[
        'a',
        'B',
        'é',
        '人',
        '1',
        '23',
        "'",
        "'s",
        '"',
        '","',
        '."',
        ',',
        '/',
        '\\n',
        ' ',
        '  ',
        '\n',
        '\r\n',
      ],
      ...['\t', '\u00a0', '\u3000', '\u0301', '😀', '\ud83d', '<|endoftext|>', '{"', '":"', '["', '"],"'],
    ),
    { maxLength: 40 },
  )
  .map((parts) => parts.join(''));

test('counts exactly what the tokenizer counts, on a fresh and on a used memo', () => {
  const counter = createTokenCounter();
  fc.assert(
    fc.property(fc.oneof(trickyText, fc.string({ unit: 'binary' }), fc.lorem()), (text) => {
      assert.equal(counter.count(text), realCount(text));
      assert.equal(counter.count(text), realCount(text));
    }),
    { numRuns: 600 },
  );
});

test('counts JSON of lists exactly', () => {
  const counter = createTokenCounter();
  fc.assert(
    fc.property(fc.array(fc.oneof(trickyText, fc.lorem())), (items) => {
      const json = JSON.stringify({ items, again: items });
      assert.equal(counter.count(json), realCount(json));
    }),
    { numRuns: 300 },
  );
});

test('a cut is the beginning of the text, within the limit, and says its exact number of tokens', () => {
  const counter = createTokenCounter();
  fc.assert(
    fc.property(fc.oneof(trickyText, fc.lorem({ maxCount: 30 })), fc.nat(40), (text, limit) => {
      const cut = counter.cut(text, limit);
      assert.ok(text.startsWith(cut.text));
      assert.ok(cut.tokens <= limit);
      assert.equal(cut.tokens, realCount(cut.text));
      if (realCount(text) <= limit) assert.equal(cut.text, text);
    }),
    { numRuns: 300 },
  );
});
