import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { countTokens } from 'gpt-tokenizer/encoding/o200k_base';
import { createTokenCounter } from '../../../src/shared/tokens/token-counter.ts';

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
      const tokens = realCount(text);
      for (const count of [counter.count, counter.countLines]) {
        assert.equal(count(text), tokens);
        assert.equal(count(text), tokens);
      }
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

test('lines that meet in every way are counted exactly, one after the other', () => {
  const counter = createTokenCounter();
  const ends = ['\n', '\n\n', '\r\n', ' \n', '.\n', '.\n\n', '>\n', '"\n', 'a\n', '7\n', '\n \n', '\u2028'];
  const beginnings = [
    'a',
    'B',
    '- age: 3',
    '/',
    '//x',
    '.',
    '</a>',
    ' a',
    '\ta',
    '\u00a0a',
    '7',
    "'s",
    '\u0301',
    '人',
    '\n',
  ];
  for (const end of ends) {
    for (const beginning of beginnings) {
      const text = `x${end}${beginning}${end}${beginning}`;
      assert.equal(counter.countLines(text), realCount(text), JSON.stringify(text));
    }
  }
  for (const text of ['', '\n', 'a', '\n\n', 'a\n']) assert.equal(counter.countLines(text), realCount(text));
});

test('what is walked adds up to the text and to its tokens', () => {
  const counter = createTokenCounter();
  fc.assert(
    fc.property(fc.oneof(trickyText, fc.lorem({ maxCount: 30 })), (text) => {
      const seen = { text: '', tokens: 0 };
      counter.walk(text, (word, tokens, end) => {
        seen.text += word;
        seen.tokens += tokens;
        assert.equal(end, seen.text.length);
        return true;
      });
      assert.deepEqual(seen, { text, tokens: realCount(text) });
    }),
    { numRuns: 300 },
  );
});

test('a word without end is counted in parts, near enough', () => {
  const counter = createTokenCounter();
  const words = ['a'.repeat(9000), '人口普查数据表明居民'.repeat(900), `${'ab1'.repeat(3000)} and "then"`];
  for (const text of words) {
    const tokens = realCount(text);
    assert.ok(Math.abs(counter.count(text) - tokens) <= 6, `${counter.count(text)} for ${tokens}`);
    assert.equal(counter.countLines(text), counter.count(text));
  }
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
