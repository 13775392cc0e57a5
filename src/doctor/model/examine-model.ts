import { type Config, DEFAULT_MODEL } from '../../shared/config.ts';
import { ModelCallError } from '../../shared/errors.ts';
import { dollarsText } from '../../shared/models/dollars.ts';
import { loadModelProfiles, type ModelProfile } from '../../shared/models/model-profiles.ts';
import { type Check, examine, type Finding, ok, skipped } from '../check.ts';
import { checkCall, checkStructuredOutput } from './answers.ts';
import { checkLimits } from './limits.ts';
import { besideAnsweredCall, checkEndpoint, listModels } from './model-list.ts';
import { checkPrice } from './price.ts';
import { createTrialCall, type Trial } from './trial-call.ts';

/** A trial is small: who waits longer for it would wait in vain. */
const MOST_TOTAL_MS = 60_000;
const LIST_WITHIN_MS = 8_000;
/** Ways to ask; see `createTrialCall`. */
const MOST_ANSWERS = 3;

/** Everything about the model endpoint. `announce` hears of what the call will cost, before it is made. */
export async function examineModel(options: {
  config: Config;
  /** false: no model is called, and nothing is spent. */
  call: boolean;
  announce: (line: string) => void;
  signal: AbortSignal;
}): Promise<Check[]> {
  const { config, call, announce, signal } = options;
  const { OPENAI_API_KEY: apiKey, OPENAI_BASE_URL: baseUrl } = config;
  if (apiKey === undefined && baseUrl === undefined) {
    const why =
      'none is configured: set OPENAI_API_KEY, or OPENAI_BASE_URL for a compatible server (without, generate uses a simulator)';
    return [{ name: 'model', ...skipped(why) }];
  }
  const model = config.OPENAI_MODEL ?? DEFAULT_MODEL;
  const endpoint = { apiKey: apiKey ?? '', baseUrl, headers: config.PERSONA_FLEET_HEADERS };
  const look = (name: string, check: () => Finding | Promise<Finding>, withinMs?: number) =>
    examine(`model ${name}`, check, { signal, ...(withinMs === undefined ? {} : { withinMs }) });

  const checks: Check[] = [];
  let profile: ModelProfile | undefined;
  const settings = await look('settings', () => {
    profile = loadModelProfiles(config).of(model);
    return ok(`${model}, ${config.PERSONA_FLEET_MODELS ?? 'no models file'}`);
  });
  checks.push(settings);
  const listed = await look('endpoint', async () =>
    checkEndpoint(await listModels(endpoint, { timeoutMs: LIST_WITHIN_MS, signal }), model),
  );
  checks.push(listed);
  const known = profile;
  if (known === undefined) return checks;
  const hasBudget = config.PERSONA_FLEET_BUDGET_USD !== undefined;
  checks.push(await look('price', () => checkPrice(model, known.price, hasBudget)));
  if (!call) return [...checks, { name: 'model call', ...skipped('not made (--no-model-call)') }];

  const totalMs = Math.min(config.PERSONA_FLEET_MODEL_TIMEOUT_MS, MOST_TOTAL_MS);
  const trialCall = createTrialCall({
    endpoint,
    model,
    profile: known,
    timeouts: {
      connectMs: config.PERSONA_FLEET_CONNECT_TIMEOUT_MS,
      firstByteMs: Math.min(config.PERSONA_FLEET_FIRST_BYTE_TIMEOUT_MS, totalMs),
      totalMs,
    },
    reasoningEffort: config.PERSONA_FLEET_REASONING_EFFORT,
  });
  announce(describeCost(model, trialCall.most));
  let trial: Trial | undefined;
  checks.push(
    await look(
      'call',
      async () => {
        const outcome = await trialCall.run(signal);
        if (!(outcome instanceof ModelCallError)) trial = outcome;
        return checkCall(outcome);
      },
      MOST_ANSWERS * totalMs,
    ),
  );
  const answered = trial;
  if (answered === undefined) return checks;
  checks[checks.indexOf(listed)] = { name: listed.name, ...besideAnsweredCall(listed) };
  checks.push(await look('structured output', () => checkStructuredOutput(answered)));
  checks.push(await look('limits', () => checkLimits(answered.seen, known)));
  return checks;
}

function describeCost(
  model: string,
  {
    prompt,
    completion,
    nanoDollars,
  }: { prompt: number; completion: number; nanoDollars: number | undefined },
): string {
  const dollars = nanoDollars === undefined ? '' : `, ${dollarsText(nanoDollars)} at the most`;
  return `asking ${model} once: about ${prompt} tokens, and up to ${completion.toLocaleString('en-US')} for its answer${dollars} (--no-model-call leaves that out)`;
}
