import type { PlanningJobResult } from '../../shared/jobs.ts';
import type { PlanningRequest } from '../../shared/planning/operations.ts';
import type { PlanningPrompts } from '../../shared/planning/render-planning-prompt.ts';
import { eventKeyOf, type TransactionalCache } from '../../shared/transactions/transactional.ts';
import { JobReturnedError } from '../bull-worker.ts';
import { type AskDependencies, askModel, NotAnsweredError } from './ask-model.ts';
import { type Ask, generatePersonFactories } from './person-factories.ts';
import { dimensionsQuestion } from './sampling-dimensions.ts';

export interface PlanTransactionOptions extends Omit<AskDependencies, 'within' | 'modelName' | 'cacheKey'> {
  readonly request: PlanningRequest;
  readonly cache: TransactionalCache;
  readonly prompts: PlanningPrompts;
  readonly lockLost: AbortSignal;
}

/**
 * Does one planning job: asks the model what the request wants to know, and stores the answer as a transaction (first writer
 * wins) or the reason why there is none beside it. Running it again at any point is safe: what is stored is not asked again.
 *
 * Throws JobReturnedError when the process is stopping; anything else means that Redis or this program failed.
 */
export async function planTransaction(options: PlanTransactionOptions): Promise<PlanningJobResult> {
  const { request, cache, prompts, lockLost, ...dependencies } = options;
  const { transactions: lookedUp } = dependencies.metrics;
  const within = eventKeyOf(request.operation, request.arguments);
  const asked = { within, modelName: request.arguments.model, cacheKey: request.operation };
  const ask: Ask = (eventKey, question) => askModel(eventKey, question, { ...dependencies, ...asked });
  let outcome: PlanningJobResult['outcome'] = 'replayed';
  try {
    await cache.transactional(request.operation, request.arguments, () => {
      outcome = 'recorded';
      lookedUp.inc({ kind: 'call', outcome: 'miss' });
      return answerTo(within, request, ask, prompts);
    });
    if (outcome === 'replayed') lookedUp.inc({ kind: 'call', outcome: 'hit' });
    return { outcome };
  } catch (error) {
    if (!(error instanceof NotAnsweredError)) throw error;
    if (error.outcome === 'failed') return { outcome: 'failed' };
    if (lockLost.aborted) throw new Error('the lock was lost; another worker goes on with this job');
    throw new JobReturnedError();
  }
}

function answerTo(
  eventKey: string,
  request: PlanningRequest,
  ask: Ask,
  prompts: PlanningPrompts,
): Promise<unknown> {
  switch (request.operation) {
    case 'computeSamplingDimensions':
      return ask(eventKey, dimensionsQuestion(request.arguments, prompts));
    case 'generatePersonFactories':
      return generatePersonFactories(eventKey, request.arguments, { ask, prompts });
    default: {
      const never: never = request;
      throw new Error(`unknown planning request ${JSON.stringify(never)}`);
    }
  }
}
