import assert from 'node:assert/strict';
import { test } from 'node:test';
import { keepLease, OutboxLostError, startWatch } from '../../../src/producer/export/lease.ts';
import type { Outbox, RenewReply } from '../../../src/shared/transactions/outbox.ts';

const LEASE_MS = 60_000;

function clocks() {
  const time = { monotonic: 0, wall: 1_000_000 };
  return { time, clocks: { monotonicMs: () => time.monotonic, wallMs: () => time.wall } };
}

/** A lease that was granted now, on an outbox that answers renewals with this. */
function leaseOn(renewal: () => Promise<RenewReply>) {
  const { time, clocks: both } = clocks();
  const none = () => Promise.reject(new Error('not asked for'));
  const outbox: Outbox = { record: none, open: none, prune: none, close: none, renew: renewal };
  const options = { outbox, simulation: 'sim', population: 'p', leaseMs: LEASE_MS, clocks: both };
  return { time, lease: keepLease({ ...options, granted: startWatch(both) }) };
}

const renewed: RenewReply = { code: 'renewed', confirmedBytes: 7 };

test('time passes as the faster of the two clocks says', () => {
  const { time, clocks: both } = clocks();
  const passed = startWatch(both);
  time.monotonic += 5;
  assert.equal(passed(), 5);
  time.wall += 9_000; // the machine slept
  assert.equal(passed(), 9_000);
  time.wall -= 50_000; // somebody set the clock back
  assert.equal(passed(), 5);
});

test('a lease is fresh until a fifth of it is left; a renewal counts from when it was asked for', async () => {
  const { time, lease } = leaseOn(async () => {
    time.monotonic += 10_000; // the way to Redis and back
    return renewed;
  });
  using _ = lease;
  time.monotonic = 47_999;
  assert.equal(lease.isFresh(), true);
  time.monotonic = 48_000;
  assert.equal(lease.isFresh(), false);
  assert.equal(await lease.renew(), 7);
  assert.equal(lease.isFresh(), true);
  time.monotonic += 38_000;
  assert.equal(lease.isFresh(), false);
});

test('assure asks only when it must, and again when the answer came too late to count', async () => {
  let asked = 0;
  const { time, lease } = leaseOn(async () => {
    asked += 1;
    if (asked === 1) time.wall += 2 * LEASE_MS; // stopped right after Redis had answered
    return renewed;
  });
  using _ = lease;
  await lease.assure();
  assert.equal(asked, 0);
  time.monotonic += LEASE_MS;
  await lease.assure();
  assert.equal(asked, 2);
  assert.equal(lease.isFresh(), true);
});

test('a lease that is lost is an OutboxLostError, a population that is gone a UserError', async () => {
  const lost = leaseOn(async () => ({ code: 'lost', holder: 'other' }));
  using _lost = lost.lease;
  await assert.rejects(lost.lease.renew(), OutboxLostError);
  lost.time.monotonic += LEASE_MS;
  await assert.rejects(lost.lease.assure(), OutboxLostError);
  const gone = leaseOn(async () => ({ code: 'unknown-population' }));
  using _gone = gone.lease;
  await assert.rejects(gone.lease.renew(), { name: 'UserError', message: /no population p/ });
});

test('it is renewed by itself, one renewal at a time, whatever becomes of one, until it is disposed of', async (t) => {
  t.mock.timers.enable({ apis: ['setInterval'] });
  const asked: PromiseWithResolvers<RenewReply>[] = [];
  const { lease } = leaseOn(() => {
    const answer = Promise.withResolvers<RenewReply>();
    asked.push(answer);
    return answer.promise;
  });
  const settled = () => new Promise((resolve) => setImmediate(resolve));
  t.mock.timers.tick(LEASE_MS / 3);
  assert.equal(asked.length, 1);
  t.mock.timers.tick(LEASE_MS);
  assert.equal(asked.length, 1, 'one that is not answered is waited for');
  asked[0]?.reject(new Error('Redis is away'));
  await settled();
  t.mock.timers.tick(LEASE_MS / 3);
  assert.equal(asked.length, 2);
  asked[1]?.resolve(renewed);
  await settled();
  lease[Symbol.dispose]();
  t.mock.timers.tick(LEASE_MS);
  assert.equal(asked.length, 2);
});
