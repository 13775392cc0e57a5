import type { SpanAttributes, SpanOptions, TraceSpan } from '../../shared/telemetry/tracing.ts';
import type { Outcome } from './outcome.ts';
import type { Row } from './reactions.ts';

/** What a provider says is a text like any other, unless it looks like the name of a model. */
const MODEL_NAME = /^[\w.:/@-]{1,100}$/;

const OPENAI_URL = 'https://api.openai.com/v1';

/**
 * Model requests in traces, after OpenTelemetry's conventions for generative AI: what was asked, whom, and what it used; never a
 * prompt or an answer, and of errors no text but the reason of `reactions.ts`.
 */
export function createChatSpans(baseUrl: string = OPENAI_URL): {
  of(model: string): { readonly name: string; readonly options: SpanOptions };
  tell(span: TraceSpan, outcome: Outcome, row: Row | undefined): void;
} {
  const { hostname, port, protocol } = new URL(baseUrl);
  const endpoint: SpanAttributes = {
    'gen_ai.operation.name': 'chat',
    'server.address': hostname,
    'server.port': Number(port) || (protocol === 'http:' ? 80 : 443),
  };
  return {
    of: (model) => ({
      name: `chat ${model}`,
      options: { kind: 'client', attributes: { ...endpoint, 'gen_ai.request.model': model } },
    }),
    tell(span, outcome, row) {
      if (outcome.kind === 'answer') {
        const { model, usage } = outcome.answer;
        span.add({
          'gen_ai.response.model': MODEL_NAME.test(model) ? model : undefined,
          'gen_ai.usage.input_tokens': usage.promptTokens,
          'gen_ai.usage.output_tokens': usage.completionTokens,
          'gen_ai.usage.cache_read.input_tokens': usage.cachedTokens,
        });
      }
      if (row !== undefined) span.fail(row.reason);
    },
  };
}
