import assert from 'node:assert/strict';
import { createServer, type IncomingHttpHeaders, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { TestContext } from 'node:test';
import { ModelCallError } from '../../../src/shared/errors.ts';
import type { ModelProfile } from '../../../src/shared/models/model-profiles.ts';
import { personaRequestSchema } from '../../../src/shared/person/schema.ts';
import { createLogger } from '../../../src/shared/telemetry/logger.ts';
import { createWorkerMetrics } from '../../../src/shared/telemetry/metrics.ts';
import { noTracing } from '../../../src/shared/telemetry/tracing.ts';
import { createPromptTokens } from '../../../src/shared/tokens/prompt-tokens.ts';
import { createTokenCounter } from '../../../src/shared/tokens/token-counter.ts';
import type { FaultKind } from '../../../src/simulator/faults.ts';
import type { SimulatorOptions } from '../../../src/simulator/options.ts';
import { startSimulator } from '../../../src/simulator/server.ts';
import type { CallOutcome, PermitRequest } from '../../../src/worker/llm/limiter.ts';
import {
  CallAbortedError,
  type ModelAnswer,
  type ModelCall,
  type ModelRequest,
  type Usage,
} from '../../../src/worker/llm/model-call.ts';
import { createModelGateway, type ModelGatewayOptions } from '../../../src/worker/llm/model-gateway.ts';

export const MODEL = 'gpt-test';
export const REQUEST: ModelRequest = {
  model: MODEL,
  system: 'You write believable people.',
  user: 'One person, please.',
  temperature: null,
  schema: { name: 'person', schema: personaRequestSchema({ alternateNames: false }).jsonSchema },
  cacheKey: 'population-1',
  moreRoom: false,
};
export const PROFILE: ModelProfile = {
  rpm: 0,
  tpm: 0,
  charge: 'used',
  price: { input: 1, cachedInput: 0.5, cacheWrite: 2, output: 4, source: 'test' },
  completionTokens: 4_000,
  maxCompletionTokens: 9_000,
  capabilities: {},
};
export const running = new AbortController().signal;

/** A limiter that lets everything through, and writes down what it hears. */
export function recordingLimiter() {
  const asked: PermitRequest[] = [];
  const settled: CallOutcome[] = [];
  const pauses: [reason: string, message: string][] = [];
  const story: string[] = [];
  /** Of the next permits, how fresh they are each time they are asked; fresh when there is none left. */
  const freshness: boolean[] = [];
  const limiter = {
    async acquire(request: PermitRequest, signal: AbortSignal) {
      if (signal.aborted) throw new CallAbortedError('stopped before the call', { wasSent: false });
      story.push('acquire');
      asked.push(request);
      return {
        isFresh: () => freshness.shift() ?? true,
        async settle(outcome: CallOutcome) {
          story.push(`settle ${outcome.kind}`);
          settled.push(outcome);
        },
      };
    },
    async pause(reason: string, message: string) {
      story.push('pause');
      pauses.push([reason, message]);
    },
    waitingUntilMs: () => 0,
    tokenLimit: (): number | undefined => undefined,
  };
  return { asked, settled, pauses, story, freshness, limiter };
}

/** What one process learns stays in it. */
export const forgetful = { load: async () => undefined, save: async () => {} };

/** A gateway to an endpoint, with what it told the limiter, its caller and the metrics. */
export function gatewayTo(
  t: TestContext,
  baseUrl: string,
  given: Partial<ModelGatewayOptions> & { profile?: Partial<ModelProfile> } = {},
) {
  const { profile = {}, ...options } = given;
  const metrics = createWorkerMetrics();
  const usages: Usage[] = [];
  const record = recordingLimiter();
  const gateway = createModelGateway({
    apiKey: 'sk-test',
    baseUrl,
    timeouts: { connectMs: 10_000, firstByteMs: 10_000, totalMs: 10_000 },
    stopping: running,
    limiters: { of: () => record.limiter, waitingUntilMs: () => 0 },
    profiles: { of: () => ({ ...PROFILE, ...profile }) },
    countPromptTokens: createPromptTokens(),
    countTokens: createTokenCounter().count,
    capabilityStore: forgetful,
    reasoningEffort: undefined,
    metrics,
    tracing: noTracing,
    logger: createLogger('silent'),
    ...options,
  });
  t.after(() => gateway.stop());
  const callOf = (request: Partial<ModelRequest>, call: Partial<ModelCall> = {}): ModelCall => ({
    account: 'simulation/population',
    kind: 'calls',
    expected: { ...REQUEST, ...request },
    begin: async () => {
      record.story.push('begin');
      return { ...REQUEST, ...request };
    },
    takeBack: async () => void record.story.push('take back'),
    onUsage: (usage) => void usages.push(usage),
    ...call,
  });
  const complete = (call: ModelCall, signal: AbortSignal = running) => gateway.complete(call, signal);
  const ask = async (request: Partial<ModelRequest> = {}, signal?: AbortSignal): Promise<ModelAnswer> => {
    const answer = await complete(callOf(request), signal);
    assert.ok(answer !== undefined);
    return answer;
  };
  return {
    ...record,
    gateway,
    metrics,
    usages,
    callOf,
    complete,
    ask,
    async failure(request: Partial<ModelRequest> = {}): Promise<ModelCallError> {
      const error = await ask(request).then(
        () => undefined,
        (thrown: unknown) => thrown,
      );
      assert.ok(error instanceof ModelCallError, String(error));
      return error;
    },
  };
}

export async function simulated(
  t: TestContext,
  given: Partial<SimulatorOptions> = {},
  options: Parameters<typeof gatewayTo>[2] = {},
) {
  const simulator = await startSimulator({ completionScale: 0, ...given });
  t.after(() => simulator.stop());
  return { simulator, ...gatewayTo(t, simulator.url, options) };
}

export const faulty = (t: TestContext, kind: FaultKind, options: Parameters<typeof gatewayTo>[2] = {}) =>
  simulated(t, { faults: { [kind]: 1 } }, options);

/** The address of an endpoint that answers as the listener does. */
export function endpoint(t: TestContext, listener: RequestListener): Promise<string> {
  return listening(t, createServer(listener));
}

export async function listening(t: TestContext, server: Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    server.close();
    server.closeAllConnections();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`;
}

export interface Said {
  readonly status?: number;
  readonly headers?: Record<string, string>;
  readonly body: string;
}

/** An endpoint that answers each request with the next of the replies, and the last of them from then on. */
export async function answering(t: TestContext, ...replies: Said[]) {
  const bodies: Record<string, unknown>[] = [];
  const headers: IncomingHttpHeaders[] = [];
  const urls: string[] = [];
  const url = await endpoint(t, async (request, response) => {
    bodies.push(JSON.parse(Buffer.concat(await request.toArray()).toString()));
    headers.push(request.headers);
    urls.push(request.url ?? '');
    const reply = replies[Math.min(bodies.length, replies.length) - 1];
    response.writeHead(reply?.status ?? 200, { 'content-type': 'application/json', ...reply?.headers });
    response.end(reply?.body);
  });
  return { url, bodies, headers, urls };
}

export function completion(choice: object, more: object = {}): string {
  const usage = { prompt_tokens: 10, completion_tokens: 5 };
  const body = { id: 'c', object: 'chat.completion', model: 'compatible-1', choices: [choice], usage };
  return JSON.stringify({ ...body, ...more });
}
export const said = (content: string, more: object = {}): Said => ({
  body: completion({ message: { content }, finish_reason: 'stop' }, more),
});

export function refusing(
  message: string,
  more: { param?: string; code?: string; status?: number } = {},
): Said {
  const { status = 400, ...rest } = more;
  return { status, body: JSON.stringify({ error: { message, type: 'invalid_request_error', ...rest } }) };
}

export async function total(
  metric: { get(): Promise<{ values: { value: number; labels: object }[] }> },
  labels: Record<string, string> = {},
): Promise<number> {
  const { values } = await metric.get();
  const matching = values.filter((each) =>
    Object.entries(labels).every(([name, value]) => Reflect.get(each.labels, name) === value),
  );
  return matching.reduce((sum, { value }) => sum + value, 0);
}
