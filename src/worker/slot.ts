import { ModelCallError, Reaction } from '../shared/errors.ts';
import { OnMismatch } from '../shared/factory/person-factory-state.ts';
import { delay } from '../shared/lifecycle.ts';
import { encodePersonRecord } from '../shared/person/person-record.ts';
import { sealedFields } from '../shared/person/sealed-fields.ts';
import { answerObject } from './answer/answer-object.ts';
import { type Draft, nameDraft, personOf, readDraft } from './answer/draft.ts';
import { FaultKind, faultError, warningsOf } from './answer/faults.ts';
import { attemptsSpent } from './attempts-spent.ts';
import { backoffMs } from './llm/backoff.ts';
import { CallAbortedError, type ModelAnswer, type Usage } from './llm/model-gateway.ts';
import type { PersonName } from './names/name-source.ts';
import type { SlotDependencies, SlotOutcome } from './slot-dependencies.ts';
import { createSlotNaming, nameTraits } from './slot-name.ts';
import { repairDraft, type Unused } from './slot-repair.ts';

/** A call that ended: with an answer, or with the reaction to its failure. */
interface Answered {
  readonly attempts: number;
  readonly name: PersonName | undefined;
  readonly answer: ModelAnswer;
  readonly promptDigest: string;
  readonly error: undefined;
}
type Called = Answered | { readonly attempts: number; readonly error: ModelCallError };

/**
 * Generates one slot: characteristics → name → prompt → call → check, and repair → commit, until it is settled.
 *
 * Promises at most one result, and over all runs and crashes at most the population's allowed attempts, each with one
 * repair call at most: both are counted in Redis before the call they stand for. Being told to wait (429) or to stop spends none,
 * though what stops and pauses give back is bounded as well (see `leave` of the transactions). Whatever
 * its calls used is counted, however it resolves. Running it again at any point is safe. Rejects only when Redis or this
 * program fails, whatever the model answers; the slot then stays open and keeps its name.
 */
export async function generateSlot(
  slot: number,
  dependencies: SlotDependencies,
  signal: AbortSignal,
): Promise<SlotOutcome> {
  const { population, transactions, model, permits, stopping, pause, backoff, metrics, logger } =
    dependencies;
  const { state } = population;
  const { characteristics, cells } = population.plan.seal(slot);
  const traits = nameTraits(characteristics);
  const naming = createSlotNaming({ slot, traits, names: population.names, transactions, metrics });
  const reserve = state.names.policy === 'model' ? naming.reserveNone : naming.reserveOwn;
  const sealed = sealedFields(characteristics);
  const tokens = { promptTokens: 0, cachedTokens: 0, completionTokens: 0 };
  let failures = 0;
  let lastFailure: ModelCallError | undefined;
  /** This run has counted an attempt that no answer or error has ended yet. */
  let isAttemptOpen = false;

  while (!stopping.aborted) {
    const called = await permits(reserveAndCall);
    if (typeof called === 'string') return called;
    try {
      if (called.error !== undefined) throw called.error;
      return await commit(called);
    } catch (error) {
      if (!(error instanceof ModelCallError)) throw error;
      const { attempts } = called;
      logger.debug({ slot, reason: error.reason, attempt: attempts, error }, 'model call failed');
      lastFailure = error;
      switch (error.reaction) {
        case Reaction.retry: {
          if (attempts >= state.attempts) return giveUp(error, attempts);
          failures += 1;
          isAttemptOpen = false;
          const waitMs = backoffMs(backoff, failures, error.retryAfterMs);
          metrics.modelWaitSeconds.inc(waitMs / 1000);
          await delay(waitMs, stopping);
          break;
        }
        case Reaction.wait:
          break; // the gateway holds this process back until the provider is ready
        case Reaction.giveUp:
          return giveUp(error, attempts);
        case Reaction.pause: // dealt with before the place at the model was given back
          return leave();
        default: {
          const never: never = error.reaction;
          throw new Error(`unknown reaction ${never}`);
        }
      }
    }
  }
  return leave();

  /**
   * What a place at the model is held for. The attempt is counted here, just before its call, so that a killed worker
   * spends no attempt of slots that stood in line; and a pause is written here, so that no other slot gets the place
   * before it can see the pause.
   */
  async function reserveAndCall(): Promise<SlotOutcome | Called> {
    if (stopping.aborted) return leave();
    const reservation = await reserve({
      attemptsAllowed: state.attempts,
      countAttempt: !isAttemptOpen,
      countCall: true,
    });
    switch (reservation.code) {
      case 'committed':
        return leave('replayed');
      case 'failed':
        return leave('failed');
      case 'paused':
      case 'cancelled':
      case 'unknown-population':
        return leave();
      case 'attempts-spent':
        return giveUp(lastFailure ?? attemptsSpent(reservation.attempts), reservation.attempts);
    }
    isAttemptOpen = true;
    const { attempts, name } = reservation;
    const prompt = population.renderPrompt({ characteristics, name: name?.full });
    const request = {
      model: population.model,
      system: prompt.system,
      user: prompt.user,
      temperature: state.temperature,
      schema: { name: 'person', schema: population.answerSchema.jsonSchema },
    };
    try {
      const answer = await model.complete(request, signal, addUsage);
      return { attempts, name, answer, promptDigest: prompt.digest, error: undefined };
    } catch (error) {
      if (error instanceof CallAbortedError) return leave('left', error.wasSent ? {} : { calls: -1 });
      if (!(error instanceof ModelCallError)) throw error;
      if (error.reaction !== Reaction.pause) return { attempts, error };
      await pause(error.message);
      return leave();
    }
  }

  async function commit({ attempts, name: reserved, answer, promptDigest }: Answered): Promise<SlotOutcome> {
    const answered = readDraft(answerObject(answer.content), sealed);
    let name = reserved;
    if (name === undefined) {
      const claim = await naming.claimOffered(answered.offeredNames);
      if (claim.code === 'committed') return leave('replayed');
      if (claim.code === 'failed') return leave('failed');
      if (claim.code !== 'reserved' || claim.name === undefined) return leave();
      name = claim.name;
    }
    const named = nameDraft(answered, name, sealed);
    const draft = isToBeRepaired(named) ? await repair(named, name) : named;
    if (typeof draft === 'string') return draft;
    const warnings = warningsOf(draft.faults);
    const payload = encodePersonRecord({
      persona: personOf(draft),
      characteristics,
      cells,
      ...(warnings.length === 0 ? {} : { warnings }),
      model: answer.model,
      simulated: answer.simulated,
      promptDigest,
      attempts,
      ...(draft === named ? {} : { repairs: 1 }),
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
        metrics.slots.inc({ outcome: 'committed', reason: '' });
        return 'committed';
      case 'replayed':
        // Somebody else was first (a lock lost meanwhile). This answer was paid for all the same.
        metrics.slots.inc({ outcome: 'replayed', reason: '' });
        return leave('replayed');
      case 'failed':
        return leave('failed');
      case 'cancelled':
      case 'unknown-population':
        return leave();
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

  /** What the population's policy makes of a draft with faults; throws ModelCallError where it must not be used. */
  function isToBeRepaired({ faults }: Draft): boolean {
    if (faults.length === 0) return false;
    switch (state.onMismatch) {
      case OnMismatch.repair:
        return true;
      case OnMismatch.accept:
        if (faults.some(({ kind }) => kind === FaultKind.invalid)) throw faultError(faults);
        return false;
      case OnMismatch.fail:
        throw faultError(faults, Reaction.giveUp);
      default: {
        const never: never = state.onMismatch;
        throw new Error(`unknown policy ${never}`);
      }
    }
  }

  function repair(draft: Draft, name: PersonName): Promise<Draft | SlotOutcome> {
    const context = { slot, name, characteristics, sealed, onUsage: addUsage, leave };
    return repairDraft(draft, context, dependencies, signal);
  }

  function addUsage(usage: Usage): void {
    tokens.promptTokens += usage.promptTokens;
    tokens.cachedTokens += usage.cachedTokens;
    tokens.completionTokens += usage.completionTokens;
  }

  /**
   * Ends the run with an outcome that is not its own doing: gives the attempt back that is open, and what else it is told.
   * What its calls used is counted, for they were paid for.
   */
  async function leave(outcome: SlotOutcome = 'left', unused: Unused = {}): Promise<SlotOutcome> {
    const { repair = false, ...unsent } = unused;
    if (isAttemptOpen || repair || tokens.promptTokens + tokens.completionTokens > 0) {
      const counts = { ...tokens, ...unsent };
      await transactions.leave(slot, { returnAttempt: isAttemptOpen, returnRepair: repair, counts });
    }
    return outcome;
  }

  async function giveUp(error: ModelCallError, attempts: number): Promise<SlotOutcome> {
    const { code } = await transactions.fail(slot, {
      reason: error.reason,
      // With the time, so that the same failure of another run is not taken for a repeated call of this one.
      record: JSON.stringify({
        reason: error.reason,
        message: error.message,
        attempts,
        failedAt: new Date().toISOString(),
      }),
      counts: tokens,
    });
    switch (code) {
      case 'failed':
        break;
      case 'already-failed':
        return leave('failed');
      case 'committed':
        return leave('replayed');
      case 'cancelled':
      case 'unknown-population':
        return leave();
      default: {
        const never: never = code;
        throw new Error(`unknown fail reply ${never}`);
      }
    }
    metrics.slots.inc({ outcome: 'failed', reason: error.reason });
    logger.warn({ slot, reason: error.reason, attempts, error }, 'slot given up');
    return 'failed';
  }
}
