import { truncate } from 'node:fs/promises';
import { type OutboxFile, openOutboxFile } from '../../../src/producer/export/outbox-file.ts';
import type { Outbox } from '../../../src/shared/transactions/outbox.ts';
import type { StoredResults } from '../../../src/shared/transactions/stored-results.ts';

export class Crash extends Error {}

/** Where a process dies: at which of its steps, and whether that is done (its reply lost), half done, or not begun. */
export interface CrashPoint {
  readonly step: number;
  readonly how: 'before' | 'half' | 'after';
  /** The machine dies, not the process: what was not synced is gone, but for this share of it. */
  readonly powerLoss: number | undefined;
}

/**
 * The ways of a process to Redis and its file, of which one step is its last: from then on nothing that it does has any
 * effect, its tidying up included.
 */
export function crashingAt(point: CrashPoint | undefined, outbox: Outbox, results: StoredResults) {
  let steps = 0;
  let isDead = false;
  const die = (): never => {
    isDead = true;
    throw new Crash('dead');
  };
  async function step<T>(action: () => T, half?: () => Promise<unknown>): Promise<Awaited<T>> {
    if (isDead) die();
    steps += 1;
    if (steps !== point?.step) return await action();
    if (point.how === 'before') die();
    await (point.how === 'half' && half !== undefined ? half() : action());
    return die();
  }
  let cutAfterPowerLoss = async () => {};

  return {
    steps: () => steps,
    outbox: {
      record: () => step(outbox.record),
      open: (claim) => step(() => outbox.open(claim)),
      renew: () => step(outbox.renew),
      prune: (lines) => step(() => outbox.prune(lines)),
      close: () => step(outbox.close),
    } satisfies Outbox,
    results: {
      committedBits: () => step(results.committedBits),
      storedSlots: (bucket) => step(() => results.storedSlots(bucket)),
      payloads: (slots) => step(() => results.payloads(slots)),
    } satisfies StoredResults,
    openFile: async (path: string): Promise<OutboxFile> => {
      let opened: OutboxFile | undefined;
      const file = await step(async () => {
        opened = await openOutboxFile(path);
        return opened;
      }).catch(async (error: unknown) => {
        await opened?.[Symbol.asyncDispose](); // as the system does for the dead
        throw error;
      });
      let synced = file.length;
      cutAfterPowerLoss = async () => {
        if (point?.powerLoss === undefined) return;
        await truncate(path, synced + Math.floor((file.length - synced) * point.powerLoss));
      };
      return {
        get length() {
          return file.length;
        },
        append: (bytes) =>
          step(
            () => file.append(bytes),
            () => file.append(bytes.subarray(0, bytes.length / 3)),
          ),
        async sync() {
          await step(async () => {
            await file.sync();
            synced = file.length;
          });
        },
        assertUntouched: file.assertUntouched,
        cutBack(to) {
          if (isDead) die();
          file.cutBack(to);
          synced = Math.min(synced, to);
        },
        [Symbol.asyncDispose]: () => file[Symbol.asyncDispose](),
      };
    },
    /** What the machine's end does to the file. */
    afterwards: () => cutAfterPowerLoss(),
  };
}
