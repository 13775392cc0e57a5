import assert from 'node:assert/strict';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { Redis } from 'ioredis';
import { luaScripts } from '../../src/shared/lua-scripts.ts';
import { connectRedis } from '../../src/shared/redis.ts';
import { timeCommands } from '../../src/shared/redis-latency.ts';
import { scriptsOf } from '../../src/shared/transactions/scripts.ts';
import { testPrefix, testRedisUrl } from '../support/redis.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

/** A connection as workers have one, on which each reading of the clock is a second later than the one before. */
async function timed(t: TestContext, scripts: ReadonlyMap<string, string> = new Map()) {
  const redis = await connectRedis(await testRedisUrl(), 'patient');
  t.after(() => redis.disconnect());
  const replies: [command: string, seconds: number][] = [];
  let nowMs = 0;
  timeCommands(redis, {
    scripts,
    onReply: (command, seconds) => replies.push([command, seconds]),
    nowMs: () => {
      nowMs += 1_000;
      return nowMs;
    },
  });
  return { redis, replies, names: () => replies.map(([command]) => command) };
}

test('commands are timed by their name, from being sent to the reply', async (t) => {
  const { redis, replies } = await timed(t);
  const key = `${testPrefix(t)}:key`;
  await redis.set(key, 'a');
  assert.equal(await redis.get(key), 'a');
  assert.deepEqual(replies, [
    ['set', 1],
    ['get', 1],
  ]);
});

test('commands that share a write, and those of a transaction, are timed one by one', async (t) => {
  const { redis, names } = await timed(t);
  const key = `${testPrefix(t)}:key`;
  await Promise.all([redis.hset(key, 'a', 1), redis.hget(key, 'a')]);
  await redis.multi().hset(key, 'b', 2).persist(key).exec();
  assert.deepEqual(names(), ['hset', 'hget', 'multi', 'hset', 'persist', 'exec']);
});

test('an error is a reply too, and reaches the caller as ever', async (t) => {
  const { redis, names } = await timed(t);
  const key = `${testPrefix(t)}:key`;
  await redis.set(key, 'a');
  await assert.rejects(redis.hget(key, 'a'), /WRONGTYPE/);
  assert.deepEqual(names(), ['set', 'hget']);
});

test('a script goes by its name, also when Redis has to be sent its text', async (t) => {
  const folder = await temporaryFolder(t);
  // No other test has it: Redis does not know it yet.
  await writeFile(join(folder, 'greet-1.lua'), `return { 'hello', KEYS[1] } -- ${folder}`);
  const scripts = luaScripts(pathToFileURL(`${folder}/`), { greet: 'greet-1.lua' }, []);
  const { redis, names } = await timed(t, scripts.namesByHash());
  const key = `${testPrefix(t)}:key`;
  await scripts(redis).greet([key], []);
  await scripts(redis).greet([key], []);
  assert.deepEqual(names(), ['greet', 'greet']);
});

test('a script without a name goes by its command', async (t) => {
  const { redis, names } = await timed(t);
  await redis.evalsha('0'.repeat(40), 0).catch(() => {});
  assert.deepEqual(names(), ['evalsha']);
});

test('what waits for a connection is timed once, from when it is written', async (t) => {
  const { redis, replies } = await timed(t);
  const key = `${testPrefix(t)}:key`;
  const closed = once(redis, 'close');
  redis.disconnect(true);
  await closed;
  await redis.set(key, 'a');
  assert.deepEqual(
    replies.filter(([command]) => command === 'set'),
    [['set', 1]],
  );
});

test('what is sent again, as its connection was lost, is timed once', async (t) => {
  let isFirst = true;
  const server = createServer((socket) => {
    socket.on('error', () => {});
    socket.on('data', (data) => {
      if (isFirst) socket.destroy();
      else socket.write('+OK\r\n'.repeat(data.toString().match(/^\*\d+\r$/gm)?.length ?? 0));
      isFirst = false;
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  assert.ok(typeof address === 'object' && address !== null);
  const redis = new Redis({
    port: address.port,
    host: '127.0.0.1',
    protocol: 2,
    disableClientInfo: true,
    enableReadyCheck: false,
  });
  t.after(() => {
    redis.disconnect();
    server.close();
  });
  await once(redis, 'ready');
  const replies: string[] = [];
  timeCommands(redis, { scripts: new Map(), onReply: (command) => replies.push(command) });
  assert.equal(await redis.get('key'), 'OK');
  assert.equal(await redis.set('key', 'a'), 'OK');
  assert.deepEqual(replies, ['get', 'set']);
});

test('every script of the transaction cache has its name', () => {
  const names = new Set(scriptsOf.namesByHash().values());
  for (const name of ['reserve', 'commit', 'fail', 'leave']) assert.ok(names.has(name), name);
});
