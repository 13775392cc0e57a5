import { ModelCallError, Reaction } from '../shared/errors.ts';
import type { PersonPrompt, SlotParticulars } from '../shared/factory/render-prompt.ts';
import { CallKind } from '../shared/limits/accounts.ts';
import type { SealedFields } from '../shared/person/sealed-fields.ts';
import type { RepairReply } from '../shared/transactions/slot-transactions.ts';
import { type AnswerObject, answerObject } from './answer/answer-object.ts';
import { type Draft, mendDraft } from './answer/draft.ts';
import { faultError } from './answer/faults.ts';
import { repairRequestOf } from './answer/repair-request.ts';
import { callModel } from './call-model.ts';
import { CallAbortedError, type ModelRequest, type Usage } from './llm/model-call.ts';
import type { PersonName } from './names/name-source.ts';
import { outcomeOf, type SlotDependencies, type SlotOutcome } from './slot-dependencies.ts';

export interface RepairContext {
  readonly slot: number;
  readonly name: PersonName;
  readonly characteristics: SlotParticulars['characteristics'];
  readonly sealed: SealedFields;
  readonly moreRoom: boolean;
  readonly onUsage: (usage: Usage) => void;
  /** Ends the slot's run; where the slot stays open, its attempt is given back, and where told so the repair. */
  readonly leave: (outcome: SlotOutcome, returnRepair: boolean) => Promise<SlotOutcome>;
}

/** Why no repair call was begun. */
type NotBegun = Exclude<RepairReply, { code: 'begun' }>;

/**
 * Makes the one repair call of an attempt and resolves with the mended draft, or with how the slot's run ended instead.
 *
 * Over all runs and crashes a slot makes no more such calls than it has attempts, counted in Redis before they are sent;
 * being told to wait (429) takes it back until it is sent again, and a stop or a pause gives it back with the attempt. That an
 * attempt is given back a limited number of times bounds the repairs too. Throws ModelCallError (retry) when the call failed,
 * when parts are still at fault, and when the repair was spent before: each costs the attempt.
 */
export async function repairDraft(
  draft: Draft,
  context: RepairContext,
  dependencies: SlotDependencies,
  signal: AbortSignal,
): Promise<Draft | SlotOutcome> {
  const { slot, name, characteristics, sealed, moreRoom, onUsage, leave } = context;
  const { population, account, transactions, metrics } = dependencies;
  const { schema, prompt: repair } = repairRequestOf(draft);
  const prompt: PersonPrompt = population.renderPrompt({ characteristics, name: name.full, repair });
  const request: ModelRequest = {
    model: population.model,
    system: prompt.system,
    user: prompt.user,
    temperature: population.state.temperature,
    schema: { name: 'person_parts', schema },
    cacheKey: population.id,
    moreRoom,
  };
  /** This run has taken the attempt's repair, and its call is under way. */
  let isTaken = false;

  for (;;) {
    let parts: AnswerObject;
    try {
      const call = { account, kind: CallKind.repairCalls, expected: request, begin, takeBack, onUsage };
      const called = await callModel(call, dependencies, signal);
      if ('ended' in called) return endUnbegun(called.ended);
      parts = answerObject(called.answer.content);
    } catch (error) {
      const wasSent = isTaken && !(error instanceof CallAbortedError && !error.wasSent);
      if (wasSent) metrics.repairCalls.inc({ outcome: 'failed' });
      if (error instanceof CallAbortedError) return leave('left', isTaken);
      if (!(error instanceof ModelCallError)) throw error;
      switch (error.reaction) {
        case Reaction.wait:
          metrics.modelRetries.inc({ reason: error.reason });
          continue; // the next call is let through when the provider is ready
        case Reaction.pause: // dealt with before the place at the model was given back
          return leave('left', isTaken);
        case Reaction.retry:
          throw error;
        case Reaction.giveUp:
          // What is refused is this call, not the slot: a whole person was written for it.
          throw new ModelCallError(error.message, {
            reaction: Reaction.retry,
            reason: error.reason,
            cause: error,
          });
        default: {
          const never: never = error.reaction;
          throw new Error(`unknown reaction ${never}`);
        }
      }
    }
    const mended = mendDraft(draft, parts, name, sealed);
    const isMended = mended.faults.length === 0;
    metrics.repairCalls.inc({ outcome: isMended ? 'mended' : 'unmended' });
    if (!isMended) throw faultError(mended.faults);
    return mended;
  }

  async function begin(): Promise<{ send: ModelRequest } | { ended: NotBegun }> {
    const reply = await transactions.beginRepair(slot);
    if (reply.code !== 'begun') return { ended: reply };
    isTaken = true;
    return { send: request };
  }

  async function takeBack(): Promise<void> {
    isTaken = false;
    await transactions.takeBack(slot, 'repair');
  }

  function endUnbegun({ code }: NotBegun): Promise<SlotOutcome> {
    if (code === 'spent') throw faultError(draft.faults);
    return leave(outcomeOf(code), false);
  }
}
