import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { SpanAttributes } from '../../../src/shared/telemetry/tracing.ts';
import { createChatSpans } from '../../../src/worker/llm/chat-span.ts';

function toldOf(model: string): SpanAttributes {
  const told: SpanAttributes[] = [];
  const span = { add: (attributes: SpanAttributes) => told.push(attributes), fail: assert.fail };
  createChatSpans().tell(
    span,
    {
      kind: 'answer',
      moreRoom: false,
      answer: {
        hasChoice: true,
        content: 'a secret answer',
        finishReason: 'stop',
        isRefusal: false,
        usage: { promptTokens: 7 },
        model,
        fingerprint: '',
      },
    },
    undefined,
  );
  assert.equal(told.length, 1);
  return told[0] ?? {};
}

test('the model that answered is told where it looks like the name of one', () => {
  for (const model of ['gpt-4.1-mini-2025-04-14', 'meta-llama/Llama-3.3:free', 'models/x@001']) {
    assert.equal(toldOf(model)['gen_ai.response.model'], model);
  }
});

test('any other text in its place is not, and neither is the answer', () => {
  for (const model of ['', 'I am Ann Lee', 'a\nb', 'x'.repeat(101), 'é']) {
    const told = toldOf(model);
    assert.equal(told['gen_ai.response.model'], undefined, model);
    assert.equal(told['gen_ai.usage.input_tokens'], 7);
    assert.ok(!JSON.stringify(told).includes('secret'));
  }
});
