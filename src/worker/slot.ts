import { ModelCallError, Reaction } from '../shared/errors.ts';
import { OnMismatch } from '../shared/factory/person-factory-state.ts';
import { CallKind } from '../shared/limits/accounts.ts';
import { encodePersonRecord } from '../shared/person/person-record.ts';
import { sealedFields } from '../shared/person/sealed-fields.ts';
import { answerObject } from './answer/answer-object.ts';
import { type Draft, nameDraft, personOf, readDraft } from './answer/draft.ts';
import { FaultKind, faultError, warningsOf } from './answer/faults.ts';
import { attemptsSpent } from './attempts-spent.ts';
import { callModel } from './call-model.ts';
import { countedDelay } from './counted-delay.ts';
import { backoffMs } from './llm/backoff.ts';
import { CallAbortedError, type ModelAnswer, type ModelRequest, type Usage } from './llm/model-call.ts';
import type { PersonName } from './names/name-source.ts';
import { outcomeOf, type SlotDependencies, type SlotOutcome } from './slot-dependencies.ts';
import { createSlotNaming, type NamedReservation, nameTraits } from './slot-name.ts';
import { repairDraft } from './slot-repair.ts';

/** Why no call of the slot was begun. */
type NotBegun = Exclude<NamedReservation, { code: 'reserved' }>;

/**
 * Generates one slot: characteristics → prompt → rate → name → call → check, and repair → commit, until it is settled.
 *
 * Promises at most one result, and over all runs and crashes at most the population's allowed attempts, each with one
 * repair call at most: both are counted in Redis when rate and budget have let the call through and it is about to be sent, and
 * taken back at once when the provider asks for time (429). So what waits, in a worker that is killed or stopped, spends none; nor
 * does a stop or a pause in a call, though what these give back is bounded (see `leave` of the transactions). An answer that was
 * cut off is asked for with more room from then on. Running a slot again at any point is safe. Rejects only when Redis or this
 * program fails, whatever the model answers; the slot then stays open and keeps its name.
 */
export async function generateSlot(
  slot: number,
  dependencies: SlotDependencies,
  signal: AbortSignal,
): Promise<SlotOutcome> {
  const { population, account, transactions, stopping, backoff, metrics, tracing, logger } = dependencies;
  const { state, names } = population;
  const { characteristics, cells } = population.plan.seal(slot);
  const traits = nameTraits(characteristics);
  const naming = createSlotNaming({
    slot,
    traits,
    names,
    policy: state.names.policy,
    transactions,
    metrics,
  });
  const sealed = sealedFields(characteristics);
  const tokens = { prompt: 0, cached: 0, completion: 0 };
  let name = naming.expected;
  let prompt = population.renderPrompt({ characteristics, name: name?.full });
  let moreRoom = false;
  let attempts = 0;
  let failures = 0;
  let lastFailure: ModelCallError | undefined;
  /** This run has counted an attempt that no answer or error has ended yet. */
  let isAttemptOpen = false;

  while (!stopping.aborted) {
    try {
      const called = await callModel(
        { account, kind: CallKind.calls, expected: request(), begin, takeBack, onUsage: addUsage },
        dependencies,
        signal,
      );
      return 'answer' in called ? await commit(called.answer) : await endUnbegun(called.ended);
    } catch (error) {
      if (error instanceof CallAbortedError) return leave();
      if (!(error instanceof ModelCallError)) throw error;
      logger.debug({ slot, reason: error.reason, attempt: attempts, error }, 'model call failed');
      lastFailure = error;
      switch (error.reaction) {
        case Reaction.retry: {
          if (attempts >= state.attempts) return giveUp(error);
          failures += 1;
          isAttemptOpen = false; // spent
          moreRoom ||= error.reason === 'length';
          metrics.modelRetries.inc({ reason: error.reason });
          const waitMs = backoffMs(backoff, failures, error.retryAfterMs);
          await countedDelay(waitMs, stopping, metrics);
          break;
        }
        case Reaction.wait:
          metrics.modelRetries.inc({ reason: error.reason });
          break; // the next call is let through when the provider is ready
        case Reaction.giveUp:
          return giveUp(error);
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

  function request(): ModelRequest {
    return {
      model: population.model,
      system: prompt.system,
      user: prompt.user,
      temperature: state.temperature,
      schema: { name: 'person', schema: population.answerSchema.jsonSchema },
      cacheKey: population.id,
      moreRoom,
    };
  }

  async function begin(): Promise<{ send: ModelRequest } | { ended: NotBegun }> {
    const reservation = await naming.reserve({ attemptsAllowed: state.attempts, opens: 'attempt' });
    if (reservation.code !== 'reserved') return { ended: reservation };
    isAttemptOpen = true;
    attempts = reservation.attempts;
    const expected = name?.full;
    name = reservation.name;
    if (name?.full !== expected) prompt = population.renderPrompt({ characteristics, name: name?.full });
    return { send: request() };
  }

  async function takeBack(): Promise<void> {
    isAttemptOpen = false;
    attempts -= 1;
    await transactions.takeBack(slot, 'attempt');
  }

  function endUnbegun(found: NotBegun): Promise<SlotOutcome> {
    if (found.code !== 'attempts-spent') return leave(outcomeOf(found.code));
    attempts = found.attempts;
    return giveUp(lastFailure ?? attemptsSpent(attempts));
  }

  async function commit(answer: ModelAnswer): Promise<SlotOutcome> {
    const answered = readDraft(answerObject(answer.content), sealed);
    const owned = name ?? (await naming.claimOffered(answered.offeredNames));
    if ('ended' in owned) return leave(outcomeOf(owned.ended));
    const named = nameDraft(answered, owned, sealed);
    const draft = isToBeRepaired(named) ? await repair(named, owned) : named;
    if (typeof draft === 'string') return draft;
    const warnings = warningsOf(draft.faults);
    const payload = encodePersonRecord({
      persona: personOf(draft),
      characteristics,
      cells,
      ...(warnings.length === 0 ? {} : { warnings }),
      model: answer.model,
      simulated: answer.simulated,
      promptDigest: prompt.digest,
      attempts,
      ...(draft === named ? {} : { repairs: 1 }),
      tokens,
      committedAt: new Date().toISOString(),
    });
    const reply = await tracing.span('commit', {}, async (span) => {
      const said = await transactions.commit(slot, { name: owned.full, payload });
      if (said.code !== 'committed') span.add({ 'persona_fleet.reply': said.code });
      return said;
    });
    switch (reply.code) {
      case 'committed':
      case 'replayed': // somebody else was first (a lock lost meanwhile)
        metrics.slots.inc({ outcome: reply.code, reason: '' });
        return reply.code;
      case 'failed':
      case 'cancelled':
      case 'unknown-population':
        return leave(outcomeOf(reply.code));
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

  function repair(draft: Draft, owned: PersonName): Promise<Draft | SlotOutcome> {
    const context = { slot, name: owned, characteristics, sealed, moreRoom, onUsage: addUsage, leave };
    return repairDraft(draft, context, dependencies, signal);
  }

  function addUsage(usage: Usage): void {
    tokens.prompt += usage.promptTokens;
    tokens.cached += usage.cachedTokens;
    tokens.completion += usage.completionTokens;
  }

  /** Ends the run with an outcome that is not its own doing. Where the slot stays open, an attempt under way is given back. */
  async function leave(outcome: SlotOutcome = 'left', returnRepair = false): Promise<SlotOutcome> {
    if (outcome === 'left' && isAttemptOpen) await transactions.leave(slot, { returnRepair });
    return outcome;
  }

  async function giveUp(error: ModelCallError): Promise<SlotOutcome> {
    const { code } = await transactions.fail(slot, {
      reason: error.reason,
      // With the time, so that the same failure of another run is not taken for a repeated call of this one.
      record: JSON.stringify({
        reason: error.reason,
        message: error.message,
        attempts,
        failedAt: new Date().toISOString(),
      }),
    });
    if (code === 'already-failed') return 'failed';
    if (code !== 'failed') return leave(outcomeOf(code));
    metrics.slots.inc({ outcome: 'failed', reason: error.reason });
    logger.warn({ slot, reason: error.reason, attempts, error }, 'slot given up');
    return 'failed';
  }
}
