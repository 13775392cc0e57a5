import { ModelCallError, Reaction } from '../../shared/errors.ts';
import { CallKind } from '../../shared/limits/accounts.ts';
import { PLANNING_ATTEMPTS } from '../../shared/planning/operations.ts';
import type { Logger } from '../../shared/telemetry/logger.ts';
import type { WorkerMetrics } from '../../shared/telemetry/metrics.ts';
import type { CallTransactions, OpenedCall } from '../../shared/transactions/call-transactions.ts';
import { attemptsSpent } from '../attempts-spent.ts';
import { callModel, type ModelPlaces } from '../call-model.ts';
import { countedDelay } from '../counted-delay.ts';
import { type Backoff, backoffMs } from '../llm/backoff.ts';
import { CallAbortedError, type ModelRequest } from '../llm/model-call.ts';
import { type Question, stillFaulty } from './question.ts';

/** Once `stopping` aborts no call is begun; calls in flight go on until `signal` aborts. */
export interface AskDependencies extends Omit<ModelPlaces, 'onPause'> {
  /** The event key of the whole transaction; a question may be a part of it with a key of its own. */
  readonly within: string;
  readonly modelName: string;
  /** Questions with the same key begin alike. */
  readonly cacheKey: string;
  /** Whom the calls are charged to. */
  readonly account: string;
  readonly transactions: CallTransactions;
  readonly signal: AbortSignal;
  readonly backoff: Backoff;
  readonly metrics: WorkerMetrics;
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
 * and crashes, as each is counted in Redis when its call is about to be sent, and taken back at once when the provider asks
 * for time (429). Being told to stop spends none either, in a repair as little as before it, though what stops give back is
 * bounded (see `leave` of the transactions). What cannot be had is stored as a failure of the whole transaction. Throws
 * NotAnsweredError; anything else means that Redis or this program failed, and the transaction stays open.
 */
export async function askModel<T>(
  eventKey: string,
  question: Question<T>,
  dependencies: AskDependencies,
): Promise<T> {
  const { within, account, transactions, stopping, signal, backoff, metrics, logger } = dependencies;
  // A pause ends the question like a failure: there is no population that could be paused.
  const places = { ...dependencies, onPause: async () => {} };
  let attempts = 0;
  let moreRoom = false;
  let lastFailure: ModelCallError | undefined;
  /** This run has counted an attempt that no answer or error has ended yet. */
  let isAttemptOpen = false;

  while (!stopping.aborted) {
    try {
      const first = await answerTo(question, CallKind.calls);
      if (typeof first !== 'string') return await settled(first);
      const reading = question.read(first);
      if ('value' in reading) return await record(reading.value);
      logger.debug({ reason: 'repair', attempt: attempts }, 'planning answer has faults');
      const second = await answerTo(reading.repair, CallKind.repairCalls);
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
      moreRoom ||= error.reason === 'length';
      if (error.reaction !== Reaction.retry || attempts >= PLANNING_ATTEMPTS) return giveUp(error);
      metrics.modelRetries.inc({ reason: error.reason });
      const waitMs = backoffMs(backoff, attempts, error.retryAfterMs);
      await countedDelay(waitMs, stopping, metrics);
    }
  }
  if (isAttemptOpen) await transactions.leave(eventKey);
  throw new NotAnsweredError('left');

  /** The answer's content. Waits, and tries again, for as long as the provider asks for time. */
  async function answerTo({ system, user, schema }: Question<T>, kind: CallKind): Promise<string | Settled> {
    const { modelName: model, cacheKey } = dependencies;
    const request: ModelRequest = { model, system, user, temperature: null, schema, cacheKey, moreRoom };
    const isFirst = kind === CallKind.calls;
    const begin = async (): Promise<{ send: ModelRequest } | { ended: Settled }> => {
      const opened = await transactions.open({
        eventKey,
        within,
        attemptsAllowed: PLANNING_ATTEMPTS,
        countAttempt: isFirst,
      });
      if (opened.code !== 'opened') return { ended: opened };
      attempts = opened.attempts;
      isAttemptOpen = true;
      return { send: request };
    };
    const takeBack = async (): Promise<void> => {
      if (!isFirst) return; // its attempt was paid for
      isAttemptOpen = false;
      attempts -= 1;
      await transactions.takeBack(eventKey);
    };
    for (;;) {
      try {
        const call = { account, kind, expected: request, begin, takeBack, onUsage: () => {} };
        const called = await callModel(call, places, signal);
        return 'answer' in called ? called.answer.content : called.ended;
      } catch (error) {
        if (!(error instanceof ModelCallError) || error.reaction !== Reaction.wait) throw error;
        metrics.modelRetries.inc({ reason: error.reason });
      }
    }
  }

  async function record(value: T): Promise<T> {
    return (await transactions.record(eventKey, value)).value as T;
  }

  /** Somebody else was first, in an earlier run or just now. */
  async function settled(found: Settled): Promise<T> {
    if (found.code === 'attempts-spent') {
      attempts = found.attempts;
      return giveUp(lastFailure ?? attemptsSpent(attempts));
    }
    if (found.code === 'failed') throw new NotAnsweredError('failed');
    return found.value as T;
  }

  async function giveUp({ reason, message, reaction }: ModelCallError): Promise<never> {
    const failure = { reason, message, attempts, paused: reaction === Reaction.pause };
    await transactions.fail(within, { failed: eventKey, failure });
    logger.warn({ reason, attempts, error: message }, 'planning given up');
    throw new NotAnsweredError('failed');
  }
}
