import { ModelCallError, Reaction } from '../../shared/errors.ts';
import type { JsonSchema } from '../../shared/person/strict-json-schema.ts';

/** What is put to the model in one call, and how its answer is read. */
export interface Question<T> {
  readonly system: string;
  readonly user: string;
  readonly schema: { readonly name: string; readonly schema: JsonSchema };
  /** Throws ModelCallError for an answer that only another attempt can mend. */
  read(content: string): Reading<T>;
}

/** An answer: usable, or with faults and the question that has them put right. */
export type Reading<T> =
  | { readonly value: T }
  | { readonly faults: readonly string[]; readonly repair: Question<T> };

const FAULTS_NAMED = 3;

/** The error of an attempt whose repair did not help either. */
export function stillFaulty(faults: readonly string[]): ModelCallError {
  const more = faults.length > FAULTS_NAMED ? `; and ${faults.length - FAULTS_NAMED} more` : '';
  return new ModelCallError(
    `the answer is still wrong after a repair: ${faults.slice(0, FAULTS_NAMED).join('; ')}${more}`,
    { reaction: Reaction.retry, reason: 'invalid_plan' },
  );
}
