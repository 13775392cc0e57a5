import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  type Check,
  CheckStatus,
  examine,
  exitCodeOf,
  fault,
  ok,
  skipped,
  warning,
} from '../../src/doctor/check.ts';
import { ExitCode } from '../../src/shared/errors.ts';

const never = new AbortController().signal;

test('a look that throws, or that is never over, is a fault with what happened', async () => {
  const thrown = await examine('it', () => Promise.reject(new Error('gone')), { signal: never });
  assert.deepEqual([thrown.name, thrown.status, thrown.found], ['it', CheckStatus.fault, 'gone']);
  const synchronous = await examine('it', () => assert.fail('at once'), { signal: never });
  assert.equal(synchronous.found, 'at once');
  const silent = await examine('it', () => new Promise(() => {}), { signal: never, withinMs: 20 });
  assert.deepEqual([silent.status, silent.found], [CheckStatus.fault, 'no answer within 0.02 s']);
});

test('an interrupted look is skipped at once, and one that has not begun is not begun', async () => {
  const stopping = new AbortController();
  const looking = examine('it', () => new Promise(() => {}), { signal: stopping.signal });
  stopping.abort();
  assert.equal((await looking).status, CheckStatus.skipped);
  const late = await examine('it', () => assert.fail('looked'), { signal: stopping.signal });
  assert.equal(late.found, 'interrupted');
});

test('only faults decide the exit code, and Redis comes before the account, and that before the rest', () => {
  const checks = (...findings: Omit<Check, 'name'>[]) => findings.map((each) => ({ name: 'it', ...each }));
  assert.equal(exitCodeOf(checks(ok('a'), warning('b', 'c'), skipped('d'))), ExitCode.ok);
  const other = fault('x', 'y');
  const account = fault('x', 'y', ExitCode.paused);
  const redis = fault('x', 'y', ExitCode.redis);
  assert.equal(exitCodeOf(checks(ok('a'), other)), ExitCode.badInput);
  assert.equal(exitCodeOf(checks(other, account)), ExitCode.paused);
  assert.equal(exitCodeOf(checks(account, other, redis)), ExitCode.redis);
});
