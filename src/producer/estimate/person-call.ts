import { NamePolicy, type TinyPersonFactoryState } from '../../shared/factory/person-factory-state.ts';
import { createPromptRenderer } from '../../shared/factory/render-prompt.ts';
import { personaRequestSchema } from '../../shared/person/schema.ts';
import { createPlan } from '../../shared/sampling/plan.ts';
import { type CountedPrompt, createPromptTokens } from '../../shared/tokens/prompt-tokens.ts';
import { sharedPrefixTokens } from '../../shared/tokens/shared-prefix.ts';
import { answerTokens, type Range } from './answer-tokens.ts';

/** One call as it is on the average. */
export interface TypicalCall {
  readonly promptTokens: number;
  /** Of them, what the provider's prompt cache can hold after the first call. */
  readonly cachedTokens: number;
  readonly completionTokens: Range;
}

const SAMPLES = 16;
/** Workers draw names of the slot's locale; of these, no two neighbours begin alike, so that none lengthens the shared prefix. */
const NAMES = ['Mariana Albuquerque', 'Oluwaseun Adeyemi', 'Katherine Blackwood', 'Dmitri Volkonsky'];

/** Prompt caches hold prefixes from 1,024 tokens on, in steps of 128 (OpenAI's guide to prompt caching). */
const CACHED_FROM = 1_024;
const CACHED_IN_STEPS_OF = 128;

/** The call that makes one person: counted from the prompts of slots that are spread over the population. Pure. */
export function typicalPersonCall(state: TinyPersonFactoryState): TypicalCall {
  const { dimensions, joints = [], seed, names } = state;
  const plan = createPlan({ dimensions, joints, extents: state.extents ?? [state.populationSize], seed });
  const byModel = names.policy === NamePolicy.model;
  const { jsonSchema } = personaRequestSchema({ alternateNames: byModel });
  const render = createPromptRenderer().forPopulation(state);
  const samples = Math.min(SAMPLES, plan.size);
  const prompts = Array.from({ length: samples }, (_, index): CountedPrompt => {
    const characteristics = plan.characteristics(Math.floor((index * plan.size) / samples));
    const { system, user } = render({
      characteristics,
      ...(byModel ? {} : { name: NAMES[index % NAMES.length] }),
    });
    return { system, user, schema: { name: 'person', schema: jsonSchema } };
  });
  const count = createPromptTokens();
  const sum = prompts.reduce((total, prompt) => total + count(prompt), 0);
  return {
    promptTokens: sum / samples,
    cachedTokens: cacheable(prompts),
    completionTokens: answerTokens(jsonSchema),
  };
}

function cacheable([first, ...others]: readonly CountedPrompt[]): number {
  if (first === undefined || others.length === 0) return 0;
  const shared = Math.min(...others.map((other) => sharedPrefixTokens(first, other)));
  return shared < CACHED_FROM ? 0 : shared - ((shared - CACHED_FROM) % CACHED_IN_STEPS_OF);
}
