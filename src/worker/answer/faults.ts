import { ModelCallError, Reaction } from '../../shared/errors.ts';
import type { PersonaPart } from '../../shared/person/parts.ts';

/** `invalid`: missing, or not of the part's form. `contradiction`: states another person. `shallow`: too few entries. */
export const FaultKind = {
  invalid: 'invalid',
  contradiction: 'contradiction',
  shallow: 'shallow',
} as const;
export type FaultKind = (typeof FaultKind)[keyof typeof FaultKind];

export interface Fault {
  readonly kind: FaultKind;
  readonly part: PersonaPart;
  /** Entries of a list that contradict, by their index in the draft. */
  readonly dropped: readonly number[];
  /** Entries to be written where the part is a list: what it lacks, and one for each that is dropped. */
  readonly lacking: number;
}

/** Codes of a closed set for what a person was accepted with: `shallow:beliefs`, `contradiction:style`. */
export function warningsOf(faults: readonly Fault[]): string[] {
  return faults.map(({ kind, part }) => `${kind}:${part.path}`);
}

/** The kinds from the worst on, with the reason that each gives a failed slot. */
const REASONS = [
  { kind: FaultKind.invalid, reason: 'invalid_persona', says: 'is not a whole person' },
  { kind: FaultKind.contradiction, reason: 'contradiction', says: 'contradicts the slot’s characteristics' },
  { kind: FaultKind.shallow, reason: 'shallow_persona', says: 'has too few entries' },
] as const;

const PATHS_NAMED = 3;

/** What the worst of the faults does to the slot. The message names parts, never what is in them. */
export function faultError(faults: readonly Fault[], reaction: Reaction = Reaction.retry): ModelCallError {
  const worst = REASONS.find(({ kind }) => faults.some((fault) => fault.kind === kind)) ?? REASONS[0];
  const paths = faults.filter(({ kind }) => kind === worst.kind).map(({ part }) => part.path);
  const more = paths.length > PATHS_NAMED ? ` and ${paths.length - PATHS_NAMED} more` : '';
  const message = `the answer ${worst.says}: ${paths.slice(0, PATHS_NAMED).join(', ')}${more}`;
  return new ModelCallError(message, { reaction, reason: worst.reason });
}
