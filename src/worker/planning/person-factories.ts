import { ModelCallError, Reaction } from '../../shared/errors.ts';
import {
  FACTORIES_SCHEMA_NAME,
  factoriesJsonSchema,
  plannedFactorySchema,
} from '../../shared/planning/factories-answer.ts';
import {
  FACTORIES_AT_ONCE,
  type PlannedFactory,
  type PlanningArguments,
  type PlanningResults,
} from '../../shared/planning/operations.ts';
import type { PlanningPrompts } from '../../shared/planning/render-planning-prompt.ts';
import { eventKeyOf } from '../../shared/transactions/transactional.ts';
import { answerObject } from '../answer/answer-object.ts';
import type { Question } from './question.ts';

/** Puts one question under its own event key; see `askModel`. */
export type Ask = <T>(eventKey: string, question: Question<T>) => Promise<T>;

/**
 * Exactly `count` contexts, all distinct, in parts of 25: one call each, told the titles of the parts before it.
 *
 * The parts are transactions of their own, in a fixed order: a job that comes back after a crash goes on with the first part
 * that is not stored.
 */
export async function generatePersonFactories(
  eventKey: string,
  args: PlanningArguments['generatePersonFactories'],
  { ask, prompts }: { ask: Ask; prompts: PlanningPrompts },
): Promise<PlanningResults['generatePersonFactories']> {
  const factories: PlannedFactory[] = [];
  while (factories.length < args.count) {
    const count = Math.min(FACTORIES_AT_ONCE, args.count - factories.length);
    const question = factoriesQuestion({
      genericContext: args.genericContext,
      count,
      earlier: [...factories],
      prompts,
    });
    const isWhole = count === args.count;
    const partKey = isWhole
      ? eventKey
      : eventKeyOf('generatePersonFactories/part', { within: eventKey, from: factories.length });
    factories.push(...(await ask(partKey, question)).factories);
  }
  return { factories };
}

/**
 * Asks for `count` contexts that differ from the `earlier` ones. Of an answer the good ones are kept, whatever else is wrong
 * with it; its repair asks for those that are missing.
 */
export function factoriesQuestion(
  request: {
    readonly genericContext: string;
    readonly count: number;
    readonly earlier: readonly PlannedFactory[];
    readonly prompts: PlanningPrompts;
  },
  kept: readonly PlannedFactory[] = [],
): Question<{ factories: readonly PlannedFactory[] }> {
  const { genericContext, count, earlier, prompts } = request;
  const known = [...earlier, ...kept];
  const missing = count - kept.length;
  return {
    ...prompts.factories({ genericContext, count: missing, earlier: known }),
    schema: { name: FACTORIES_SCHEMA_NAME, schema: factoriesJsonSchema(missing) },
    read(content) {
      const factories = [...kept, ...distinct(listed(content), known).slice(0, missing)];
      if (factories.length === count) return { value: { factories } };
      return {
        faults: [`expected ${count} distinct contexts, got ${factories.length}`],
        repair: factoriesQuestion(request, factories),
      };
    },
  };
}

function listed(content: string): unknown[] {
  const { factories } = answerObject(content);
  if (Array.isArray(factories)) return factories;
  throw new ModelCallError('the answer holds no list of factories', {
    reaction: Reaction.retry,
    reason: 'invalid_plan',
  });
}

/** The entries that are whole and repeat neither a title nor a context, of each other or of the known ones. */
function distinct(entries: readonly unknown[], known: readonly PlannedFactory[]): PlannedFactory[] {
  const titles = new Set(known.map(({ title }) => comparable(title)));
  const contexts = new Set(known.map(({ context }) => comparable(context)));
  return entries.flatMap((entry) => {
    const parsed = plannedFactorySchema.safeParse(entry);
    if (!parsed.success) return [];
    const title = comparable(parsed.data.title);
    const context = comparable(parsed.data.context);
    if (titles.has(title) || contexts.has(context)) return [];
    titles.add(title);
    contexts.add(context);
    return [parsed.data];
  });
}

/** Case, punctuation and spacing make no other text. */
function comparable(text: string): string {
  return text
    .normalize('NFKC')
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, ' ')
    .trim();
}
