import { ExitCode, type ModelCallError, Reaction } from '../../shared/errors.ts';
import { StructuredOutput } from '../../shared/models/capabilities.ts';
import { type Finding, fault, ok, warning } from '../check.ts';
import type { Trial } from './trial-call.ts';

/** A model that takes longer for twenty tokens has a queue in front of it, or thinks. */
const SLOW_MS = 30_000;

/** Whether the model answers at all. */
export function checkCall(trial: Trial | ModelCallError): Finding {
  if (trial instanceof Error) return failureOf(trial);
  const { model, latencyMs, usage } = trial;
  const used = `${usage.promptTokens} tokens in, ${usage.completionTokens} out`;
  const found = `${model} answered in ${(latencyMs / 1_000).toFixed(1)} s (${used})`;
  if (latencyMs < SLOW_MS) return ok(found);
  return warning(
    found,
    'a person is fifty times as long: raise PERSONA_FLEET_MODEL_TIMEOUT_MS and PERSONA_FLEET_FIRST_BYTE_TIMEOUT_MS if calls time out',
  );
}

/** The reasons that money or a key mends, as pauses have them. */
const ACCOUNT_REASONS = new Set(['quota', 'credentials']);

function failureOf({ reaction, reason, message }: ModelCallError): Finding {
  const exitCode = ACCOUNT_REASONS.has(reason) ? ExitCode.paused : ExitCode.badInput;
  const passes = reaction === Reaction.retry || reaction === Reaction.wait;
  if (passes && reason !== 'unreachable') {
    return warning(message, 'it may pass: workers try again; run doctor again in a moment');
  }
  const advice: Readonly<Record<string, string>> = {
    quota: "add credit, or raise the provider's spending limit",
    credentials: 'correct OPENAI_API_KEY (and PERSONA_FLEET_HEADERS, if the endpoint wants others)',
    unreachable: 'correct OPENAI_BASE_URL, or start what should answer there',
  };
  return fault(
    message,
    advice[reason] ?? 'workers would pause, or fail their people, for this reason',
    exitCode,
  );
}

/** Which way to have JSON works. */
export function checkStructuredOutput({ capabilities, kept, ignored }: Trial): Finding {
  const { structuredOutput: mode } = capabilities;
  const passedOver = ignored.length === 0 ? '' : ` (${ignored.join(' and ')}: taken, and ignored)`;
  if (!kept) {
    return fault(
      `no way of asking brought JSON${passedOver}`,
      'use a model that can follow a JSON schema: nobody would come of its answers',
    );
  }
  const without = [
    ...(capabilities.temperature ? [] : ['temperature']),
    ...(capabilities.tokenLimit === 'max_tokens' ? ['max_completion_tokens'] : []),
  ];
  const rest = without.length === 0 ? '' : `; it takes no ${without.join(' and no ')}, and is asked without`;
  switch (mode) {
    case StructuredOutput.schema:
      return ok(`json_schema works${rest}`);
    case StructuredOutput.object:
    case StructuredOutput.text:
      return warning(
        `${mode === StructuredOutput.object ? 'json_object works, json_schema does not' : 'neither json_schema nor json_object works; asked in words it answers with JSON'}${passedOver}${rest}`,
        'workers find that out by themselves; expect more repair calls than with json_schema. `structuredOutput` in PERSONA_FLEET_MODELS says it from the start',
      );
    default: {
      const never: never = mode;
      throw new Error(`unknown mode ${never}`);
    }
  }
}
