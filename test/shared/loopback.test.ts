import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isLoopback, namesLoopback } from '../../src/shared/loopback.ts';

test('the loopback is this machine alone, whatever it is called', () => {
  for (const host of ['localhost', 'LOCALHOST', '127.0.0.1', '127.8.9.10', '::1', '[::1]']) {
    assert.equal(isLoopback(host), true, host);
  }
  for (const host of [
    '0.0.0.0',
    '::',
    '10.0.0.1',
    '128.0.0.1',
    'example.com',
    '127.0.0.1.example.com',
    'localhost.example.com',
    '',
  ]) {
    assert.equal(isLoopback(host), false, host);
  }
});

test('a Host header names the loopback with or without a port, and with nothing else beside it', () => {
  for (const host of ['localhost:9464', 'LOCALHOST', '127.0.0.1:9464', '[::1]:9464']) {
    assert.equal(namesLoopback(host), true, host);
  }
  for (const host of ['evil.example', 'user@localhost', 'localhost:80@evil.example', '', undefined]) {
    assert.equal(namesLoopback(host), false, host);
  }
});
