import type { LimitFunction } from 'p-limit';
import { ModelCallError, Reaction } from '../shared/errors.ts';
import {
  CallAbortedError,
  type ModelAnswer,
  type ModelCall,
  type ModelGateway,
  type ModelRequest,
} from './llm/model-call.ts';

/** A call, and what its beginning finds: something to send, or how the work ended without it. */
export interface CallToMake<Ended> extends Omit<ModelCall, 'begin'> {
  begin(): Promise<{ readonly send: ModelRequest } | { readonly ended: Ended }>;
}

/** Where a process makes its calls. */
export interface ModelPlaces {
  readonly model: Pick<ModelGateway, 'complete'>;
  /** Places at the model, shared by everything that the process calls for. */
  readonly permits: LimitFunction;
  /** Once it aborts no place is taken. */
  readonly stopping: AbortSignal;
  /** Hears that no call can succeed until a person acts. */
  readonly onPause: (error: ModelCallError) => Promise<unknown>;
}

/**
 * Makes one model call at one of the process' places; resolves with the answer, or with what `begin` ended the work with.
 * Throws what the gateway throws; CallAbortedError (not sent) too when the process is stopping before a place is free.
 *
 * A place is held from before the call waits for rate until it has ended, though nothing is sent meanwhile. The other way
 * round a permit would be given and then wait for a place: it would be charged to a window in which the request is not
 * sent, and grow stale. It also keeps a process from queueing for more than it can send, ahead of processes that could. And
 * `onPause` is awaited while the place is held, so that nothing else gets it before it can see the pause.
 */
export function callModel<Ended>(
  { begin, ...call }: CallToMake<Ended>,
  { model, permits, stopping, onPause }: ModelPlaces,
  signal: AbortSignal,
): Promise<{ readonly answer: ModelAnswer } | { readonly ended: Ended }> {
  return permits(async () => {
    if (stopping.aborted) throw new CallAbortedError('stopped before the call', { wasSent: false });
    const begun: { found?: { readonly ended: Ended } } = {};
    try {
      const answer = await model.complete(
        {
          ...call,
          async begin() {
            const found = await begin();
            if ('send' in found) return found.send;
            begun.found = found;
            return undefined;
          },
        },
        signal,
      );
      if (answer !== undefined) return { answer };
    } catch (error) {
      if (error instanceof ModelCallError && error.reaction === Reaction.pause) await onPause(error);
      throw error;
    }
    if (begun.found === undefined) throw new Error('a call ended without an answer, though it was begun');
    return begun.found;
  });
}
