import { ModelCallError, Reaction } from '../../shared/errors.ts';
import { FLEET_ACCOUNT } from '../../shared/limits/accounts.ts';
import { dollarsText } from '../../shared/models/dollars.ts';
import type { Refusal } from './limiter-exchange.ts';

/** Why a call will not be let through, as the error that pauses whoever wanted it. */
export function refusalError([, code, ...facts]: Refusal): ModelCallError {
  const [first = '', second = ''] = facts;
  switch (code) {
    case 'paused':
      return pause(first, `the fleet is paused: ${second || first}`);
    case 'budget':
      return pause('budget', budgetMessage(facts));
    case 'unpriced':
      return pause(
        'budget',
        `a budget in US dollars cannot be kept: the model has no known price; give it one in the models file (PERSONA_FLEET_MODELS), or set a budget of tokens`,
      );
    case 'too-large':
      return pause(
        'request_too_large',
        second === 'learnt'
          ? `one request may use more tokens than the provider lets through per minute: ${first}, as its replies said; lower PERSONA_FLEET_COMPLETION_TOKENS, or, once the provider's limit has been raised, forget this one with: persona-fleet resume`
          : `one request may use more tokens than the limit of ${first} per minute lets through; lower PERSONA_FLEET_COMPLETION_TOKENS or raise PERSONA_FLEET_TPM`,
      );
    default:
      throw new Error(
        `exchange-8.lua refused a call with ${JSON.stringify(code)}, which this version does not know`,
      );
  }
}

function pause(reason: string, message: string): ModelCallError {
  return new ModelCallError(message, { reaction: Reaction.pause, reason });
}

function budgetMessage([account, unit, cap, spent, worst]: readonly string[]): string {
  const amount = (value: string | undefined) =>
    unit === 'tokens' ? `${value} tokens` : dollarsText(Number(value));
  const whose = account === FLEET_ACCOUNT ? "the fleet's budget" : 'the budget';
  return `${whose} of ${amount(cap)} is reached: ${amount(spent)} are spent, and the next call may take ${amount(worst)}`;
}
