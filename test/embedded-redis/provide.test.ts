import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { readdir, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { type TestContext, test } from 'node:test';
import { isAlive } from '../../src/embedded-redis/errno.ts';
import { withFileLock } from '../../src/embedded-redis/file-lock.ts';
import { greet, hangUp } from '../../src/embedded-redis/greet.ts';
import { userConnection } from '../../src/embedded-redis/join-running.ts';
import { type ProvidedRedis, provideRedis } from '../../src/embedded-redis/provide.ts';
import { readRecord, type ServerRecord, writeRecord } from '../../src/embedded-redis/server-record.ts';
import { ExitCode, RedisUnavailableError, UserError } from '../../src/shared/errors.ts';
import { connectRedis, type Redis } from '../../src/shared/redis.ts';
import { connect, startRedis, testRedisUrl } from '../support/redis.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

/** Provides in the folder; what the test leaves running is stopped after it, and must then be gone. */
async function provide(t: TestContext, dataDir: string): Promise<ProvidedRedis> {
  const redis = await provideRedis({ dataDir, announce: (line) => assert.fail(`announced: ${line}`) });
  t.after(() => redis.stop());
  return redis;
}

async function recordIn(dataDir: string): Promise<ServerRecord & { pid: number }> {
  const record = (await readRecord(join(dataDir, 'redis')))?.record;
  assert.ok(record !== undefined && record.pid !== null);
  return { ...record, pid: record.pid };
}

async function isGone(url: string): Promise<boolean> {
  const greeting = await greet(url, { timeoutMs: 2_000 });
  if ('redis' in greeting) hangUp(greeting.redis);
  return 'refusal' in greeting && greeting.refusal === 'closed';
}

async function killServer(dataDir: string): Promise<void> {
  process.kill((await recordIn(dataDir)).pid, 'SIGKILL');
}

/** The pid of the server that followed `formerPid`; it answers a moment before it is on record. */
async function recordedAgain(dataDir: string, formerPid: number): Promise<number> {
  for (;;) {
    const pid = (await readRecord(join(dataDir, 'redis')))?.record.pid ?? formerPid;
    if (pid !== formerPid) return pid;
  }
}

/** The servers here are children of this process, which reaps them: a pid that is gone has ended. */
async function processEnds(pid: number): Promise<void> {
  while (isAlive(pid)) await new Promise(setImmediate);
}

/** A user in a process of its own, which runs until it is killed. */
async function userProcess(dataDir: string) {
  const moduleUrl = new URL('../../src/embedded-redis/provide.ts', import.meta.url).href;
  const program = `
    const { provideRedis } = await import(${JSON.stringify(moduleUrl)});
    const redis = await provideRedis({ dataDir: ${JSON.stringify(dataDir)}, announce: console.error });
    console.log(redis.url);`;
  const user = spawn(process.execPath, ['--input-type=module', '--eval', program], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [url] = await once(createInterface(user.stdout), 'line');
  return { user, url: String(url) };
}

/** A connection that waits out an outage, as a running fleet's do. */
async function connectPatiently(t: TestContext, url: string): Promise<Redis> {
  const redis = await connectRedis(url, 'patient');
  t.after(() => redis.disconnect());
  return redis;
}

/** Resolves when that many processes are counted as users; a restarted server gets them back one by one. */
async function usersAre(redis: Redis, count: number): Promise<void> {
  for (;;) {
    const clients = String(await redis.client('LIST')).split('\n');
    if (clients.filter((line) => line.includes(` name=${userConnection} `)).length === count) return;
  }
}

async function set(t: TestContext, url: string, key: string, value: string): Promise<void> {
  const redis = await connect(t, url);
  await redis.set(key, value);
  await redis.quit();
}

async function get(t: TestContext, url: string, key: string): Promise<string | null> {
  const redis = await connect(t, url);
  const value = await redis.get(key);
  await redis.quit();
  return value;
}

test('a given address is checked and passed on; stopping leaves it alone', async (t) => {
  const url = await testRedisUrl();
  const provided = await provideRedis({ url, dataDir: '/nowhere', announce: () => {} });
  assert.equal(provided.kind, 'external');
  assert.equal(provided.url, url);
  await provided.stop();
  await set(t, url, 'pft-alive', '1');
  assert.equal(await (await connect(t, url)).del('pft-alive'), 1);
});

test('a private server is durable, never evicts and keeps its password to its user', async (t) => {
  const dataDir = await temporaryFolder(t);
  const provided = await provide(t, dataDir);
  assert.equal(provided.kind, 'private');
  const redis = await connect(t, provided.url);
  for (const [name, value] of [
    ['maxmemory-policy', 'noeviction'],
    ['appendonly', 'yes'],
    ['appendfsync', 'always'],
    ['bind', '127.0.0.1'],
    ['protected-mode', 'yes'],
    ['save', ''],
  ] as const) {
    assert.deepEqual(await redis.config('GET', name), [name, value]);
  }
  assert.equal((await stat(join(dataDir, 'redis'))).mode & 0o777, 0o700);
  assert.equal((await stat(join(dataDir, 'redis', 'server.json'))).mode & 0o777, 0o600);
  const { pid, password, port } = await recordIn(dataDir);
  const stranger = await greet(`redis://127.0.0.1:${port}`, { timeoutMs: 2_000 });
  assert.equal('refusal' in stranger && stranger.refusal, 'credentials');
  if (existsSync('/proc/self/stat')) {
    assert.ok(!(await readFile(`/proc/${pid}/cmdline`, 'utf8')).includes(password));
    const [, processGroup] = /\) \S \d+ (\d+)/.exec(await readFile(`/proc/${pid}/stat`, 'utf8')) ?? [];
    assert.equal(Number(processGroup), pid, 'Ctrl-C in the terminal must not reach it');
  }
});

test('the last user out stops the server; its data is there for the next', async (t) => {
  const dataDir = await temporaryFolder(t);
  const first = await provide(t, dataDir);
  const second = await provide(t, dataDir);
  assert.equal(second.url, first.url);
  await set(t, first.url, 'key', 'kept');
  await first.stop();
  await first.stop();
  assert.equal(await get(t, second.url, 'key'), 'kept');
  await second.stop();
  assert.ok(await isGone(first.url));
  assert.ok(!existsSync(join(dataDir, 'redis', 'server.json')));

  const third = await provide(t, dataDir);
  assert.equal(await get(t, third.url, 'key'), 'kept');
});

test('users that come at the same time share one server', async (t) => {
  const dataDir = await temporaryFolder(t);
  const provided = await Promise.all(Array.from({ length: 5 }, () => provide(t, dataDir)));
  assert.equal(new Set(provided.map(({ url }) => url)).size, 1);
  await Promise.all(provided.map((redis) => redis.stop()));
  const [first] = provided;
  assert.ok(first !== undefined && (await isGone(first.url)));
});

test('a server whose folder was removed under it still ends with its last user', async (t) => {
  const dataDir = await temporaryFolder(t);
  const provided = await provide(t, dataDir);
  await rm(dataDir, { recursive: true });
  await provided.stop();
  assert.ok(await isGone(provided.url));
});

test('the server of a user that was killed is joined by the next, and ends with it', async (t) => {
  const dataDir = await temporaryFolder(t);
  const { user, url } = await userProcess(dataDir);
  user.kill('SIGKILL');
  await once(user, 'exit');

  const next = await provide(t, dataDir);
  assert.equal(next.url, url);
  await next.stop();
  assert.ok(await isGone(next.url));
});

test('a server that was killed is started again with every acknowledged write', async (t) => {
  const dataDir = await temporaryFolder(t);
  const first = await provide(t, dataDir);
  await set(t, first.url, 'key', 'acknowledged');
  await killServer(dataDir);
  const second = await provide(t, dataDir);
  assert.equal(second.url, first.url);
  assert.equal(await get(t, second.url, 'key'), 'acknowledged');
  await first.stop();
  assert.equal(await get(t, second.url, 'key'), 'acknowledged');
});

test('a server that dies comes back by itself, where its users look for it', {
  timeout: 60_000,
}, async (t) => {
  const dataDir = await temporaryFolder(t);
  const [first, second] = [await provide(t, dataDir), await provide(t, dataDir)];
  const redis = await connectPatiently(t, first.url);
  let { pid } = await recordIn(dataDir);
  for (const value of ['once', 'twice']) {
    await redis.set('key', value);
    await killServer(dataDir);
    await processEnds(pid);
    assert.equal(await redis.get('key'), value);
    pid = await recordedAgain(dataDir, pid);
  }
  await usersAre(redis, 2);
  await first.stop();
  assert.equal(await redis.get('key'), 'twice');
  redis.disconnect();
  await second.stop();
  assert.ok(await isGone(second.url));
  assert.ok(!existsSync(join(dataDir, 'redis', 'server.json')));
  await processEnds(pid);
});

test('the server of users that were all killed is started again at the recorded address', async (t) => {
  const dataDir = await temporaryFolder(t);
  const { user, url } = await userProcess(dataDir);
  user.kill('SIGKILL');
  await once(user, 'exit');
  await killServer(dataDir);
  assert.equal((await provide(t, dataDir)).url, url);
});

test('stopping while the server is being started again leaves no server', async (t) => {
  const dataDir = await temporaryFolder(t);
  const provided = await provide(t, dataDir);
  const { pid } = await recordIn(dataDir);
  await killServer(dataDir);
  await processEnds(pid);
  await provided.stop();
  assert.ok(await isGone(provided.url));
});

test('a data file whose tail was torn off is read up to there', async (t) => {
  const dataDir = await temporaryFolder(t);
  const first = await provide(t, dataDir);
  await set(t, first.url, 'early', 'whole');
  await set(t, first.url, 'late', 'torn');
  // Nobody else may start it before its file is torn.
  const { pid } = await recordIn(dataDir);
  const path = await appendOnlyFile(dataDir);
  await withFileLock(join(dataDir, 'redis', 'server.lock'), async () => {
    process.kill(pid, 'SIGKILL');
    await processEnds(pid);
    await truncate(path, (await stat(path)).size - 3);
  });
  const second = await provide(t, dataDir);
  assert.equal(await get(t, second.url, 'early'), 'whole');
  assert.equal(await get(t, second.url, 'late'), null);
});

test('a server that cannot start: its last words and where its log is', async (t) => {
  const dataDir = await temporaryFolder(t);
  const first = await provide(t, dataDir);
  await set(t, first.url, 'key', 'value');
  await first.stop();
  await writeFile(await appendOnlyFile(dataDir), 'not an append-only file\r\n'.repeat(10));
  await assert.rejects(provide(t, dataDir), (error) => {
    assert.ok(error instanceof RedisUnavailableError);
    assert.match(error.message, /did not start: .*append only file/i);
    assert.ok(error.message.includes(join(dataDir, 'redis', 'redis.log')));
    return true;
  });
  assert.ok(!existsSync(join(dataDir, 'redis', 'server.json')));
});

test('a frozen server is not doubled', async (t) => {
  const dataDir = await temporaryFolder(t);
  await provide(t, dataDir);
  const { pid } = await recordIn(dataDir);
  process.kill(pid, 'SIGSTOP');
  try {
    await assert.rejects(provide(t, dataDir), (error) => {
      assert.ok(error instanceof RedisUnavailableError);
      assert.match(error.message, new RegExp(`pid ${pid}.* does not answer`));
      return true;
    });
  } finally {
    process.kill(pid, 'SIGCONT');
  }
});

test('a record whose port now belongs to another Redis is not trusted', async (t) => {
  const dataDir = await temporaryFolder(t);
  await (await provide(t, dataDir)).stop();
  await using other = await startRedis({ password: 'another' });
  await writeRecord(join(dataDir, 'redis'), { pid: process.pid, port: other.port, password: 'abc123' });
  const provided = await provide(t, dataDir);
  assert.notEqual(provided.url, `redis://:abc123@127.0.0.1:${other.port}`);
  assert.equal('redis' in (await greetAndClose(other.url)), true);
});

test('a server whose starter was killed before it noted the pid is joined', async (t) => {
  const dataDir = await temporaryFolder(t);
  const first = await provide(t, dataDir);
  await writeRecord(join(dataDir, 'redis'), { ...(await recordIn(dataDir)), pid: null });
  assert.equal((await provide(t, dataDir)).url, first.url);
});

test('a damaged record is as good as none', async (t) => {
  const dataDir = await temporaryFolder(t);
  await (await provide(t, dataDir)).stop();
  for (const text of [
    '',
    '{}',
    '{"pid":1,"port":99999,"password":"ab"}',
    '{"pid":1,"port":1,"password":"@evil"}',
  ]) {
    await writeFile(join(dataDir, 'redis', 'server.json'), text);
    assert.equal(await readRecord(join(dataDir, 'redis')), undefined);
  }
  await provide(t, dataDir);
});

test('a data directory that cannot be written is bad input and named', async (t) => {
  const dir = await temporaryFolder(t);
  await writeFile(join(dir, 'file'), '');
  const dataDir = join(dir, 'file');
  await assert.rejects(
    provide(t, dataDir),
    (error) =>
      error instanceof UserError && error.exitCode === ExitCode.badInput && error.message.includes(dataDir),
  );
});

async function appendOnlyFile(dataDir: string): Promise<string> {
  const dir = join(dataDir, 'redis', 'appendonlydir');
  const name = (await readdir(dir)).find((file) => file.endsWith('.incr.aof'));
  assert.ok(name !== undefined);
  return join(dir, name);
}

async function greetAndClose(url: string) {
  const greeting = await greet(url, { timeoutMs: 2_000 });
  if ('redis' in greeting) hangUp(greeting.redis);
  return greeting;
}
