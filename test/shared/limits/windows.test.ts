import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type Arrival, fullestWindow, type RunOptions, saturatedRun } from './saturated-run.ts';
import { simulatedFleet } from './simulated-fleet.ts';

const WINDOW_MS = 60_000;
const GUARD_MS = 500;

const sizes = (smallest: number, largest: number) => (random: () => number) =>
  smallest + random() * (largest - smallest);

/** Everything but limits: sizes that vary tenfold, of which calls use a part that varies tenfold. */
const BUSY: Omit<RunOptions, 'config' | 'seed'> = {
  durationMs: 180_000,
  processes: 4,
  concurrency: 16,
  reserved: sizes(500, 5_000),
  yield: sizes(0.1, 1),
  latencyMs: sizes(100, 600),
};

test('whatever the limits, sizes, delays and processes: no window over, though all is said twice', async (t) => {
  await fc.assert(
    fc.asyncProperty(
      fc.record({
        seed: fc.integer(),
        processes: fc.integer({ min: 1, max: 6 }),
        concurrency: fc.integer({ min: 1, max: 24 }),
        requests: fc.oneof(fc.constant(0), fc.integer({ min: 5, max: 400 })),
        tokens: fc.oneof(fc.constant(0), fc.integer({ min: 6_000, max: 300_000 })),
        charge: fc.constantFrom('used' as const, 'reserved' as const),
        burst: fc.constantFrom(0.01, 0.05, 0.5, 1),
        guardMs: fc.constantFrom(0, 500, 3_000),
        latencyMs: fc.constantFrom(1, 800, 20_000),
        repeats: fc.boolean(),
      }),
      async ({ seed, processes, concurrency, latencyMs, repeats, ...config }) => {
        fc.pre(config.requests + config.tokens > 0);
        const fleet = await simulatedFleet(t, { repeats });
        const { arrivals } = await saturatedRun(fleet, {
          ...BUSY,
          seed,
          processes,
          concurrency,
          durationMs: 150_000,
          latencyMs: sizes(0, latencyMs),
          config,
        });
        const fullest = fullestWindow(arrivals, WINDOW_MS, config.charge);
        if (config.requests > 0)
          assert.ok(fullest.requests <= config.requests, `${fullest.requests} requests`);
        if (config.tokens > 0) assert.ok(fullest.tokens <= config.tokens, `${fullest.tokens} tokens`);
        assert.ok(arrivals.length > 1, 'calls were let through');
      },
    ),
    { numRuns: 12 },
  );
});

test('at saturation at least 98 % of a requests limit is used, after the death of half the processes too', async (t) => {
  const fleet = await simulatedFleet(t);
  const { arrivals, exchanges } = await saturatedRun(fleet, {
    ...BUSY,
    seed: 1,
    config: { requests: 600 },
    deaths: { 1: 70_000, 2: 70_000 },
  });
  assert.ok(arrivals.length >= 0.98 * 600 * 3, `${arrivals.length} calls in three minutes`);
  assert.equal(fullestWindow(arrivals, WINDOW_MS, 'used').requests, 600);
  assert.ok(exchanges <= 2.2 * arrivals.length, `${exchanges} exchanges for ${arrivals.length} calls`);
});

for (const charge of ['used', 'reserved'] as const) {
  test(`at saturation a tokens limit charged as ${charge} is full to 98 %, on the average over time`, async (t) => {
    const fleet = await simulatedFleet(t);
    const startMs = fleet.clock.nowMs;
    const limit = 400_000;
    const { arrivals } = await saturatedRun(fleet, { ...BUSY, seed: 2, config: { tokens: limit, charge } });
    assert.ok(fullestWindow(arrivals, WINDOW_MS, charge).tokens <= limit);
    const fill = averageFill(arrivals, {
      fromMs: startMs + WINDOW_MS,
      toMs: startMs + BUSY.durationMs,
      charge,
    });
    assert.ok(fill >= 0.98 * limit, `${Math.round(fill)} of ${limit} on the average`);
  });
}

/** What the provider's window held, on the average. */
function averageFill(
  arrivals: readonly Arrival[],
  { fromMs, toMs, charge }: { fromMs: number; toMs: number; charge: 'used' | 'reserved' },
): number {
  let sum = 0;
  let looks = 0;
  for (let atMs = fromMs; atMs < toMs; atMs += 250) {
    looks += 1;
    for (const one of arrivals) {
      if (one.atMs <= atMs - WINDOW_MS || one.atMs > atMs) continue;
      sum += charge === 'used' && one.settledMs <= atMs ? one.used : one.reserved;
    }
  }
  return sum / looks;
}

test('no burst goes beyond its share of the limit and what the pace has saved up', async (t) => {
  for (const [config, amount, capacity] of [
    [{ requests: 120, burst: 0.1 }, () => 1, 12],
    [{ requests: 10, burst: 0.01 }, () => 1, 1],
    [{ tokens: 100_000, burst: 0.1, charge: 'reserved' }, (one: Arrival) => one.reserved, 10_000],
    // One request is larger than the burst.
    [{ tokens: 100_000, burst: 0.01, charge: 'reserved' }, (one: Arrival) => one.reserved, 5_000],
  ] as const) {
    const fleet = await simulatedFleet(t);
    const { arrivals } = await saturatedRun(fleet, { ...BUSY, seed: 3, durationMs: 120_000, config });
    const limit = 'requests' in config ? config.requests : config.tokens;
    const perMs = limit / (WINDOW_MS + GUARD_MS);
    for (const [from, first] of arrivals.entries()) {
      let sum = 0;
      for (const one of arrivals.slice(from)) {
        sum += amount(one);
        const most = capacity + perMs * (one.grantedMs - first.grantedMs);
        assert.ok(sum <= most + 0.01, `${sum} within ${one.grantedMs - first.grantedMs} ms, at most ${most}`);
      }
    }
    assert.ok(arrivals.length > 10);
  }
});
