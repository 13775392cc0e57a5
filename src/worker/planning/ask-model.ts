import type { LimitFunction } from 'p-limit';
import { ModelCallError, Reaction } from '../../shared/errors.ts';
import { delay } from '../../shared/lifecycle.ts';
import { PLANNING_ATTEMPTS } from '../../shared/planning/operations.ts';
import type { Logger } from '../../shared/telemetry/logger.ts';
import type { Metrics } from '../../shared/telemetry/metrics.ts';
import type { CallTransactions, OpenCall, OpenedCall } from '../../shared/transactions/call-transactions.ts';
import { attemptsSpent } from '../attempts-spent.ts';
import { type Backoff, backoffMs } from '../llm/backoff.ts';
import { CallAbortedError, type ModelGateway, type Usage } from '../llm/model-gateway.ts';
import { type Question, stillFaulty } from './question.ts';

export interface AskDependencies {
  /** The event key of the whole transaction; a question may be a part of it with a key of its own. */
  readonly within: string;
  readonly modelName: string;
  readonly transactions: CallTransactions;
  readonly model: Pick<ModelGateway, 'complete'>;
  /** Places at the model, shared with the slots of the process. */
  readonly permits: LimitFunction;
  /** Once it aborts no call is begun; calls in flight go on until `signal` aborts. */
  readonly stopping: AbortSignal;
  readonly signal: AbortSignal;
  readonly backoff: Backoff;
  readonly metrics: Metrics;
  readonly logger: Logger;
}

/** Thrown when there is no answer: `failed`, its reason is stored; `left`, the transaction is open and may be run again. */
export class NotAnsweredError extends Error {
  override readonly name = 'NotAnsweredError';
  readonly outcome: 'failed' | 'left';

  constructor(outcome: 'failed' | 'left') {
    super(`the planning call was ${outcome}`);
    this.outcome = outcome;
  }
}

type Settled = Exclude<OpenedCall, { code: 'opened' }>;

/**
 * Puts one question to the model until there is a usable answer, stores that under `eventKey`, and returns what is
 * stored (the answer of whoever was first).
 *
 * An attempt is one call and, where its answer has faults, one repair call. At most `PLANNING_ATTEMPTS` over all runs
 * and crashes, as each is counted in Redis before its call; being told to wait (429) or to stop spends none, in a
 * repair as little as before it, though what stops give back is bounded as well (see `leave` of the transactions). What
 * cannot be had is stored as a failure of the whole transaction. Throws NotAnsweredError; anything else means that
 * Redis or this program failed, and the transaction stays open.
 */
export async function askModel<T>(
  eventKey: string,
  question: Question<T>,
  dependencies: AskDependencies,
): Promise<T> {
  const { within, transactions, permits, stopping, signal, backoff, metrics, logger } = dependencies;
  const used = { promptTokens: 0, cachedTokens: 0, completionTokens: 0 };
  let attempts = 0;
  let lastFailure: ModelCallError | undefined;
  /** This run has counted an attempt that no answer or error has ended yet. */
  let isAttemptOpen = false;
  /** The counter of the call that was counted and then never sent. */
  let unsent: OpenCall['counter'] | undefined;

  while (!stopping.aborted) {
    try {
      const first = await answerTo(question, 'calls');
      if (typeof first !== 'string') return await settled(first);
      const reading = question.read(first);
      if ('value' in reading) return await record(reading.value);
      logger.debug({ reason: 'repair', attempt: attempts }, 'planning answer has faults');
      const second = await answerTo(reading.repair, 'repairCalls');
      if (typeof second !== 'string') return await settled(second);
      const repaired = reading.repair.read(second);
      if ('value' in repaired) return await record(repaired.value);
      throw stillFaulty(repaired.faults);
    } catch (error) {
      if (error instanceof CallAbortedError) break;
      if (!(error instanceof ModelCallError)) throw error;
      logger.debug({ reason: error.reason, attempt: attempts, error }, 'planning call failed');
      lastFailure = error;
      isAttemptOpen = false;
      if (error.reaction !== Reaction.retry || attempts >= PLANNING_ATTEMPTS) return giveUp(error);
      const waitMs = backoffMs(backoff, attempts, error.retryAfterMs);
      metrics.modelWaitSeconds.inc(waitMs / 1000);
      await delay(waitMs, stopping);
    }
  }
  await transactions.leave(eventKey, { returnAttempt: isAttemptOpen, unsent, used });
  throw new NotAnsweredError('left');

  /** The answer's content. Waits, and tries again, for as long as the provider asks for time. */
  async function answerTo(
    { system, user, schema }: Question<T>,
    counter: OpenCall['counter'],
  ): Promise<string | Settled> {
    const request = { model: dependencies.modelName, system, user, temperature: null, schema };
    for (;;) {
      try {
        return await permits(async () => {
          if (stopping.aborted) throw new CallAbortedError('stopped before the call', { wasSent: false });
          const opened = await transactions.open({
            eventKey,
            within,
            attemptsAllowed: PLANNING_ATTEMPTS,
            countAttempt: !isAttemptOpen,
            counter,
          });
          if (opened.code !== 'opened') return opened;
          attempts = opened.attempts;
          isAttemptOpen = true;
          unsent = counter;
          const { content } = await dependencies.model.complete(request, signal, addUsage);
          unsent = undefined;
          return content;
        });
      } catch (error) {
        if (!(error instanceof CallAbortedError) || error.wasSent) unsent = undefined;
        if (!(error instanceof ModelCallError) || error.reaction !== Reaction.wait) throw error;
      }
    }
  }

  function addUsage(usage: Usage): void {
    used.promptTokens += usage.promptTokens;
    used.cachedTokens += usage.cachedTokens;
    used.completionTokens += usage.completionTokens;
  }

  async function record(value: T): Promise<T> {
    return (await transactions.record(eventKey, value, used)).value as T;
  }

  /** Somebody else was first, in an earlier run or just now. */
  async function settled(found: Settled): Promise<T> {
    if (found.code === 'attempts-spent') {
      attempts = found.attempts;
      return giveUp(lastFailure ?? attemptsSpent(attempts));
    }
    await transactions.leave(eventKey, { returnAttempt: false, used });
    if (found.code === 'failed') throw new NotAnsweredError('failed');
    return found.value as T;
  }

  async function giveUp({ reason, message, reaction }: ModelCallError): Promise<never> {
    const failure = { reason, message, attempts, paused: reaction === Reaction.pause };
    await transactions.fail(within, { failed: eventKey, failure, used });
    logger.warn({ reason, attempts, error: message }, 'planning given up');
    throw new NotAnsweredError('failed');
  }
}
