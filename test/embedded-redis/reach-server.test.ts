import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkExternalRedis } from '../../src/embedded-redis/external.ts';
import { freePort } from '../../src/embedded-redis/server-process.ts';
import { RedisUnavailableError } from '../../src/shared/errors.ts';
import { startRedis } from '../support/redis.ts';
import { startCluster } from '../support/redis-cluster.ts';
import { startSentinelTrio } from '../support/redis-sentinel.ts';

const silent = () => assert.fail('nothing is to be announced');

async function refused(url: string, why: RegExp): Promise<void> {
  await assert.rejects(checkExternalRedis(url, silent), (error) => {
    assert.ok(error instanceof RedisUnavailableError, String(error));
    assert.match(error.message, why);
    assert.doesNotMatch(error.message, /\n|hunter2/);
    return true;
  });
}

test('a cluster that is up is accepted by any of its nodes, and one that is not says how to look', async (t) => {
  const cluster = await startCluster({ primaries: 2 });
  t.after(() => cluster.stop());
  await checkExternalRedis(cluster.url, silent);
  await checkExternalRedis(cluster.url.replace('//', `//127.0.0.1:${await freePort()},`), silent);

  const lines: string[] = [];
  const node = cluster.primaries[0];
  await checkExternalRedis(node?.server.url ?? '', (line) => lines.push(line));
  assert.match(lines.join(), /is a node of a cluster; write redis\+cluster:/);

  await node?.redis.call('CLUSTER', 'DELSLOTSRANGE', 0, 10);
  await node?.redis.call('CLUSTER', 'DELSLOTSRANGE', 11, 20);
  await refused(cluster.url, /the cluster is down: `redis-cli --cluster check 127\.0\.0\.1:\d+`/);
});

test('a server, a node, a sentinel or a replica in the wrong place is told apart, with the address to write', async (t) => {
  const single = await startRedis({ password: 'right' });
  t.after(() => single.stop());
  const at = (password: string) => `:${password}@127.0.0.1:${single.port}`;
  await refused(`redis+cluster://${at('right')}`, /belongs to no cluster: for a single server write redis:/);
  await refused(`redis+cluster://${at('hunter2')}`, /refuses the credentials.*REDIS_URL/);
  await refused(
    `redis+sentinel://:x@127.0.0.1:${single.port}/main?sentinel_password=right`,
    /is no sentinel/,
  );
  await refused(`redis+cluster://127.0.0.1:${await freePort()}`, /nobody answers there/);
  await refused(`redis+sentinel://127.0.0.1:${await freePort()}/main`, /nobody answers there/);
  await refused('redis+sentinel://127.0.0.1', /REDIS_URL: expected the primary's name/);

  const trio = await startSentinelTrio();
  t.after(() => trio.stop());
  await checkExternalRedis(trio.url, silent);
  await refused(trio.url.replace(/main$/, 'mian'), /know no primary named "mian".*sentinel monitor/);
  await refused(trio.replica.url, /it is a replica.*its primary is 127\.0\.0\.1:\d+/);
  const sentinel = /,([\d.:]+)\//.exec(trio.url)?.[1];
  await refused(`redis://${sentinel}`, /it is a sentinel; write redis\+sentinel:/);
});
