import { ModelCallError, Reaction } from '../shared/errors.ts';

/**
 * The failure of what has no attempt left though no run saw the last one fail: its worker died, or was stopped too
 * often.
 */
export function attemptsSpent(attempts: number): ModelCallError {
  return new ModelCallError(
    `all ${attempts} attempts were begun in earlier runs, and the last one was cut off`,
    {
      reaction: Reaction.giveUp,
      reason: 'attempts_spent',
    },
  );
}
