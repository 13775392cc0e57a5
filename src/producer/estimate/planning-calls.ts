import type { JsonSchema } from '../../shared/person/strict-json-schema.ts';
import { dimensionsJsonSchema } from '../../shared/planning/dimensions-answer.ts';
import { factoriesJsonSchema } from '../../shared/planning/factories-answer.ts';
import { FACTORIES_AT_ONCE } from '../../shared/planning/operations.ts';
import { createPlanningPrompts } from '../../shared/planning/render-planning-prompt.ts';
import { createPromptTokens } from '../../shared/tokens/prompt-tokens.ts';
import type { PopulationSpec } from '../population-spec.ts';
import type { Range } from './answer-tokens.ts';
import type { TypicalCall } from './person-call.ts';

/** What an answer to the question of what varies is taken to need: five to twenty dimensions with their values and weights. */
const DIMENSIONS_ANSWER: Range = { low: 500, expected: 1_500, high: 4_000 };
/** One context: a title, and the 80 words that are asked for. */
const CONTEXT_ANSWER: Range = { low: 90, expected: 130, high: 220 };
/** A title among those that a later call must not repeat. */
const TITLE_TOKENS = 8;

type Planned = Pick<PopulationSpec, 'samplingSpaceDescription' | 'factories' | 'context' | 'dimensions'>;

/** The calls that come before the people, one by one; none for a spec that leaves nothing to a model. Pure. */
export function planningCalls(spec: Planned): TypicalCall[] {
  const { samplingSpaceDescription, factories, context, dimensions } = spec;
  const prompts = createPlanningPrompts();
  const count = createPromptTokens();
  const promptTokens = (prompt: { system: string; user: string }, schema: JsonSchema) =>
    count({ ...prompt, schema: { name: 'plan', schema } });
  const calls: TypicalCall[] = [];
  if (samplingSpaceDescription !== null) {
    const settled = dimensions.map(({ name }) => name);
    const prompt = prompts.dimensions({ samplingSpaceDescription, context, settled });
    calls.push({
      promptTokens: promptTokens(prompt, dimensionsJsonSchema),
      cachedTokens: 0,
      completionTokens: DIMENSIONS_ANSWER,
    });
  }
  for (let done = 0; factories !== null && done < factories.count; done += FACTORIES_AT_ONCE) {
    const wanted = Math.min(FACTORIES_AT_ONCE, factories.count - done);
    const prompt = prompts.factories({ genericContext: factories.context, count: wanted, earlier: [] });
    const { low, expected, high } = CONTEXT_ANSWER;
    calls.push({
      promptTokens: promptTokens(prompt, factoriesJsonSchema(wanted)) + done * TITLE_TOKENS,
      cachedTokens: 0,
      completionTokens: { low: wanted * low, expected: wanted * expected, high: wanted * high },
    });
  }
  return calls;
}
