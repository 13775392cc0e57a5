import assert from 'node:assert/strict';
import { test } from 'node:test';
import { freePort } from '../../src/embedded-redis/server-process.ts';
import { RedisUnavailableError, UserError } from '../../src/shared/errors.ts';
import { connectRedis, openQueueConnection, primariesOf } from '../../src/shared/redis.ts';
import { connect, startRedis, testRedisUrl } from '../support/redis.ts';
import { until } from '../support/until.ts';

test('nobody answers, whatever the address names: an error within bounds that shows no password', async () => {
  const nobody = `127.0.0.1:${await freePort()}`;
  for (const purpose of ['patient', 'fail-fast'] as const) {
    for (const url of [
      `redis://:hunter2@${nobody}`,
      `redis+cluster://:hunter2@${nobody}`,
      `redis+sentinel://:hunter2@${nobody}/main`,
    ]) {
      if (purpose === 'patient' && url.includes('sentinel')) continue; // it goes on asking them for 20 s
      await assert.rejects(connectRedis(url, purpose), (error) => {
        assert.ok(error instanceof RedisUnavailableError);
        assert.match(error.message, /does not answer at redis.*:\*\*\*@127\.0\.0\.1/);
        assert.ok(!error.message.includes('hunter2'));
        return true;
      });
    }
  }
  await assert.rejects(connectRedis('redis+sentinel://one', 'patient'), UserError);
});

test('a command that finds its primary demoted waits until there is one again, on a patient connection', async (t) => {
  await using server = await startRedis();
  const admin = await connect(t, server.url);
  const patient = await connectRedis(server.url, 'patient');
  const hasty = await connectRedis(server.url, 'fail-fast');
  t.after(() => patient.disconnect());
  t.after(() => hasty.disconnect());
  let reconnected = 0;
  patient.on('close', () => {
    reconnected += 1;
  });
  await admin.replicaof('127.0.0.1', await freePort());
  await assert.rejects(hasty.incr('count'), /READONLY/);
  const counted = patient.incr('count');
  await until('the connection to be opened anew', () => reconnected > 0);
  await admin.replicaof('NO', 'ONE');
  assert.equal(await counted, 1);
});

test('a connection for a queue goes on trying by itself, and closes at once, Redis reachable or not', async (t) => {
  const server = await startRedis();
  t.after(() => server.stop());
  await server.kill();
  const connection = openQueueConnection(server.url, 'patient');
  const answered = connection.redis.ping();
  await until('an attempt to fail', () => connection.redis.status === 'reconnecting');
  await server.restart();
  assert.equal(await answered, 'PONG');
  connection.close();
  await until('the end', () => connection.redis.status === 'end');
  connection.close();
});

test('a single server is its own primary', async (t) => {
  const redis = await connectRedis(await testRedisUrl(), 'patient');
  t.after(() => redis.disconnect());
  assert.deepEqual(primariesOf(redis), [redis]);
});
