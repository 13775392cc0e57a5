import type { Keys } from '../keys.ts';
import { replyText } from '../lua-scripts.ts';
import type { Redis } from '../redis.ts';
import { scriptsOf, unexpectedReply } from './scripts.ts';

/**
 * Redis' half of a transactional outbox: how far a file has a population's people, and which process may move that on.
 *
 * What Redis holds and the file's confirmed bytes complete each other at every moment: `prune` moves both in one step. All
 * calls may be repeated after a lost reply. Holding the lease keeps others from pruning; it cannot keep a process that was
 * stopped in the wrong moment from writing to the file, which is why the file is believed up to the confirmed bytes only.
 */
export interface Outbox {
  /** What is noted, without a lease. */
  record(): Promise<OutboxRecord>;
  /** Takes the lease and notes the file. */
  open(file: OutboxClaim): Promise<OpenReply>;
  renew(): Promise<RenewReply>;
  /** Takes these results, all of one bucket and ascending, out of Redis; `from` and `to` are bytes of the file. */
  prune(lines: { readonly slots: readonly number[]; from: number; to: number }): Promise<PruneReply>;
  /** Gives the lease back, if it is still held. */
  close(): Promise<void>;
}

export interface OutboxRecord {
  /** Absolute; empty where there is none. */
  readonly file: string;
  /** Of the file, from its beginning: lines of people who are no longer in Redis. */
  readonly confirmedBytes: number;
  /** Of the last confirmed line; undefined where there is none. */
  readonly lastSlot: number | undefined;
  readonly pruned: number;
}

export interface OutboxClaim {
  /** Absolute. */
  readonly file: string;
  /** That it has now. */
  readonly bytes: number;
  /** The noted file, where this is that one under another name. */
  readonly replaces?: string | undefined;
}

export type OpenReply =
  | ({ readonly code: 'opened' } & OutboxRecord)
  | { readonly code: 'held'; readonly holder: string; readonly msLeft: number }
  | { readonly code: 'other-file'; readonly file: string; readonly confirmedBytes: number }
  | { readonly code: 'not-empty' | 'unknown-population' };

export type RenewReply =
  | { readonly code: 'renewed'; readonly confirmedBytes: number }
  | { readonly code: 'lost'; readonly holder: string }
  | { readonly code: 'unknown-population' };

export type PruneReply =
  | { readonly code: 'pruned'; readonly results: number }
  | { readonly code: 'repeated' }
  | { readonly code: 'missing'; readonly slot: number }
  | { readonly code: 'conflict'; readonly confirmedBytes: number }
  | { readonly code: 'lost'; readonly holder: string }
  | { readonly code: 'unknown-population' };

/** `holder` is unlike that of any other process, or of this one at another time, and says to people who it is. */
export function createOutbox(
  redis: Redis,
  keys: Keys,
  { simulation, population, holder, leaseMs }: OutboxOptions,
): Outbox {
  const scripts = scriptsOf(redis);
  const key = keys.simulation(simulation).population(population);
  return {
    async record() {
      const [[file, bytes, slot], pruned] = await Promise.all([
        redis.hmget(key.meta, 'prunedTo', 'prunedBytes', 'prunedSlot'),
        redis.hget(key.counters, 'pruned'),
      ]);
      return recordOf(file ?? '', bytes ?? '', slot ?? '', pruned ?? '');
    },

    async open({ file, bytes, replaces = '' }) {
      const [code, first, second, third] = await scripts.openOutbox(
        [key.meta, key.outbox, key.counters],
        [holder, leaseMs, file, bytes, replaces],
      );
      switch (code) {
        case 'opened':
          return {
            code,
            ...recordOf(file, replyText(first), replyText(second), replyText(third)),
          };
        case 'held':
          return { code, holder: replyText(first), msLeft: Number(replyText(second)) };
        case 'other-file':
          return { code, file: replyText(first), confirmedBytes: Number(replyText(second)) };
        case 'not-empty':
        case 'unknown-population':
          return { code };
        default:
          throw unexpectedReply('openOutbox', code);
      }
    },

    async renew() {
      const [code, detail] = await scripts.renewOutbox([key.meta, key.outbox], [holder, leaseMs]);
      switch (code) {
        case 'renewed':
          return { code, confirmedBytes: Number(replyText(detail)) };
        case 'lost':
          return { code, holder: replyText(detail) };
        case 'unknown-population':
          return { code };
        default:
          throw unexpectedReply('renewOutbox', code);
      }
    },

    async prune({ slots, from, to }) {
      const [code, detail] = await scripts.prune(
        [key.meta, key.outbox, key.results(slots[0] ?? 0), key.counters],
        [holder, leaseMs, from, to, ...slots],
      );
      switch (code) {
        case 'pruned':
          return { code, results: Number(replyText(detail)) };
        case 'conflict':
          return { code, confirmedBytes: Number(replyText(detail)) };
        case 'lost':
          return { code, holder: replyText(detail) };
        case 'missing':
          return { code, slot: Number(replyText(detail)) };
        case 'repeated':
        case 'unknown-population':
          return { code };
        default:
          throw unexpectedReply('prune', code);
      }
    },

    async close() {
      const [code] = await scripts.closeOutbox([key.outbox], [holder]);
      if (code !== 'closed' && code !== 'not-held') throw unexpectedReply('closeOutbox', code);
    },
  };
}

export interface OutboxOptions {
  readonly simulation: string;
  readonly population: string;
  readonly holder: string;
  readonly leaseMs: number;
}

function recordOf(file: string, bytes: string, slot: string, pruned: string): OutboxRecord {
  return {
    file,
    confirmedBytes: Number(bytes),
    lastSlot: slot === '' ? undefined : Number(slot),
    pruned: Number(pruned),
  };
}
