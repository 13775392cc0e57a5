import type { Estimate } from '../producer/estimate/estimate.ts';
import { type Config, SIMULATED_MODEL } from '../shared/config.ts';
import { ExitCode, UserError } from '../shared/errors.ts';
import type { Budget } from '../shared/limits/ledger.ts';
import { dollarsText } from '../shared/models/dollars.ts';
import { NANO } from '../shared/models/prices.ts';
import { ask } from './ask.ts';
import type { CommandContext } from './context.ts';

/**
 * Before money is spent: asks the person at the terminal when the estimate, as far as the budget lets it come true, is above
 * `PERSONA_FLEET_ASK_ABOVE_USD`. Once; a second estimate of the same command is not asked about. An unknown price, and the
 * simulator, are not asked about at all.
 *
 * Throws UserError: exit code 2 where nobody can be asked, 130 when the answer is no, or Ctrl-C.
 */
export type Consent = (estimate: Estimate, left: Budget) => Promise<void>;

export function createConsent(options: {
  readonly config: Pick<Config, 'PERSONA_FLEET_ASK_ABOVE_USD'>;
  readonly context: Pick<CommandContext, 'stdin' | 'stderr' | 'signal'>;
  /** `--yes` */
  readonly yes: boolean;
}): Consent {
  const { config, context, yes } = options;
  const threshold = config.PERSONA_FLEET_ASK_ABOVE_USD * NANO;
  let given = yes;
  return async ({ model, nanoDollars }, left) => {
    if (given || nanoDollars === undefined || model === SIMULATED_MODEL) return;
    const likely = Math.min(nanoDollars.expected, left.nanoDollars ?? Number.POSITIVE_INFINITY);
    if (likely <= threshold) return;
    const { stdin, stderr, signal } = context;
    if (!stdin.isTTY || !stderr.isTTY) {
      throw new UserError(
        `it would cost about ${dollarsText(likely)}, which is more than ${dollarsText(threshold)} (PERSONA_FLEET_ASK_ABOVE_USD), and nobody can be asked here: add --yes, or a budget.usd of at most that to the spec`,
      );
    }
    const answer = await ask(`It will cost about ${dollarsText(likely)}. Go on? [y/N] `, {
      stdin,
      stderr,
      signal,
    });
    if (answer === undefined || !/^\s*y(es)?\s*$/i.test(answer)) {
      throw new UserError('nothing was started', { exitCode: ExitCode.interrupted });
    }
    given = true;
  };
}
