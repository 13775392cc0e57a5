import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CheckStatus } from '../../../src/doctor/check.ts';
import { parseInfo } from '../../../src/doctor/redis/redis-info.ts';
import { checkVersion } from '../../../src/doctor/redis/version.ts';

const { ok, warning, fault } = CheckStatus;
const statusOf = (info: string) => checkVersion(parseInfo(info)).status;

test('releases with the correction are fine; those without cannot be judged by their number', () => {
  const expected = {
    '7.0.15': warning,
    '7.2.10': warning,
    '7.2.11': ok,
    '7.2.12': ok,
    '7.4.5': warning,
    '7.4.6': ok,
    '8.0.3': warning,
    '8.0.4': ok,
    '8.2.1': warning,
    '8.2.2': ok,
    '8.4.0': ok,
    '9.0.0': ok,
    '255.255.255': ok,
    '7.9.240': warning,
  };
  for (const [version, status] of Object.entries(expected)) {
    assert.equal(statusOf(`# Server\r\nredis_version:${version}\r\n`), status, version);
  }
});

test('older than 7.0 is a fault, patched or not', () => {
  for (const version of ['6.2.20', '6.0.16', '5.0.7']) {
    assert.equal(statusOf(`redis_version:${version}`), fault, version);
  }
});

test('Valkey is judged by its own version, whatever it says to old clients', () => {
  const valkey = (version: string) =>
    `redis_version:7.2.4\r\nserver_name:valkey\r\nvalkey_version:${version}\r\n`;
  assert.equal(statusOf(valkey('8.1.4')), ok);
  assert.equal(statusOf(valkey('8.1.3')), warning);
  assert.equal(statusOf(valkey('9.0.1')), ok);
  assert.match(checkVersion(parseInfo(valkey('8.1.3'))).found, /^Valkey 8\.1\.3/);
});

test('what is neither is said, and nothing more is claimed', () => {
  assert.match(
    checkVersion(parseInfo('redis_version:7.4.0\ndragonfly_version:df-v1.30.0')).found,
    /^Dragonfly df-v1/,
  );
  for (const info of ['', 'redis_version:', 'redis_version:unstable', 'dragonfly_version:df-v1.30.0']) {
    assert.equal(statusOf(info), warning, info);
  }
});

test('the advice says what to look for', () => {
  const { advice } = checkVersion(parseInfo('redis_version:7.0.15'));
  assert.match(advice ?? '', /7\.2\.11, 7\.4\.6, 8\.0\.4, 8\.2\.2.*CVE-2025-49844.*changelog/);
});
