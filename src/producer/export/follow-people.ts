import { createWriteStream } from 'node:fs';
import type { Writable } from 'node:stream';
import { finished } from 'node:stream/promises';
import { ExitCode, UserError } from '../../shared/errors.ts';
import { unlessAborted } from '../../shared/lifecycle.ts';
import type { StoredResults } from '../../shared/transactions/stored-results.ts';
import { locateFile } from './outbox-file.ts';
import { putText } from './output.ts';
import { personLine, type SharedProvenance } from './person-line.ts';
import { createSlotSet } from './slot-set.ts';
import { describeWriteError } from './write-errors.ts';

export interface FollowOptions {
  readonly results: StoredResults;
  readonly shared: SharedProvenance;
  /** `-`: stdout. */
  readonly out: string;
  readonly stdout: Writable;
  /** Whether the pass that is about to begin is the last one. */
  readonly isLast: () => boolean;
  /** Resolves when it is time for the next pass. */
  readonly untilNext: () => Promise<void>;
  readonly signal: AbortSignal;
  /** Throws where people were pruned, whom it would leave out. */
  readonly assertNonePruned: () => Promise<void>;
}

/**
 * Writes the committed people of a population as JSON lines, pass after pass, in slot order within each; returns how many. Redis
 * keeps them, and nothing is noted of what was written: it begins with an empty file or none, and who runs it again after it was
 * ended needs another one. Throws UserError for a file that holds something, and when people are pruned meanwhile.
 */
export async function followPeople(options: FollowOptions): Promise<{ people: number }> {
  const { out, stdout } = options;
  if (out === '-') return writePasses(options, (text) => putText(stdout, text));
  try {
    const { path, bytes } = await locateFile(out);
    if (bytes > 0) {
      throw new UserError(
        `${out} is there already: nothing is overwritten. Name another file with --out, or remove that one; ` +
          'with --prune an export can be gone on with',
      );
    }
    const stream = createWriteStream(path, { flags: 'a', flush: true });
    // Without a listener a late error would end the process; `finished` and `putText` report it.
    stream.on('error', () => {});
    try {
      return await writePasses(options, (text) => putText(stream, text));
    } finally {
      stream.end();
      await finished(stream);
    }
  } catch (error) {
    throw describeWriteError(out, error, 'the file stays as it is');
  }
}

async function writePasses(
  { results, shared, isLast, untilNext, signal, assertNonePruned }: FollowOptions,
  put: (text: string) => Promise<void>,
): Promise<{ people: number }> {
  const written = createSlotSet();
  let people = 0;
  const answer = async <T>(promise: Promise<T>): Promise<T> => {
    const answered = await unlessAborted(promise, signal);
    if (answered === undefined) {
      throw new UserError(`interrupted: ${people} people were written; Redis has all of them`, {
        exitCode: ExitCode.interrupted,
      });
    }
    return answered;
  };
  for (;;) {
    const last = isLast();
    for (const { slots } of written.missingOf(await answer(results.committedBits()))) {
      const payloads = await answer(results.payloads(slots));
      const lines = slots.map((slot, index) => {
        const payload = payloads[index];
        return payload === undefined ? undefined : `${JSON.stringify(personLine(slot, payload, shared))}\n`;
      });
      if (lines.includes(undefined)) {
        await answer(assertNonePruned());
        throw new Error(`results of committed slots between ${slots[0]} and ${slots.at(-1)} are missing`);
      }
      await put(lines.join(''));
      written.add(slots);
      people += slots.length;
    }
    if (last) return { people };
    await untilNext();
  }
}
