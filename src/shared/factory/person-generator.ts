import { ExitCode, UserError } from '../errors.ts';
import type { TinyPerson } from '../person/tiny-person.ts';
import type { TinyPersonFactoryState } from './person-factory-state.ts';
import type { SlotRange } from './slot-claims.ts';

export interface GenerationRequest {
  readonly state: TinyPersonFactoryState;
  readonly slots: SlotRange;
}

/**
 * Whatever can bring the people of some slots into being: the fleet, or a stand-in for it.
 *
 * Resolves with one person per slot, in slot order. Slots that failed for good reject with SlotsFailedError, which
 * carries the people of the other slots. Any other rejection means that nothing is decided: the same request may
 * be made again, and committed slots then come from the transaction cache.
 */
export interface PersonGenerator {
  generate(request: GenerationRequest): Promise<TinyPerson[]>;
}

export interface FailedSlot {
  readonly slot: number;
  /** A short code from the closed set of failure reasons. */
  readonly reason: string;
}

const MAX_FAILURES_LISTED = 3;

/** Some of the slots asked for failed for good. The people of all the others are in `people`, in slot order. */
export class SlotsFailedError extends UserError {
  override readonly name = 'SlotsFailedError';
  readonly people: readonly TinyPerson[];
  readonly failures: readonly FailedSlot[];

  constructor(people: readonly TinyPerson[], failures: readonly FailedSlot[]) {
    const listed = failures
      .slice(0, MAX_FAILURES_LISTED)
      .map(({ slot, reason }) => `slot ${slot} (${reason})`)
      .join(', ');
    const more =
      failures.length > MAX_FAILURES_LISTED ? ` and ${failures.length - MAX_FAILURES_LISTED} more` : '';
    super(
      `${failures.length} of ${people.length + failures.length} people could not be generated: ${listed}${more}; those generated are in this error's people`,
      { exitCode: ExitCode.failedSlots },
    );
    this.people = people;
    this.failures = failures;
  }
}
