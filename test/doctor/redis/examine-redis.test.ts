import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { Check } from '../../../src/doctor/check.ts';
import { examineRedis } from '../../../src/doctor/redis/examine-redis.ts';
import { durable, type ServerSettings } from '../../../src/embedded-redis/server-process.ts';
import { createKeys } from '../../../src/shared/keys.ts';
import { connectRedis } from '../../../src/shared/redis.ts';
import { connect, startRedis } from '../../support/redis.ts';
import { startCluster } from '../../support/redis-cluster.ts';

const never = new AbortController().signal;

async function serverWith(t: TestContext, settings: ServerSettings) {
  const server = await startRedis({ settings });
  t.after(() => server.stop());
  return server;
}

async function examined(t: TestContext, url: string): Promise<Record<string, Check>> {
  const redis = await connect(t, url);
  const checks = await examineRedis(redis, createKeys('pft'), never);
  assert.deepEqual(await redis.keys('*'), [], 'nothing is left behind');
  return Object.fromEntries(checks.map((check) => [check.name.replace('redis ', ''), check]));
}

test('the settings that the private server has pass', async (t) => {
  const { url } = await serverWith(t, durable);
  const { role, eviction, persistence, memory, commands } = await examined(t, url);
  assert.deepEqual(
    [role, eviction, persistence, memory, commands].map((check) => check?.status),
    ['ok', 'ok', 'ok', 'ok', 'ok'],
  );
  assert.match(persistence?.found ?? '', /appendfsync always/);
});

test('eviction, no append-only file, and memory that runs out are found', async (t) => {
  const { url } = await serverWith(t, [
    ['save', '""'],
    ['appendonly', 'no'],
    ['maxmemory', '1mb'],
    ['maxmemory-policy', 'allkeys-lru'],
  ]);
  const { eviction, persistence, memory } = await examined(t, url);
  assert.equal(eviction?.status, 'fault');
  assert.match(eviction?.found ?? '', /allkeys-lru/);
  assert.equal(persistence?.status, 'warning');
  assert.match(persistence?.advice ?? '', /appendonly yes/);
  assert.notEqual(memory?.status, 'ok', memory?.found);
});

test('a replica is found, and so is that it takes no writes', async (t) => {
  const primary = await serverWith(t, durable);
  const { url } = await serverWith(t, [
    ['save', '""'],
    ['replicaof', `127.0.0.1 ${primary.port}`],
  ]);
  const { role, commands } = await examined(t, url);
  assert.equal(role?.status, 'fault');
  assert.match(role?.found ?? '', new RegExp(`replica of 127\\.0\\.0\\.1:${primary.port}`));
  assert.equal(commands?.status, 'fault');
  assert.match(commands?.found ?? '', /READONLY/);
});

test('a server that refuses CONFIG, as managed ones do, is looked at all the same', async (t) => {
  const { url } = await serverWith(t, [...durable, ['rename-command', 'CONFIG ""']]);
  const { eviction, persistence, commands } = await examined(t, url);
  assert.deepEqual([eviction?.status, commands?.status], ['ok', 'ok']);
  assert.deepEqual(
    [persistence?.status, persistence?.found],
    ['ok', 'append-only file, appendfsync cannot be seen'],
  );
});

test('without INFO most cannot be seen, and that is said', async (t) => {
  const { url } = await serverWith(t, durable);
  const admin = await connect(t, url);
  await admin.call('ACL', 'SETUSER', 'untold', 'on', '>pw', '~*', '+@all', '-info');
  const { information, version, latency, commands } = await examined(t, url.replace('://', '://untold:pw@'));
  assert.equal(information?.status, 'warning');
  assert.equal(version, undefined);
  assert.equal(latency?.status, 'ok');
  assert.equal(commands?.status, 'fault');
  assert.match(commands?.found ?? '', /^refused: info /);
});

test('a user who may not do everything that is needed is told what is refused', async (t) => {
  const server = await serverWith(t, durable);
  const admin = await connect(t, server.url);
  const mayDo = (name: string, ...rules: string[]) =>
    admin.call('ACL', 'SETUSER', name, 'on', '>pw', ...rules);
  const everything = ['~pft:*', '~{pft:*', '+@all', '-@dangerous', '+info', '+client', '+keys'];
  await mayDo('good', ...everything);
  await mayDo('noscripts', ...everything, '-@scripting');
  await mayDo('noblocking', ...everything, '-@blocking');
  await mayDo('nolimits', ...everything, 'resetkeys', '~pft:*', '~{pft:queue}*');
  const commandsOf = async (user: string) => {
    const redis = await connect(t, server.url.replace('://', `://${user}:pw@`));
    return (await examineRedis(redis, createKeys('pft'), never)).find(
      ({ name }) => name === 'redis commands',
    );
  };
  assert.equal((await commandsOf('good'))?.status, 'ok');
  assert.match(
    (await commandsOf('noscripts'))?.found ?? '',
    /refused: scripts on the keys of populations.*NOPERM/,
  );
  assert.match((await commandsOf('noblocking'))?.found ?? '', /refused: bzpopmin, xread .*NOPERM/);
  const limits = await commandsOf('nolimits');
  assert.match(limits?.found ?? '', /refused: scripts on the keys of limits \("/);
  assert.match(limits?.advice ?? '', /ACL SETUSER/);
});

test('a server that does not answer is a fault in time, not a wait without end', async (t) => {
  const server = await serverWith(t, durable);
  const redis = await connect(t, server.url);
  await redis.ping();
  server.freeze();
  t.after(() => server.thaw());
  const stopping = new AbortController();
  const examining = examineRedis(redis, createKeys('pft'), stopping.signal);
  stopping.abort();
  assert.ok((await examining).every(({ status }) => status === 'skipped'));
});

test('of a cluster each primary is looked at, and its nodes are not taken for servers that stand alone', async (t) => {
  await using cluster = await startCluster();
  const redis = await connectRedis(cluster.url, 'fail-fast');
  t.after(() => redis.disconnect());
  const checks = await examineRedis(redis, createKeys('pft'), never);
  const roles = checks.filter(({ name }) => name.startsWith('redis role of 127.0.0.1:'));
  assert.deepEqual(
    roles.map(({ name, status }) => [name, status]).sort(),
    cluster.primaries.map(({ server }) => [`redis role of 127.0.0.1:${server.port}`, 'ok']).sort(),
  );
  assert.equal(checks.find(({ name }) => name === 'redis commands')?.status, 'ok');
  const [node] = cluster.primaries;
  assert.ok(node);
  const alone = await examineRedis(node.redis, createKeys('pft'), never);
  assert.equal(alone.find(({ name }) => name === 'redis role')?.status, 'fault');
});
