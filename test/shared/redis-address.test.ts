import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { maskPassword, readRedisAddress, serverUrl } from '../../src/shared/redis-address.ts';
import { withoutSecrets } from '../../src/shared/telemetry/logger.ts';

const faultOf = (text: string) => {
  const read = readRedisAddress(text);
  assert.ok('fault' in read, `${text} was accepted`);
  return read.fault;
};
const addressOf = (text: string) => {
  const read = readRedisAddress(text);
  assert.ok('address' in read, 'fault' in read ? read.fault : '');
  return read.address;
};
const nobody = { username: undefined, password: undefined };

test('one server keeps its URL as it is', () => {
  for (const url of ['redis://localhost', 'rediss://me:p%40ss@redis.example:6380/2', 'redis://h?family=6']) {
    assert.deepEqual(addressOf(url), { kind: 'server', url });
  }
});

test('a cluster has nodes, with ports of their own or the usual one, and one login', () => {
  assert.deepEqual(addressOf('redis+cluster://one:7000,two,[::1]:7001'), {
    kind: 'cluster',
    nodes: [
      { host: 'one', port: 7000 },
      { host: 'two', port: 6379 },
      { host: '::1', port: 7001 },
    ],
    access: { ...nobody, tls: false },
  });
  assert.deepEqual(addressOf('rediss+cluster://me:a%2Fb,c@d?e@one:7000/'), {
    kind: 'cluster',
    nodes: [{ host: 'one', port: 7000 }],
    access: { username: 'me', password: 'a/b,c@d?e', tls: true },
  });
});

test('sentinels have the name of the primary, perhaps a database, and may have a login of their own', () => {
  assert.deepEqual(addressOf('redis+sentinel://:secret@one,two:26380/mymaster'), {
    kind: 'sentinel',
    sentinels: [
      { host: 'one', port: 26379 },
      { host: 'two', port: 26380 },
    ],
    primary: 'mymaster',
    database: 0,
    access: { username: undefined, password: 'secret', tls: false },
    sentinelAccess: { ...nobody, tls: false },
  });
  const address = addressOf('rediss+sentinel://one/main/3?sentinel_username=watch&sentinel_password=100%25');
  assert.deepEqual(address, {
    kind: 'sentinel',
    sentinels: [{ host: 'one', port: 26379 }],
    primary: 'main',
    database: 3,
    access: { ...nobody, tls: true },
    sentinelAccess: { username: 'watch', password: '100%', tls: true },
  });
});

test('what is malformed is refused with what was expected, what was given and what to do', () => {
  for (const [text, expected] of [
    ['redis+cluster://', /expected addresses as host:port, with a comma between them/],
    ['redis+cluster://one:7000,', /expected addresses as host:port/],
    ['redis+cluster://one:70000', /expected addresses as host:port/],
    ['redis+cluster://one:7000,me:secret:8000', /the one user:password@ for all/],
    ['redis+cluster://one:7000/2', /expected no database .* leave it out/],
    ['redis+cluster://one:7000?tls=true', /expected nothing after the addresses/],
    ['redis+sentinel://one:26379', /expected the primary's name .*\/mymaster/],
    ['redis+sentinel://one:26379/main/x', /expected a database number/],
    ['redis+sentinel://one:26379/main/0/1', /expected a database number/],
    ['redis+sentinel://one/main?password=x', /no parameters but sentinel_username and sentinel_password/],
    ['redis-sentinel://one/main', /expected redis:\/\/.*redis\+cluster:\/\/.*redis\+sentinel:\/\//],
    ['redis://a:1,b:2', /expected redis:\/\/.*redis\+cluster:\/\//],
    ['http://redis.example', /expected redis:\/\/.*got http:\/\/redis\.example/],
    ['secret', /got something that begins with none of these/],
  ] as const) {
    const fault = faultOf(text);
    assert.match(fault, expected, text);
    assert.match(fault, /got /, text);
    assert.doesNotMatch(fault, /\n/);
  }
});

test('no fault repeats a password, wherever it stands', () => {
  const password = fc.stringMatching(/^[!-~]{12,30}$/);
  const forms = [
    (secret: string) => `redis+cluster://me:${secret}@host:nothing`,
    (secret: string) => `redis+sentinel://:${secret}@host:26379`,
    (secret: string) => `redis-cluster://:${secret}@host`,
    (secret: string) => `http://me:${secret}@host:1`,
    (secret: string) => secret,
  ];
  fc.assert(
    fc.property(password, fc.constantFrom(...forms), (secret, form) => {
      const read = readRedisAddress(form(secret));
      assert.ok(!('fault' in read) || !read.fault.includes(secret), 'fault' in read ? read.fault : '');
    }),
  );
  assert.ok(!faultOf('redis+sentinel://one/main/x?sentinel_password=hunter2').includes('hunter2'));
});

test('what is expected can still be read when the whole message is freed of secrets', () => {
  for (const text of [
    'redis://a:1,b:2',
    'http://me:hunter2@host',
    'redis+cluster://one:7000,me:secret:8000',
  ]) {
    assert.equal(withoutSecrets(faultOf(text)), faultOf(text));
  }
});

test('lists are shown without their passwords', () => {
  assert.equal(maskPassword('redis+cluster://me:p@ss@one:1,two:2'), 'redis+cluster://me:***@one:1,two:2');
  assert.equal(
    maskPassword('rediss+sentinel://one/main?sentinel_username=a&sentinel_password=b'),
    'rediss+sentinel://one/main?sentinel_username=a&sentinel_password=***',
  );
});

test('the URL of one server has the login, encoded, and the database', () => {
  fc.assert(
    fc.property(fc.string({ minLength: 1 }), fc.string({ minLength: 1 }), (username, password) => {
      const url = new URL(serverUrl({ host: '::1', port: 7000 }, { username, password, tls: true }, 2));
      assert.deepEqual(
        [decodeURIComponent(url.username), decodeURIComponent(url.password)],
        [username, password],
      );
      assert.deepEqual([url.protocol, url.host, url.pathname], ['rediss:', '[::1]:7000', '/2']);
    }),
  );
  assert.equal(serverUrl({ host: 'h', port: 1 }, { ...nobody, tls: false }), 'redis://h:1');
});
