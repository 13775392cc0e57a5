import type { Ask, ExchangeReply, ScopeConfig } from '../../../src/worker/llm/limiter-exchange.ts';
import { createSeededRandom } from './seeded-random.ts';
import { answered, askFor, type SimulatedFleet } from './simulated-fleet.ts';

/** A call as the provider saw it. Its tokens count as reserved until it is settled, and as used after that. */
export interface Arrival {
  readonly id: string;
  readonly process: number;
  readonly grantedMs: number;
  readonly atMs: number;
  readonly settledMs: number;
  readonly reserved: number;
  readonly used: number;
}

export interface RunOptions {
  readonly seed: number;
  readonly durationMs: number;
  readonly processes: number;
  /** Calls that each process wants to have under way at all times. */
  readonly concurrency: number;
  readonly config: Partial<ScopeConfig>;
  readonly reserved: (random: () => number) => number;
  /** Share of the reserved tokens that a call uses. */
  readonly yield: (random: () => number) => number;
  readonly latencyMs: (random: () => number) => number;
  /** Processes that end at a time, with all they have in flight, and say nothing more. */
  readonly deaths?: Readonly<Record<number, number>>;
}

interface Process {
  readonly index: number;
  readonly exchange: ReturnType<SimulatedFleet['process']>['exchange'];
  readonly waiting: Map<string, Ask>;
  readonly ended: Map<string, Arrival>;
  wakeMs: number;
}

/**
 * Processes that always want more than the limits let through, on a simulated clock. They sleep as long as they are told, wake at
 * once when a call ends, and their requests reach the provider anything up to the guard after their grants.
 */
export async function saturatedRun(fleet: SimulatedFleet, options: RunOptions) {
  const random = createSeededRandom(options.seed);
  const guardMs = options.config.guardMs ?? 500;
  const endMs = fleet.clock.nowMs + options.durationMs;
  const arrivals: Arrival[] = [];
  const running: Arrival[] = [];
  let exchanges = 0;
  const ask = () => {
    const tokens = Math.round(options.reserved(random));
    return askFor({ tokens, nanoDollars: tokens });
  };
  const processes = Array.from({ length: options.processes }, (_, index): Process => {
    const asks = Array.from({ length: options.concurrency }, ask);
    return {
      index,
      exchange: fleet.process(`run ${options.seed}, process ${index}`, options.config).exchange,
      waiting: new Map(asks.map((one) => [one.id, one])),
      ended: new Map(),
      wakeMs: fleet.clock.nowMs + Math.floor(random() * 5),
    };
  });
  const isDead = ({ index }: Process) =>
    fleet.clock.nowMs >= (options.deaths?.[index] ?? Infinity) + endMs - options.durationMs;

  const turn = async (process: Process): Promise<void> => {
    const settlements = [...process.ended.values()].slice(0, 64).map((arrival) => ({
      id: arrival.id,
      outcome: answered(arrival.used, { latencyMs: arrival.settledMs - arrival.atMs }),
    }));
    const asks = [...process.waiting.values()].slice(0, 64);
    const reply: ExchangeReply = await process.exchange({ settlements, asks, random: random() });
    exchanges += 1;
    for (const { id } of settlements) process.ended.delete(id);
    for (const [id] of reply.granted) {
      const granted = process.waiting.get(id);
      if (granted === undefined) throw new Error(`${id} was let through twice`);
      process.waiting.delete(id);
      const atMs = fleet.clock.nowMs + Math.floor(random() * (guardMs + 1));
      const arrival = {
        id,
        process: process.index,
        grantedMs: fleet.clock.nowMs,
        atMs,
        settledMs: atMs + Math.ceil(options.latencyMs(random)),
        reserved: granted.tokens,
        used: Math.round(granted.tokens * options.yield(random)),
      };
      arrivals.push(arrival);
      running.push(arrival);
    }
    process.wakeMs = fleet.clock.nowMs + Math.max(2, reply.sleepMs);
  };

  for (;;) {
    const wake = Math.min(...processes.filter((one) => !isDead(one)).map(({ wakeMs }) => wakeMs));
    const done = Math.min(...running.map(({ settledMs }) => settledMs));
    const nextMs = Math.min(wake, done);
    if (nextMs >= endMs) break;
    fleet.clock.nowMs = Math.max(fleet.clock.nowMs, nextMs);
    for (const arrival of running.filter(({ settledMs }) => settledMs <= nextMs)) {
      running.splice(running.indexOf(arrival), 1);
      const process = processes[arrival.process];
      if (process === undefined || isDead(process)) continue;
      process.ended.set(arrival.id, arrival);
      const next = ask();
      process.waiting.set(next.id, next);
      process.wakeMs = nextMs;
    }
    for (const process of processes) {
      if (process.wakeMs <= fleet.clock.nowMs && !isDead(process)) await turn(process);
    }
  }
  return { arrivals, exchanges };
}

/** The most that any window of the provider held, by its own account at the time; `charge` as in the configuration. */
export function fullestWindow(
  arrivals: readonly Arrival[],
  windowMs: number,
  charge: 'used' | 'reserved',
): { requests: number; tokens: number } {
  const byTime = arrivals.toSorted((a, b) => a.atMs - b.atMs);
  const fullest = { requests: 0, tokens: 0 };
  let from = 0;
  for (const [index, { atMs }] of byTime.entries()) {
    while ((byTime[from]?.atMs ?? atMs) <= atMs - windowMs) from += 1;
    const window = byTime.slice(from, index + 1);
    const tokensOf = (one: Arrival) => (charge === 'used' && one.settledMs <= atMs ? one.used : one.reserved);
    fullest.requests = Math.max(fullest.requests, window.length);
    fullest.tokens = Math.max(
      fullest.tokens,
      window.reduce((sum, one) => sum + tokensOf(one), 0),
    );
  }
  return fullest;
}
