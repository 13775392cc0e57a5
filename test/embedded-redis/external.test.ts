import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer as createHttpServer } from 'node:http';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { test } from 'node:test';
import fc from 'fast-check';
import { checkExternalRedis } from '../../src/embedded-redis/external.ts';
import { greet } from '../../src/embedded-redis/greet.ts';
import { freePort } from '../../src/embedded-redis/server-process.ts';
import { ExitCode, RedisUnavailableError } from '../../src/shared/errors.ts';
import { maskPassword } from '../../src/shared/redis-address.ts';
import { connect, startRedis, testRedisUrl } from '../support/redis.ts';

const silent = () => assert.fail('nothing is to be announced');

/** The one line with which a check fails. */
async function refusalOf(url: string): Promise<string> {
  try {
    await checkExternalRedis(url, silent);
  } catch (error) {
    assert.ok(error instanceof RedisUnavailableError, String(error));
    assert.equal(error.exitCode, ExitCode.redis);
    assert.doesNotMatch(error.message, /\n/);
    return error.message;
  }
  return assert.fail(`${url} was accepted`);
}

async function listen(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

test('a Redis that answers and never evicts is accepted in silence', async () => {
  await checkExternalRedis(await testRedisUrl(), silent);
});

test('the check leaves no connection behind', async (t) => {
  await using server = await startRedis();
  await checkExternalRedis(server.url, silent);
  const redis = await connect(t, server.url);
  const clients = String(await redis.client('LIST'))
    .trim()
    .split('\n');
  assert.equal(clients.length, 1);
});

test('an evicting Redis is accepted with a warning', async () => {
  await using server = await startRedis({ args: ['--maxmemory-policy', 'allkeys-lru'] });
  const lines: string[] = [];
  await checkExternalRedis(server.url, (line) => lines.push(line));
  assert.equal(lines.length, 1);
  assert.match(lines[0] ?? '', /allkeys-lru.*noeviction/);
});

test('a Redis that forbids INFO and CONFIG is accepted', async (t) => {
  await using server = await startRedis({ args: ['--maxmemory-policy', 'allkeys-lru'] });
  const redis = await connect(t, server.url);
  await redis.acl('SETUSER', 'app', 'on', '>pw', '~*', '+@all', '-info', '-config');
  await checkExternalRedis(server.url.replace('//', '//app:pw@'), silent);
});

test('nobody listens: the message names the address and the ways on', async () => {
  const message = await refusalOf(`redis://:hunter2@127.0.0.1:${await freePort()}`);
  assert.match(message, /redis:\/\/:\*\*\*@127\.0\.0\.1:\d+ cannot be used: nobody answers.*REDIS_URL/);
  assert.doesNotMatch(message, /hunter2/);
});

test('a wrong or missing password is told apart, and not shown', async () => {
  await using server = await startRedis({ password: 'correct' });
  const wrong = await refusalOf(`redis://:hunter2@127.0.0.1:${server.port}`);
  assert.match(wrong, /refuses the credentials/);
  assert.doesNotMatch(wrong, /hunter2/);
  assert.match(await refusalOf(`redis://127.0.0.1:${server.port}`), /refuses the credentials/);
});

test('a web server is not taken for Redis', async (t) => {
  const server = createHttpServer((_, response) => response.end('hello'));
  t.after(() => server.close());
  assert.match(
    await refusalOf(`redis://127.0.0.1:${await listen(server)}`),
    /does not speak the Redis protocol/,
  );
});

test('a server that only accepts connections is given up after the timeout', async (t) => {
  const server = createServer((socket) => {
    t.after(() => socket.destroy());
    socket.on('error', () => {});
  });
  t.after(() => server.close());
  const greeting = await greet(`redis://127.0.0.1:${await listen(server)}`, { timeoutMs: 50 });
  assert.equal('refusal' in greeting && greeting.refusal, 'silent');
});

test('TLS asked of a plain server fails with a hint at the scheme', async () => {
  await using server = await startRedis();
  assert.match(await refusalOf(server.url.replace('redis:', 'rediss:')), /rediss:\/\//);
});

test('an address that is no Redis URL is refused before anything is tried', async () => {
  for (const url of ['http://127.0.0.1:6379', 'localhost', '127.0.0.1:6379', '']) {
    assert.match(await refusalOf(url), /expected redis:\/\//);
  }
});

test('a masked address shows host and user but never the password', () => {
  assert.equal(maskPassword('redis://localhost:6379/0'), 'redis://localhost:6379/0');
  assert.equal(maskPassword('redis://me:p@ss:w@host:1'), 'redis://me:***@host:1');
  assert.equal(maskPassword('rediss://:p@host'), 'rediss://:***@host');
  assert.equal(maskPassword('secret@host:6379'), '***@host:6379');
  assert.equal(maskPassword('redis://host?password=secret&db=1'), 'redis://host?password=***&db=1');
  fc.assert(
    fc.property(fc.stringMatching(/^[!-~]{12,30}$/), (password) => {
      assert.ok(!maskPassword(`redis://:${password}@host:1`).includes(password));
    }),
  );
});
