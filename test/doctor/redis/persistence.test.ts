import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CheckStatus } from '../../../src/doctor/check.ts';
import { checkPersistence } from '../../../src/doctor/redis/persistence.ts';
import { parseInfo } from '../../../src/doctor/redis/redis-info.ts';

const look = (info: string, fsync?: string) => checkPersistence(parseInfo(info), fsync);
const on = 'aof_enabled:1\naof_last_write_status:ok\naof_last_bgrewrite_status:ok\n';

test('an append-only file is fine, and what a power cut takes is said', () => {
  assert.deepEqual(look(on, 'always'), {
    status: CheckStatus.ok,
    found: 'append-only file, appendfsync always: a power cut loses nobody',
  });
  assert.match(look(on, 'everysec').found, /about a second/);
  assert.equal(look(on, 'everysec').status, CheckStatus.ok);
  assert.equal(look(on, 'no').status, CheckStatus.warning);
  assert.match(look(on, undefined).found, /cannot be seen/);
  assert.equal(look(on, undefined).status, CheckStatus.ok);
});

test('a write that failed is a fault, a rewrite that failed a warning', () => {
  assert.equal(look(on.replace('write_status:ok', 'write_status:err'), 'always').status, CheckStatus.fault);
  assert.equal(
    look(on.replace('rewrite_status:ok', 'rewrite_status:err'), 'always').status,
    CheckStatus.warning,
  );
});

test('without an append-only file it is a warning, and a fault when not even snapshots succeed', () => {
  assert.equal(look('aof_enabled:0\nrdb_last_bgsave_status:ok').status, CheckStatus.warning);
  assert.equal(look('aof_enabled:0\nrdb_last_bgsave_status:err').status, CheckStatus.fault);
});

test('a server that does not say is a warning', () => {
  assert.equal(look('loading:0').status, CheckStatus.warning);
});
