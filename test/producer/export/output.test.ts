import assert from 'node:assert/strict';
import { chmod, lstat, mkdir, readdir, readFile, stat, symlink, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { PassThrough, Writable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { assertWritable, writeWhole } from '../../../src/producer/export/output.ts';
import { ExitCode, UserError } from '../../../src/shared/errors.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const unused = new PassThrough();
const write =
  (...parts: string[]) =>
  async (put: (text: string) => Promise<void>) => {
    for (const part of parts) await put(part);
  };
const failing = async (put: (text: string) => Promise<void>) => {
  await put('half a');
  throw new Error('the source failed');
};

/** Expects one clear line that names the place. */
async function refused(path: string, writing: Promise<void>, why: RegExp): Promise<void> {
  await assert.rejects(writing, (error: unknown) => {
    assert.ok(error instanceof UserError, String(error));
    assert.equal(error.exitCode, ExitCode.badInput);
    assert.ok(error.message.startsWith(`cannot write ${path}: `), error.message);
    assert.match(error.message, why);
    assert.equal(error.message.split('\n').length, 1);
    return true;
  });
}

test('a file is there whole, its folders are made, and nothing else is left beside it', async (t) => {
  const path = join(await temporaryFolder(t), 'a', 'b', 'people.jsonl');
  await writeWhole(path, unused, write('one\n', 'two\n'));
  assert.equal(await readFile(path, 'utf8'), 'one\ntwo\n');
  assert.deepEqual(await readdir(join(path, '..')), ['people.jsonl']);
});

test('while it is written the file is not there, or is the earlier one', async (t) => {
  const path = join(await temporaryFolder(t), 'people.jsonl');
  await writeWhole(path, unused, async (put) => {
    await put('one\n');
    await assert.rejects(stat(path), /ENOENT/);
  });
  await writeWhole(path, unused, async (put) => {
    await put('two\n');
    assert.equal(await readFile(path, 'utf8'), 'one\n');
  });
  assert.equal(await readFile(path, 'utf8'), 'two\n');
});

test('when the source fails in the middle there is no file, and an earlier one is intact', async (t) => {
  const folder = await temporaryFolder(t);
  const path = join(folder, 'people.jsonl');
  await assert.rejects(writeWhole(path, unused, failing), /^Error: the source failed$/);
  assert.deepEqual(await readdir(folder), []);
  await writeFile(path, 'earlier');
  await assert.rejects(writeWhole(path, unused, failing), /the source failed/);
  assert.equal(await readFile(path, 'utf8'), 'earlier');
  assert.deepEqual(await readdir(folder), ['people.jsonl']);
});

test('a full disk is one clear line, through a link too', async (t) => {
  await refused('/dev/full', writeWhole('/dev/full', unused, write('x')), /no space is left/);
  const link = join(await temporaryFolder(t), 'full');
  await symlink('/dev/full', link);
  await refused(link, writeWhole(link, unused, write('x')), /no space is left/);
  assert.ok((await lstat(link)).isSymbolicLink(), 'the link is still one');
  assert.ok((await stat('/dev/full')).isCharacterDevice());
});

test('a device is written to directly', async () => {
  await writeWhole('/dev/null', unused, write('x'));
  assert.ok((await stat('/dev/null')).isCharacterDevice());
});

test('a link to a file stays a link, and the file is replaced', async (t) => {
  const folder = await temporaryFolder(t);
  const [file, link] = [join(folder, 'real', 'people.jsonl'), join(folder, 'link.jsonl')];
  await mkdir(join(folder, 'real'));
  await writeFile(file, 'earlier');
  await symlink(file, link);
  await writeWhole(link, unused, write('new'));
  assert.equal(await readFile(file, 'utf8'), 'new');
  assert.ok((await lstat(link)).isSymbolicLink());
  assert.deepEqual(await readdir(join(folder, 'real')), ['people.jsonl']);
});

test('a place where no file can be is one clear line, before and while writing', async (t) => {
  const folder = await temporaryFolder(t);
  await writeFile(join(folder, 'file'), 'x');
  const places: [path: string, why: RegExp][] = [
    [folder, /it is a directory/],
    [join(folder, 'file', 'people.jsonl'), /part of the path is not a directory/],
    [join(folder, 'file', 'deeper', 'people.jsonl'), /part of the path is not a directory/],
  ];
  for (const [path, why] of places) {
    await refused(path, assertWritable(path), why);
    await refused(path, writeWhole(path, unused, write('x')), why);
  }
  const long = join(folder, 'x'.repeat(300));
  await refused(long, writeWhole(long, unused, write('x')), /the name is too long/);
  assert.deepEqual(await readdir(folder), ['file']);
  assert.ok(!(await readdir(join(folder, '..'))).some((name) => name.startsWith(`.${basename(folder)}.`)));
});

/** Root may write anywhere: for the test it is somebody else. */
async function asNobody(work: () => Promise<void>): Promise<void> {
  if (process.getuid?.() !== 0) return work();
  process.seteuid?.(65_534);
  try {
    await work();
  } finally {
    process.seteuid?.(0);
  }
}

test('a folder that is read-only is one clear line', async (t) => {
  const folder = await temporaryFolder(t);
  const path = join(folder, 'people.jsonl');
  await writeFile(path, 'earlier');
  await chmod(folder, 0o555);
  await asNobody(() => refused(path, writeWhole(path, unused, write('x')), /permission denied/));
  // This one asks who the process really is.
  if (process.getuid?.() !== 0) await refused(path, assertWritable(path), /permission denied/);
  await chmod(folder, 0o755);
  assert.deepEqual(await readdir(folder), ['people.jsonl']);
  assert.equal(await readFile(path, 'utf8'), 'earlier');
});

test('a place that can be written to passes, and nothing is written yet', async (t) => {
  const folder = await temporaryFolder(t);
  await assertWritable('-');
  await assertWritable('/dev/null');
  await assertWritable(join(folder, 'new', 'people.jsonl'));
  await writeFile(join(folder, 'old.jsonl'), 'earlier');
  await assertWritable(join(folder, 'old.jsonl'));
  assert.deepEqual((await readdir(folder)).sort(), ['new', 'old.jsonl']);
  assert.equal(await readFile(join(folder, 'old.jsonl'), 'utf8'), 'earlier');
});

test('"-" is stdout, which stays open', async () => {
  const stdout = new PassThrough();
  await writeWhole('-', stdout, write('one\n', 'two\n'));
  assert.equal(stdout.writableEnded, false);
  stdout.end();
  assert.equal(await text(stdout), 'one\ntwo\n');
});

test('the next text waits until the one before is taken, and all end when the reader has gone', async () => {
  const taken: string[] = [];
  let offered = 0;
  const stdout = new Writable({
    decodeStrings: false,
    write(part: string, _encoding, done) {
      taken.push(part);
      assert.equal(offered, taken.length, 'one at a time');
      done(taken.length === 3 ? Object.assign(new Error('gone'), { code: 'EPIPE' }) : null);
    },
  });
  stdout.on('error', () => {});
  const writing = writeWhole('-', stdout, async (put) => {
    for (const part of ['a', 'b', 'c', 'd']) {
      offered += 1;
      await put(part);
    }
  });
  await assert.rejects(writing, /gone/);
  assert.deepEqual(taken, ['a', 'b', 'c']);
  await assert.rejects(writeWhole('-', stdout, write('e')), /gone/);
});
