import assert from 'node:assert/strict';
import { test } from 'node:test';
import { watchFleet } from '../../src/cli/watch-fleet.ts';
import type { FleetView } from '../../src/producer/fleet-view.ts';

const paused = (message: string): FleetView => ({
  nowMs: 0,
  scopes: [
    {
      id: '0123456789abcdef',
      model: 'm',
      endpoint: 'e',
      windowMs: 60_000,
      pausedReason: 'auth',
      pausedMessage: message,
      waitingUntilMs: undefined,
      waitReason: undefined,
      requests: undefined,
      tokens: undefined,
      waiting: 0,
      inFlight: 0,
    },
  ],
});

test('it looks once a second at the most, and waits for no look', async () => {
  let nowMs = 0;
  const looks: PromiseWithResolvers<FleetView>[] = [];
  const fleet = () => {
    const look = Promise.withResolvers<FleetView>();
    looks.push(look);
    return look.promise;
  };
  const whatHolds = watchFleet({ fleet }, { model: 'm', now: () => nowMs });
  assert.equal(whatHolds(), undefined);
  assert.equal(whatHolds(), undefined);
  assert.equal(looks.length, 1);
  looks[0]?.resolve(paused('no key'));
  await looks[0]?.promise;
  nowMs = 999;
  assert.equal(whatHolds()?.text, 'paused: no key');
  assert.equal(looks.length, 1);
  nowMs = 1_000;
  assert.equal(whatHolds()?.text, 'paused: no key');
  looks[1]?.reject(new Error('Redis is away'));
  await looks[1]?.promise.catch(() => {});
  nowMs = 2_000;
  assert.equal(whatHolds()?.text, 'paused: no key', 'what was known stays');
  assert.equal(looks.length, 3);
});
