import assert from 'node:assert/strict';
import { test } from 'node:test';
import { describeError, describeStdoutError } from '../../src/cli/describe-error.ts';
import { ExitCode, UserError } from '../../src/shared/errors.ts';

const coded = (code: string) => Object.assign(new Error(`${code}: write`), { code });

test('a UserError is its own report, anything else is unexpected', () => {
  const { message, exitCode } = describeError(new UserError('mend it', { exitCode: ExitCode.paused }));
  assert.deepEqual({ message, exitCode }, { message: 'mend it', exitCode: 4 });
  assert.deepEqual(describeError(new Error('a fault')), { message: 'unexpected: a fault', exitCode: 1 });
});

test('a full Redis is one clear line, also as the cause of another error', () => {
  const oom = new Error("OOM command not allowed when used memory > 'maxmemory'.");
  for (const error of [oom, new Error('adding jobs failed', { cause: oom })]) {
    const { message, exitCode } = describeError(error);
    assert.equal(exitCode, ExitCode.redis);
    assert.match(message, /^Redis is full \(maxmemory\): raise maxmemory .* nothing was lost$/);
  }
});

test('a reader of stdout that has gone is no error, every other failure is', () => {
  assert.equal(describeStdoutError(coded('EPIPE')), undefined);
  assert.deepEqual(describeStdoutError(coded('ENOSPC')), {
    message: 'cannot write to stdout: no space is left on the device',
    exitCode: 2,
  });
  assert.deepEqual(describeStdoutError(coded('EIO')), {
    message: 'cannot write to stdout: EIO: write',
    exitCode: 2,
  });
});
