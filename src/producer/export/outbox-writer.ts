import { withDeadline } from '../../shared/lifecycle.ts';
import type { Outbox } from '../../shared/transactions/outbox.ts';
import type { StoredResults } from '../../shared/transactions/stored-results.ts';
import { type Clocks, keepLease, type Lease } from './lease.ts';
import type { OutboxFile } from './outbox-file.ts';
import { createOutboxPass } from './outbox-pass.ts';
import type { SharedProvenance } from './person-line.ts';
import { createSlotSet, type SlotSet } from './slot-set.ts';
import { takeOutbox } from './take-outbox.ts';
import { saveUnconfirmed } from './unconfirmed-lines.ts';
import { describeWriteError } from './write-errors.ts';

/** Reads on their way at once while the buckets are looked through. */
const LOOKS_AT_ONCE = 32;
/** To give the lease back is a courtesy to the next: it runs out anyway. */
const CLOSE_WITHIN_MS = 1_000;

export interface OutboxWriterOptions {
  readonly outbox: Outbox;
  readonly results: StoredResults;
  readonly shared: SharedProvenance;
  /** As the user named it. */
  readonly file: string;
  readonly openFile: (path: string) => Promise<OutboxFile>;
  readonly leaseMs: number;
  readonly clocks: Clocks;
  /** Ends a pass early. */
  readonly signal: AbortSignal;
  readonly say: (line: string) => void;
  /** Told how many people are in the confirmed part of the file and out of Redis since it was last told. */
  readonly onConfirmed: (people: number) => void;
  /** Bytes of lines that are synced and pruned together. */
  readonly confirmBytes?: number;
}

export interface OutboxWriter extends AsyncDisposable {
  /** Writes and prunes who is committed and not in the file yet; see `createOutboxPass`. */
  pass(): Promise<void>;
}

/**
 * Takes the outbox and brings file and Redis together: the file ends where Redis says it is confirmed, and who is committed and
 * not in Redis is taken for written. Throws as `takeOutbox` does, and OutboxLostError when that is worth trying again.
 */
export async function openOutboxWriter(options: OutboxWriterOptions): Promise<OutboxWriter> {
  const { outbox, results, shared, leaseMs, clocks, say } = options;
  const { simulation, population } = shared;
  const stack = new AsyncDisposableStack();
  try {
    stack.defer(() => withDeadline(outbox.close(), CLOSE_WITHIN_MS, 'no answer').catch(() => {}));
    const taken = await takeOutbox({ ...options, simulation, population }).catch((error: unknown) => {
      throw describeWriteError(options.file, error, 'the file goes on');
    });
    const { path, record, granted } = taken;
    const { confirmedBytes, pruned } = record;
    const lease = stack.use(keepLease({ outbox, simulation, population, leaseMs, granted, clocks }));
    const file = stack.use(
      await openConfirmed(path, confirmedBytes, lease, options).catch((error: unknown) => {
        throw describeWriteError(path, error, 'the file goes on');
      }),
    );
    const { written, missing } = await takeStock(results, pruned);
    if (missing > 0) {
      say(
        `${missing} committed people of ${population} are neither in Redis nor in ${path}: Redis has lost data`,
      );
    }
    const pass = createOutboxPass({ ...options, path, file, lease, written, confirmedBytes });
    return { pass, [Symbol.asyncDispose]: () => stack.disposeAsync() };
  } catch (error) {
    await stack.disposeAsync();
    throw error;
  }
}

/** The file, without what nobody confirmed. */
async function openConfirmed(
  path: string,
  confirmedBytes: number,
  lease: Lease,
  { openFile, results, shared, clocks, say }: OutboxWriterOptions,
): Promise<OutboxFile> {
  const file = await openFile(path);
  try {
    if (file.length <= confirmedBytes) return file;
    const saved = await saveUnconfirmed(path, { confirmedBytes, results, shared, nowMs: clocks.wallMs() });
    if (saved !== undefined) {
      say(
        `${path} went on behind its confirmed end with people who are not in Redis: those lines are kept in ${saved}`,
      );
    }
    await lease.assure();
    file.cutBack(confirmedBytes);
    return file;
  } catch (error) {
    await file[Symbol.asyncDispose]();
    throw error;
  }
}

/** Who is not to be written: committed, and out of Redis. More of them than were pruned is a loss that nobody may overlook. */
async function takeStock(
  results: StoredResults,
  pruned: number,
): Promise<{ written: SlotSet; missing: number }> {
  const written = createSlotSet();
  let gone = 0;
  // The bits first: who is committed between the two reads is new, not gone.
  const committed = [...createSlotSet().missingOf(await results.committedBits())];
  for (let start = 0; start < committed.length; start += LOOKS_AT_ONCE) {
    const some = committed.slice(start, start + LOOKS_AT_ONCE);
    const stored = await Promise.all(some.map(({ bucket }) => results.storedSlots(bucket)));
    for (const [index, { slots }] of some.entries()) {
      const there = new Set(stored[index]);
      const absent = slots.filter((slot) => !there.has(slot));
      written.add(absent);
      gone += absent.length;
    }
  }
  return { written, missing: Math.max(0, gone - pruned) };
}
