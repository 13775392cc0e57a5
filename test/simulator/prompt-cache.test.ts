import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createTokenCounter } from '../../src/shared/tokens/token-counter.ts';
import { createPromptCache } from '../../src/simulator/prompt-cache.ts';
import { createPromptReader } from '../../src/simulator/prompt-reader.ts';

// " word" is one token, so lengths in tokens are known.
const words = (count: number, word = 'word') => Array.from({ length: count }, () => word).join(' ');
const chat = (system: string, user: string) => [
  { role: 'system', text: system },
  { role: 'user', text: user },
];

function setUp() {
  const reader = createPromptReader(createTokenCounter());
  const cache = createPromptCache();
  return {
    reader,
    cached: (system: string, user: string, schema = '') =>
      cache.share(reader.read(schema, chat(system, user)).prefixes),
  };
}

test('a prompt counts its messages, their frames and the schema', () => {
  const { reader } = setUp();
  // 3 and the role's token for each message, and 3 for the answer.
  assert.equal(reader.read('', chat(words(10), words(5))).tokens, 10 + 4 + 5 + 4 + 3);
  assert.equal(reader.read(words(7), chat(words(10), words(5))).tokens, 7 + 10 + 4 + 5 + 4 + 3);
});

test('a static beginning of 1,024 tokens or more is cached in steps of 128; shorter ones are not', () => {
  const { cached } = setUp();
  const system = words(1300);
  assert.equal(cached(system, 'about Ann'), 0, 'nothing was seen before');
  assert.equal(cached(system, 'about Bob'), 1280);
  assert.equal(cached(words(1000, 'short'), 'about Ann'), 0);
  assert.equal(cached(words(1000, 'short'), 'about Bob'), 0);
});

test('a difference ends the shared prefix, and one at the start leaves nothing', () => {
  const { cached } = setUp();
  cached(`${words(1200)} first ${words(400)}`, 'x');
  assert.equal(cached(`${words(1200)} second ${words(400)}`, 'x'), 1152);
  assert.equal(cached(`other ${words(1601)}`, 'x'), 0);
});

test('a longer schema in front is part of the prefix', () => {
  const { cached } = setUp();
  cached(words(600), 'x', words(700, 'schema'));
  assert.ok(cached(words(600), 'y', words(700, 'schema')) >= 1152);
  assert.equal(cached(words(600), 'y', words(700, 'scheme')), 0);
});

test('equal prompts have equal fingerprints; role, order and schema count', () => {
  const { reader } = setUp();
  const mark = (schema: string, messages: { role: string; text: string }[]) =>
    reader.read(schema, messages).fingerprint;
  const base = mark('', chat('one', 'two'));
  assert.equal(mark('', chat('one', 'two')), base);
  const others = [
    mark('', chat('two', 'one')),
    mark('', [...chat('one', 'two')].reverse()),
    mark('{}', chat('one', 'two')),
    mark('', [
      { role: 'user', text: 'one' },
      { role: 'user', text: 'two' },
    ]),
  ];
  assert.equal(new Set([base, ...others]).size, 5);
});
