import { neutraliseFences, singleLine } from '../factory/prompt-text.ts';
import { loadTemplate } from '../factory/template.ts';
import type { PlannedFactory, PlanningArguments } from './operations.ts';

export interface PlanningPrompt {
  readonly system: string;
  readonly user: string;
}

/** A call that asks for the whole answer again, with what was wrong. */
export interface AnswerAtFault {
  readonly answer: string;
  readonly faults: readonly string[];
}

export interface PlanningPrompts {
  dimensions(
    args: Omit<PlanningArguments['computeSamplingDimensions'], 'model'>,
    atFault?: AnswerAtFault,
  ): PlanningPrompt;
  /** Asks for `count` more contexts; `earlier` are not to be repeated. */
  factories(request: {
    readonly genericContext: string;
    readonly count: number;
    readonly earlier: readonly PlannedFactory[];
  }): PlanningPrompt;
}

/** What fits beside the question: a model repairs the first faults no better for being told of hundreds. */
const FAULTS_SHOWN = 20;

/**
 * Loads the templates, once, and returns the functions that render planning prompts: what is always the same first, then
 * what the call is about, then what differs from one call of a transaction to the next. Text from users stands inside a fence
 * that it cannot close.
 */
export function createPlanningPrompts(): PlanningPrompts {
  const template = (file: string) => loadTemplate(new URL(`./prompts/${file}.mustache`, import.meta.url));
  const dimensionsSystem = template('dimensions-system').render({}).trim();
  const dimensions = template('dimensions');
  const factoriesSystem = template('factories-system').render({}).trim();
  const factories = template('factories');
  return {
    dimensions: ({ samplingSpaceDescription, context, settled }, atFault) => ({
      system: dimensionsSystem,
      user: dimensions
        .render({
          context: neutraliseFences(context),
          description: neutraliseFences(samplingSpaceDescription),
          anySettled: settled.length > 0 ? 'yes' : '',
          settled: settled.map((name) => ({ name: singleLine(name) })),
          answer: neutraliseFences(atFault?.answer ?? ''),
          faults: (atFault?.faults ?? [])
            .slice(0, FAULTS_SHOWN)
            .map((fault) => ({ fault: singleLine(fault) })),
        })
        .trim(),
    }),
    factories: ({ genericContext, count, earlier }) => ({
      system: factoriesSystem,
      user: factories
        .render({
          context: neutraliseFences(genericContext),
          anyEarlier: earlier.length > 0 ? 'yes' : '',
          earlier: earlier.map(({ title }) => ({ title: singleLine(title) })),
          count: String(count),
        })
        .trim(),
    }),
  };
}
