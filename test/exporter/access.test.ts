import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createGate } from '../../src/exporter/access.ts';

const TOKEN = 'correct-horse-battery';
const basic = (text: string) => `Basic ${Buffer.from(text).toString('base64')}`;

test('without a token, a request that reaches the port under another name is refused', () => {
  const { refusal } = createGate(undefined);
  for (const host of ['localhost:9465', 'localhost', '127.0.0.1:9465', '[::1]:9465']) {
    assert.equal(refusal({ method: 'GET', headers: { host } }), undefined, host);
  }
  for (const host of [
    'evil.example:9465',
    'localhost.evil.example',
    'user@localhost',
    'localhost:80@evil.example',
    '',
    undefined,
  ]) {
    assert.equal(refusal({ method: 'GET', headers: { host } })?.status, 403, host);
  }
  assert.equal(
    createGate(TOKEN).refusal({ method: 'GET', headers: { host: 'fleet.example' } }),
    undefined,
    'with a token the name is free',
  );
});

test('a page of another site is refused, with and without a token; a link from it is not', () => {
  const host = 'localhost:9465';
  for (const { refusal } of [createGate(undefined), createGate(TOKEN)]) {
    const of = (headers: Record<string, string>, method = 'GET') =>
      refusal({ method, headers: { host, ...headers } })?.status;
    assert.equal(of({ 'sec-fetch-site': 'none' }), undefined);
    assert.equal(of({ 'sec-fetch-site': 'same-origin' }), undefined);
    assert.equal(of({ 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'no-cors' }), 403);
    assert.equal(of({ 'sec-fetch-site': 'same-site', 'sec-fetch-mode': 'cors' }), 403);
    const link = {
      'sec-fetch-site': 'cross-site',
      'sec-fetch-mode': 'navigate',
      'sec-fetch-dest': 'document',
    };
    assert.equal(of(link), undefined);
    assert.equal(of({ ...link, 'sec-fetch-dest': 'iframe' }), 403);
    assert.equal(of(link, 'POST'), 403);
    assert.equal(of({ origin: 'http://localhost:9465' }), undefined);
    assert.equal(of({ origin: 'http://localhost:3000' }), 403);
    assert.equal(of({ origin: 'https://evil.example' }), 403);
    assert.equal(of({ origin: 'null' }), 403);
    assert.equal(of({ origin: 'file://' }), 403);
  }
});

test('a host in upper case, or with the port that its scheme has anyway, is the same host', () => {
  const { refusal } = createGate(TOKEN);
  const of = (host: string, origin: string) => refusal({ method: 'GET', headers: { host, origin } })?.status;
  assert.equal(of('Fleet.Example:9465', 'http://fleet.example:9465'), undefined);
  assert.equal(of('fleet.example:443', 'https://fleet.example'), undefined);
  assert.equal(of('fleet.example:80', 'http://fleet.example'), undefined);
  assert.equal(of('fleet.example:80', 'https://fleet.example'), 403);
  assert.equal(of('', 'https://fleet.example'), 403);
});

test('a token opens as Bearer and as the password of any user, and nothing else does', () => {
  const { refusalOfSecrets } = createGate(TOKEN);
  const statusOf = (authorization: string | undefined) =>
    refusalOfSecrets({ method: 'GET', headers: { authorization } })?.status;
  for (const right of [
    `Bearer ${TOKEN}`,
    `bearer  ${TOKEN}`,
    basic(`me:${TOKEN}`),
    basic(`:${TOKEN}`),
    basic(TOKEN),
  ]) {
    assert.equal(statusOf(right), undefined, right);
  }
  for (const wrong of [
    undefined,
    '',
    TOKEN,
    'Bearer',
    'Bearer ',
    `Bearer ${TOKEN}x`,
    `Bearer ${TOKEN.slice(0, -1)}`,
    `Digest ${TOKEN}`,
    basic(`${TOKEN}:me`),
    basic(`me:${TOKEN}:`),
    'Basic ???',
  ]) {
    assert.equal(statusOf(wrong), 401, wrong);
  }
});

test('a password may hold colons and letters of any script', () => {
  const token = 'schlüssel:mit:doppelpunkt';
  const { refusalOfSecrets } = createGate(token);
  const authorization = basic(`me:${token}`);
  assert.equal(refusalOfSecrets({ method: 'GET', headers: { authorization } }), undefined);
});

test('a refusal repeats neither what was expected nor what was given', () => {
  const refusal = createGate(TOKEN).refusalOfSecrets({
    method: 'GET',
    headers: { authorization: 'Bearer wrong-guess' },
  });
  assert.doesNotMatch(refusal?.why ?? TOKEN, new RegExp(`${TOKEN}|wrong-guess`));
});
