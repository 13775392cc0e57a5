import assert from 'node:assert/strict';
import { open, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import {
  countLines,
  lineEndingAt,
  linesFrom,
  runsOf,
  slotOfLine,
} from '../../../src/producer/export/lines.ts';
import { collect } from '../../support/collect.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

test('the slot of a line is the one it begins with', () => {
  assert.equal(slotOfLine('{"slot":12,"name":"Ann"}'), 12);
  for (const other of [
    '',
    '{"slot":1',
    '{"slot":-1,',
    ' {"slot":1,',
    '{"name":"x","slot":1,',
    '{"slot":1234567890,',
  ]) {
    assert.equal(slotOfLine(other), undefined, other);
  }
});

test('lines end at line breaks alone, also across the chunks of a read; the last one counts when it is whole', async (t) => {
  const path = join(await temporaryFolder(t), 'lines');
  // JSON may hold U+2028 as it is; other readers of lines end one there.
  const lines = ['a\u2028b', '', 'ö'.repeat(100_000), 'c\rd'];
  await writeFile(path, `skip\n${lines.join('\n')}\nhalf`);
  const seen: string[] = [];
  for await (const line of linesFrom(path, 5)) seen.push(line);
  assert.deepEqual(seen, lines);
  const size = Buffer.byteLength(`skip\n${lines.join('\n')}\n`);
  assert.equal(await countLines(path, size), 5);
  assert.equal(await countLines(path, 5), 1);
  assert.equal(await countLines(path, 0), 0);
});

test('the line before a byte is found, or it is said that none ends there', async (t) => {
  const path = join(await temporaryFolder(t), 'lines');
  await writeFile(path, 'one\ntwo\n');
  await using file = await open(path, 'r');
  const ends = await Promise.all([0, 3, 4, 7, 8, 9].map((end) => lineEndingAt(file, end)));
  assert.deepEqual(ends, [undefined, undefined, 'one', undefined, 'two', undefined]);
});

test('what follows the last line break comes last where it is asked for', async (t) => {
  const path = join(await temporaryFolder(t), 'lines');
  await writeFile(path, 'one\ntwo\nthr');
  assert.deepEqual(await collect(linesFrom(path, 4)), ['two']);
  assert.deepEqual(await collect(linesFrom(path, 4, { torn: true })), ['two', 'thr']);
  await writeFile(path, 'one\n');
  assert.deepEqual(await collect(linesFrom(path, 0, { torn: true })), ['one']);
});

test('neighbours with the same key come together, 128 at the most', async () => {
  const numbers = async function* () {
    yield* [1, 3, 2, 5];
    for (let count = 0; count < 130; count += 1) yield 7_000;
  };
  const runs = await collect(runsOf(numbers(), (number) => (number === 7_000 ? undefined : number % 2)));
  assert.deepEqual(runs.slice(0, 3), [[1, 3], [2], [5]]);
  assert.deepEqual(
    runs.slice(3).map(({ length }) => length),
    [128, 2],
  );
});
