import { ModelCallError, Reaction } from '../shared/errors.ts';
import type { PersonPrompt, SlotParticulars } from '../shared/factory/render-prompt.ts';
import type { SealedFields } from '../shared/person/sealed-fields.ts';
import { type AnswerObject, answerObject } from './answer/answer-object.ts';
import { type Draft, mendDraft } from './answer/draft.ts';
import { faultError } from './answer/faults.ts';
import { repairRequestOf } from './answer/repair-request.ts';
import { CallAbortedError, type Usage } from './llm/model-gateway.ts';
import type { PersonName } from './names/name-source.ts';
import type { SlotDependencies, SlotOutcome } from './slot-dependencies.ts';

export interface RepairContext {
  readonly slot: number;
  readonly name: PersonName;
  readonly characteristics: SlotParticulars['characteristics'];
  readonly sealed: SealedFields;
  readonly onUsage: (usage: Usage) => void;
  /** Ends the slot's run, with its attempt given back, and what else was not used. */
  readonly leave: (outcome: SlotOutcome, unused: Unused) => Promise<SlotOutcome>;
}

/** What a run that ends early gives back beside its attempt: its repair, and the count of a call that was never sent. */
export interface Unused {
  readonly repair?: boolean;
  readonly calls?: -1;
  readonly repairCalls?: -1;
}

/**
 * Makes the one repair call of an attempt and resolves with the mended draft, or with how the slot's run ended instead.
 *
 * Over all runs and crashes a slot makes no more such calls than it has attempts, counted in Redis before they are sent;
 * being told to wait (429) sends the same call again, and a stop or a pause gives it back with the attempt. That an attempt
 * is given back a limited number of times bounds the repairs too. Throws ModelCallError (retry) when the call failed, when
 * parts are still at fault, and when the repair was spent before: each costs the attempt.
 */
export async function repairDraft(
  draft: Draft,
  context: RepairContext,
  dependencies: Pick<
    SlotDependencies,
    'population' | 'transactions' | 'model' | 'permits' | 'stopping' | 'pause' | 'metrics'
  >,
  signal: AbortSignal,
): Promise<Draft | SlotOutcome> {
  const { slot, name, characteristics, sealed, onUsage, leave } = context;
  const { population, transactions, model, permits, stopping, pause, metrics } = dependencies;
  const { schema, prompt: repair } = repairRequestOf(draft);
  const prompt: PersonPrompt = population.renderPrompt({ characteristics, name: name.full, repair });
  const request = {
    model: population.model,
    system: prompt.system,
    user: prompt.user,
    temperature: population.state.temperature,
    schema: { name: 'person_parts', schema },
  };
  let isTaken = false;

  for (;;) {
    const called = await permits(beginAndCall);
    if (called === Reaction.wait) continue; // the gateway holds this process back until the provider is ready
    if (typeof called === 'string') return called;
    const mended = mendDraft(draft, called, name, sealed);
    const isMended = mended.faults.length === 0;
    metrics.repairCalls.inc({ outcome: isMended ? 'mended' : 'unmended' });
    if (!isMended) throw faultError(mended.faults);
    return mended;
  }

  /** Like a slot's other calls: begun, and a pause written, while its place at the model is held. */
  async function beginAndCall(): Promise<AnswerObject | SlotOutcome | typeof Reaction.wait> {
    if (stopping.aborted) return leave('left', { repair: isTaken });
    const begun = await transactions.beginRepair(slot, { again: isTaken });
    switch (begun.code) {
      case 'begun':
        isTaken = true;
        break;
      case 'spent':
        throw faultError(draft.faults);
      case 'committed':
        return leave('replayed', {});
      case 'failed':
        return leave('failed', {});
      case 'paused':
      case 'cancelled':
      case 'unknown-population':
        return leave('left', { repair: isTaken });
      default: {
        const never: never = begun;
        throw new Error(`unknown repair reply ${JSON.stringify(never)}`);
      }
    }
    try {
      return answerObject((await model.complete(request, signal, onUsage)).content);
    } catch (error) {
      if (error instanceof CallAbortedError && !error.wasSent) {
        return leave('left', { repair: true, repairCalls: -1 });
      }
      metrics.repairCalls.inc({ outcome: 'failed' });
      if (error instanceof CallAbortedError) return leave('left', { repair: true });
      if (!(error instanceof ModelCallError)) throw error;
      switch (error.reaction) {
        case Reaction.wait:
          return Reaction.wait;
        case Reaction.pause:
          await pause(error.message);
          return leave('left', { repair: true });
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
  }
}
