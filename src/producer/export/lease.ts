import type { Outbox } from '../../shared/transactions/outbox.ts';
import { unknownPopulation } from '../../shared/transactions/populations.ts';

/**
 * What this process believes of the outbox may no longer be so: its lease ran out, Redis went back in time, or somebody else
 * wrote to the file. The reaction is to look at Redis and the file afresh.
 */
export class OutboxLostError extends Error {
  override readonly name = 'OutboxLostError';
}

/** Two clocks, in ms: neither a machine that slept, which stops the monotonic one, nor a clock set back makes time shorter. */
export interface Clocks {
  monotonicMs(): number;
  wallMs(): number;
}

export const systemClocks: Clocks = { monotonicMs: () => performance.now(), wallMs: Date.now };

/** Returns how many ms have passed since it was called. */
export function startWatch({ monotonicMs, wallMs }: Clocks): () => number {
  const monotonic = monotonicMs();
  const wall = wallMs();
  return () => Math.max(monotonicMs() - monotonic, wallMs() - wall);
}

export interface Lease extends Disposable {
  /** Extends it, and returns the bytes of the file that Redis has confirmed. Throws OutboxLostError when it is lost. */
  renew(): Promise<number>;
  /** Whether it is certain to hold for a while. */
  isFresh(): boolean;
  /** Resolves as soon as it is fresh; to be asked right before each write. Throws OutboxLostError when it is lost. */
  assure(): Promise<void>;
}

/**
 * Keeps a granted lease: renews it every third of its time, however long a write or a read takes. A process that is stopped
 * renews nothing and, when it goes on, knows by its clocks that the lease is old, before it asks anybody.
 */
export function keepLease(options: {
  outbox: Outbox;
  simulation: string;
  population: string;
  leaseMs: number;
  /** Started before the lease was asked for. */
  granted: () => number;
  clocks: Clocks;
}): Lease {
  const { outbox, simulation, population, leaseMs, clocks } = options;
  let ageMs = options.granted;
  let isRenewing = false;

  async function renew(): Promise<number> {
    const asked = startWatch(clocks);
    const reply = await outbox.renew();
    switch (reply.code) {
      case 'renewed':
        ageMs = asked;
        return reply.confirmedBytes;
      case 'lost':
        throw new OutboxLostError('the lease on the file ran out');
      case 'unknown-population':
        throw unknownPopulation(simulation, population);
      default: {
        const never: never = reply;
        throw new Error(`unknown reply ${JSON.stringify(never)}`);
      }
    }
  }
  const isFresh = () => ageMs() < leaseMs * 0.8;
  const timer = setInterval(() => {
    if (isRenewing) return;
    isRenewing = true;
    // Whoever writes next finds out what became of it.
    const done = () => {
      isRenewing = false;
    };
    renew().then(done, done);
  }, leaseMs / 3);
  return {
    renew,
    isFresh,
    async assure() {
      while (!isFresh()) await renew();
    },
    [Symbol.dispose]: () => clearInterval(timer),
  };
}
