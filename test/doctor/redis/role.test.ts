import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseInfo } from '../../../src/doctor/redis/redis-info.ts';
import { checkRole } from '../../../src/doctor/redis/role.ts';

const look = (info: string, asCluster = false) => checkRole(parseInfo(info), { asCluster });

test('a primary is fine', () => {
  assert.deepEqual(look('role:master\nconnected_slaves:0'), { status: 'ok', found: 'primary' });
  assert.equal(look('role:master\nconnected_slaves:1').found, 'primary, 1 replica');
  assert.equal(
    look('role:master\nconnected_slaves:2\ncluster_enabled:1', true).found,
    'primary, 2 replicas, of a cluster',
  );
});

test('a replica is a fault that names its primary', () => {
  const { status, found } = look('role:slave\nmaster_host:10.0.0.7\nmaster_port:6379');
  assert.equal(status, 'fault');
  assert.match(found, /replica of 10\.0\.0\.7:6379/);
});

test('a node of a cluster that is spoken to as if it were alone is a fault with the right address', () => {
  const { status, advice } = look('role:master\ncluster_enabled:1');
  assert.equal(status, 'fault');
  assert.match(advice ?? '', /redis\+cluster:\/\//);
});

test('a server that does not say is a warning', () => {
  assert.equal(look('').status, 'warning');
});
