import type { Outbox, PruneReply } from '../../shared/transactions/outbox.ts';
import { unknownPopulation } from '../../shared/transactions/populations.ts';
import type { StoredResults } from '../../shared/transactions/stored-results.ts';
import { type Lease, OutboxLostError } from './lease.ts';
import type { OutboxFile } from './outbox-file.ts';
import { personLine, type SharedProvenance } from './person-line.ts';
import type { SlotSet } from './slot-set.ts';
import { describeWriteError } from './write-errors.ts';

/** Synced and pruned together: so much, and a bucket's lines, may have to be written again after a crash. */
const CONFIRM_BYTES = 8 << 20;

interface Lines {
  readonly slots: readonly number[];
  readonly from: number;
  readonly to: number;
}

/**
 * Returns the pass of an outbox: appends the lines of who is committed and not written, syncs, prunes. It ends early, with all
 * that it wrote confirmed, when the signal aborts.
 *
 * Throws OutboxLostError, with the file left as it is, when it must be looked at afresh; what else it throws comes after the
 * file was cut back to its confirmed part, where that can be done and Redis is known to have confirmed no more: whose answer to
 * a prune does not come leaves the file as it is, and the next run cuts it to what Redis says.
 */
export function createOutboxPass(options: {
  readonly outbox: Outbox;
  readonly results: StoredResults;
  readonly shared: SharedProvenance;
  readonly path: string;
  readonly file: OutboxFile;
  readonly lease: Lease;
  readonly written: SlotSet;
  readonly confirmedBytes: number;
  readonly signal: AbortSignal;
  readonly onConfirmed: (people: number) => void;
  readonly confirmBytes?: number;
}): () => Promise<void> {
  const { outbox, results, shared, path, file, lease, written, signal, onConfirmed } = options;
  const { confirmBytes = CONFIRM_BYTES } = options;
  let { confirmedBytes } = options;
  let unconfirmed: Lines[] = [];
  /** Whether Redis may have pruned what this process believes unconfirmed: then the file alone has it. */
  let isPruning = false;

  async function pass(): Promise<void> {
    const known = await lease.renew();
    if (known !== confirmedBytes) throw wentBack(known);
    file.assertUntouched();
    for (const { slots } of written.missingOf(await results.committedBits())) {
      if (signal.aborted) break;
      await write(slots);
      if (file.length - confirmedBytes >= confirmBytes) await confirm();
    }
    await confirm();
  }

  async function write(slots: readonly number[]): Promise<void> {
    const payloads = await results.payloads(slots);
    const lines = slots.map((slot, index) => {
      const payload = payloads[index];
      if (payload === undefined) throw new OutboxLostError(`the result of slot ${slot} went missing`);
      return `${JSON.stringify(personLine(slot, payload, shared))}\n`;
    });
    const bytes = Buffer.from(lines.join(''));
    const from = file.length;
    await lease.assure();
    await file.append(bytes);
    unconfirmed.push({ slots, from, to: file.length });
    written.add(slots);
  }

  async function confirm(): Promise<void> {
    if (unconfirmed.length === 0) return;
    await file.sync();
    // They reach Redis in this order, and each begins where the one before ends: none is done without those before it.
    isPruning = true;
    for (const reply of await Promise.all(unconfirmed.map(outbox.prune))) assertPruned(reply);
    isPruning = false;
    confirmedBytes = file.length;
    const people = unconfirmed.reduce((sum, { slots }) => sum + slots.length, 0);
    unconfirmed = [];
    onConfirmed(people);
  }

  function assertPruned(reply: PruneReply): void {
    switch (reply.code) {
      case 'pruned':
      case 'repeated':
        return;
      case 'missing':
        throw new OutboxLostError(`the result of slot ${reply.slot} went missing`);
      case 'lost':
        throw new OutboxLostError('the lease on the file ran out');
      case 'conflict':
        throw wentBack(reply.confirmedBytes);
      case 'unknown-population':
        throw unknownPopulation(shared.simulation, shared.population);
      default: {
        const never: never = reply;
        throw new Error(`unknown reply ${JSON.stringify(never)}`);
      }
    }
  }

  function wentBack(known: number): OutboxLostError {
    return new OutboxLostError(`Redis has ${known} bytes of ${path} confirmed, not ${confirmedBytes}`);
  }

  return async () => {
    try {
      await pass();
    } catch (error) {
      if (error instanceof OutboxLostError) throw error;
      if (!isPruning && lease.isFresh()) {
        try {
          file.cutBack(confirmedBytes);
        } catch {
          // There is an error to report already, and the next run cuts it back.
        }
      }
      throw describeWriteError(path, error, 'the file goes on');
    }
  };
}
