import OpenAI from 'openai';
import pLimit from 'p-limit';
import type { TinyPersonFactoryState } from '../src/shared/factory/person-factory-state.ts';
import { createPromptRenderer } from '../src/shared/factory/render-prompt.ts';
import { personaRequestSchema } from '../src/shared/person/schema.ts';
import { createPlan } from '../src/shared/sampling/plan.ts';

/**
 * The yardstick of `overhead`: nothing but the client and its calls. Runs as a process of its own; prompts are rendered
 * before the clock starts. Takes `{ state, baseUrl, concurrency }` by message, answers with the milliseconds and the CPU time taken.
 */
process.on('message', async (message) => {
  const { state, baseUrl, concurrency } = message as {
    state: TinyPersonFactoryState;
    baseUrl: string;
    concurrency: number;
  };
  const client = new OpenAI({ apiKey: 'bench', baseURL: baseUrl, maxRetries: 0 });
  const render = createPromptRenderer().forPopulation(state);
  const plan = createPlan({
    dimensions: state.dimensions,
    extents: [state.populationSize],
    seed: state.seed,
  });
  const { jsonSchema } = personaRequestSchema({ alternateNames: false });
  const prompts = Array.from({ length: state.populationSize }, (_, slot) =>
    render({ characteristics: plan.characteristics(slot), name: `Person Number ${slot}` }),
  );
  const limit = pLimit(concurrency);
  const started = performance.now();
  const before = process.cpuUsage();
  await Promise.all(
    prompts.map(({ system, user }) =>
      limit(() =>
        client.chat.completions.create({
          model: 'bench',
          messages: [
            { role: 'system', content: system },
            { role: 'user', content: user },
          ],
          max_completion_tokens: 8_192,
          response_format: {
            type: 'json_schema',
            json_schema: { name: 'person', schema: jsonSchema, strict: true },
          },
        }),
      ),
    ),
  );
  const { user, system } = process.cpuUsage(before);
  process.send?.({ milliseconds: performance.now() - started, cpuMicroseconds: user + system });
});
process.send?.({ ready: true });
