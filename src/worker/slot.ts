import { ModelCallError, Reaction } from '../shared/errors.ts';
import { delay } from '../shared/lifecycle.ts';
import { encodePersonRecord } from '../shared/person/person-record.ts';
import type { Logger } from '../shared/telemetry/logger.ts';
import type { Metrics } from '../shared/telemetry/metrics.ts';
import type { SlotTransactions } from '../shared/transactions/slot-transactions.ts';
import type { DecodedPopulation } from './decoded-populations.ts';
import { type Backoff, backoffMs } from './llm/backoff.ts';
import { CallAbortedError, type ModelGateway } from './llm/model-gateway.ts';
import { correctName } from './names/correct-name.ts';
import type { PersonName } from './names/name-source.ts';
import { personFromAnswer, withSealed } from './person-from-answer.ts';
import { createSlotNaming, nameTraits } from './slot-name.ts';

/** How a slot's run ended. `left`: it is still open, because of a pause, a cancellation or a stop. */
export type SlotOutcome = 'committed' | 'replayed' | 'failed' | 'left';

export interface SlotDependencies {
  readonly population: DecodedPopulation;
  readonly transactions: SlotTransactions;
  readonly model: Pick<ModelGateway, 'complete'>;
  /** Pauses the population: no call can succeed until a person acts. */
  readonly pause: (reason: string) => Promise<unknown>;
  readonly backoff: Backoff;
  readonly metrics: Metrics;
  readonly logger: Logger;
}

/**
 * Generates one slot: characteristics → name → prompt → call → person → commit, until it is settled.
 *
 * Promises at most one result, and at most the population's allowed attempts over all runs and crashes: attempts
 * are counted in Redis before the call they stand for. Being told to wait (429) or to stop spends none. Running it
 * again at any point is safe. Rejects only when Redis or this program fails; the slot then stays open and keeps
 * its name.
 */
export async function generateSlot(
  slot: number,
  dependencies: SlotDependencies,
  signal: AbortSignal,
): Promise<SlotOutcome> {
  const { population, transactions, model, pause, backoff, metrics, logger } = dependencies;
  const { state } = population;
  const characteristics = population.plan.characteristics(slot);
  const traits = nameTraits(characteristics);
  const naming = createSlotNaming({ slot, traits, names: population.names, transactions, metrics });
  const reserve = state.names.policy === 'model' ? naming.reserveNone : naming.reserveOwn;
  const tokens = { promptTokens: 0, cachedTokens: 0, completionTokens: 0 };
  let lastFailure: ModelCallError | undefined;
  let failures = 0;
  let countAttempt = true;

  while (!signal.aborted) {
    const reservation = await reserve({ attemptsAllowed: state.attempts, countAttempt, countCall: true });
    switch (reservation.code) {
      case 'committed':
        return 'replayed';
      case 'failed':
        return 'failed';
      case 'paused':
      case 'cancelled':
      case 'unknown-population':
        return 'left';
      case 'attempts-spent':
        return giveUp(lastFailure ?? workerDied(reservation.attempts), reservation.attempts);
    }
    try {
      return await callAndCommit(reservation.attempts, reservation.name);
    } catch (error) {
      if (error instanceof CallAbortedError) {
        await transactions.leave(slot, { returnAttempt: true, counts: tokens });
        return 'left';
      }
      if (!(error instanceof ModelCallError)) throw error;
      logger.debug({ slot, reason: error.reason, attempt: reservation.attempts, error }, 'model call failed');
      lastFailure = error;
      switch (error.reaction) {
        case Reaction.retry: {
          if (reservation.attempts >= state.attempts) return giveUp(error, reservation.attempts);
          failures += 1;
          countAttempt = true;
          const waitMs = backoffMs(backoff, failures, error.retryAfterMs);
          metrics.modelWaitSeconds.inc(waitMs / 1000);
          await delay(waitMs, signal);
          break;
        }
        case Reaction.wait:
          countAttempt = false; // the gateway holds this process back until the provider is ready
          break;
        case Reaction.pause:
          await transactions.leave(slot, { returnAttempt: true, counts: tokens });
          await pause(error.message);
          return 'left';
        case Reaction.giveUp:
          return giveUp(error, reservation.attempts);
        default: {
          const never: never = error.reaction;
          throw new Error(`unknown reaction ${never}`);
        }
      }
    }
  }
  return 'left';

  async function callAndCommit(attempts: number, reserved: PersonName | undefined): Promise<SlotOutcome> {
    const prompt = population.renderPrompt({ characteristics, name: reserved?.full });
    const answer = await model.complete(
      {
        model: population.model,
        system: prompt.system,
        user: prompt.user,
        temperature: state.temperature,
        schema: { name: 'person', schema: population.answerSchema.jsonSchema },
      },
      signal,
      (usage) => {
        tokens.promptTokens += usage.promptTokens;
        tokens.cachedTokens += usage.cachedTokens;
        tokens.completionTokens += usage.completionTokens;
      },
    );
    const { persona, offeredNames } = personFromAnswer(answer.content, population.answerSchema.schema);
    let name = reserved;
    if (name === undefined) {
      const claim = await naming.claimOffered(offeredNames);
      if (claim.code === 'committed') return 'replayed';
      if (claim.code === 'failed') return 'failed';
      if (claim.code !== 'reserved' || claim.name === undefined) return 'left';
      name = claim.name;
    }
    const payload = encodePersonRecord({
      persona: withSealed(correctName(persona, persona.name, name), characteristics),
      characteristics,
      model: answer.model,
      simulated: answer.simulated,
      promptDigest: prompt.digest,
      attempts,
      tokens: {
        prompt: tokens.promptTokens,
        cached: tokens.cachedTokens,
        completion: tokens.completionTokens,
      },
      committedAt: new Date().toISOString(),
    });
    const reply = await transactions.commit(slot, { name: name.full, payload, counts: tokens });
    switch (reply.code) {
      case 'committed':
      case 'replayed':
      case 'failed':
        metrics.slots.inc({ outcome: reply.code, reason: '' });
        return reply.code;
      case 'cancelled':
      case 'unknown-population':
        return 'left';
      case 'name-lost':
        // Only when the store forgot the reservation meanwhile (a restored backup, a lost failover).
        throw new ModelCallError(`its name now belongs to ${reply.owner}`, {
          reaction: Reaction.retry,
          reason: 'name_lost',
        });
      default: {
        const never: never = reply;
        throw new Error(`unknown commit reply ${JSON.stringify(never)}`);
      }
    }
  }

  async function giveUp(error: ModelCallError, attempts: number): Promise<SlotOutcome> {
    const { code } = await transactions.fail(slot, {
      reason: error.reason,
      record: JSON.stringify({ reason: error.reason, message: error.message, attempts }),
      counts: tokens,
    });
    if (code === 'committed') return 'replayed';
    if (code === 'cancelled' || code === 'unknown-population') return 'left';
    metrics.slots.inc({ outcome: 'failed', reason: error.reason });
    logger.warn({ slot, reason: error.reason, attempts, error }, 'slot given up');
    return 'failed';
  }
}

function workerDied(attempts: number): ModelCallError {
  return new ModelCallError(`all ${attempts} attempts were begun before; a worker died in the last one`, {
    reaction: Reaction.giveUp,
    reason: 'attempts_spent',
  });
}
