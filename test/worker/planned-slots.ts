import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import pLimit from 'p-limit';
import { planPopulation } from '../../src/producer/plan-population.ts';
import { ModelCallError } from '../../src/shared/errors.ts';
import type { TinyPersonFactoryState } from '../../src/shared/factory/person-factory-state.ts';
import { createPromptRenderer } from '../../src/shared/factory/render-prompt.ts';
import { createKeys } from '../../src/shared/keys.ts';
import { type CallKind, populationAccount } from '../../src/shared/limits/accounts.ts';
import { decodePersonRecord } from '../../src/shared/person/person-record.ts';
import type { Persona } from '../../src/shared/person/schema.ts';
import { createLogger } from '../../src/shared/telemetry/logger.ts';
import { createWorkerMetrics } from '../../src/shared/telemetry/metrics.ts';
import { noTracing } from '../../src/shared/telemetry/tracing.ts';
import { createPopulations } from '../../src/shared/transactions/populations.ts';
import { createResults } from '../../src/shared/transactions/results.ts';
import { createSlotTransactions } from '../../src/shared/transactions/slot-transactions.ts';
import { createDecodedPopulations } from '../../src/worker/decoded-populations.ts';
import type { ModelCall, ModelRequest, Usage } from '../../src/worker/llm/model-call.ts';
import { generateSlot } from '../../src/worker/slot.ts';
import type { SlotDependencies } from '../../src/worker/slot-dependencies.ts';
import { examplePersona } from '../shared/person/example-persona.ts';
import { connect, testPrefix } from '../support/redis.ts';

type Model = SlotDependencies['model'];

/** What one call of a scripted model does: answer with content, or throw. It gets the name that the prompt gave. */
export type Step = (promptName: string | undefined, signal: AbortSignal) => string | Promise<string>;

/** Each call counts these tokens, as long as its step does not throw. */
export const USAGE: Usage = {
  promptTokens: 100,
  cachedTokens: 60,
  cacheWriteTokens: 0,
  completionTokens: 10,
};

export interface ScriptedModel extends Model {
  /** What was sent, and as which kind of call. */
  readonly requests: ModelRequest[];
  readonly sent: CallKind[];
  /** What was asked for, whether it was sent or not. */
  readonly asked: Omit<ModelCall, 'begin' | 'takeBack' | 'onUsage'>[];
}

/** What a call meets before it may be sent: nothing, a wait, or an error that the gateway would throw. */
export type Gate = (signal: AbortSignal) => void | Promise<void>;

/**
 * A model that follows a script, and answers as it should when that has ended. The gates are those of the first calls; the
 * others are let through at once.
 */
export function scriptedModel(steps: Step[] = [], gates: Gate[] = []): ScriptedModel {
  const requests: ModelRequest[] = [];
  const sent: CallKind[] = [];
  const asked: ScriptedModel['asked'] = [];
  return {
    requests,
    sent,
    asked,
    async complete({ begin, takeBack, onUsage, ...call }, signal) {
      asked.push(call);
      await gates.shift()?.(signal);
      const request = await begin();
      if (request === undefined) return undefined;
      requests.push(request);
      sent.push(call.kind);
      const promptName = /^- name: (.*)$/m.exec(request.user)?.[1];
      const content = await answerOf(steps.shift() ?? person(), promptName, signal).catch(async (error) => {
        if (error instanceof ModelCallError && error.reaction === 'wait') await takeBack();
        throw error;
      });
      onUsage(USAGE);
      return { content, model: 'answering-model', simulated: false, usage: USAGE };
    },
  };
}

async function answerOf(step: Step, promptName: string | undefined, signal: AbortSignal): Promise<string> {
  return step(promptName, signal);
}

/** A whole person, by the prompt's name unless told otherwise. */
export function person(changes: Partial<Persona> & { alternate_names?: string[] } = {}): Step {
  return (promptName) =>
    JSON.stringify({
      ...examplePersona(),
      ...(promptName === undefined ? {} : { name: promptName }),
      ...changes,
    });
}

/** A population that stands in Redis, and everything that a worker runs its slots with. */
export async function plannedSlots(t: TestContext, changes: Partial<TinyPersonFactoryState> = {}) {
  const redis = await connect(t);
  const keys = createKeys(testPrefix(t));
  const populations = createPopulations(redis, keys, 'sim');
  const planned = await planPopulation(
    {
      type: 'TinyPersonFactory',
      version: 1,
      name: 'f',
      simulationId: null,
      context: 'A hospital.',
      populationSize: 3,
      seed: '7',
      agentParticularities: null,
      names: { locale: 'en', policy: 'reserved' },
      model: 'asked-model',
      temperature: null,
      attempts: 3,
      onMismatch: 'repair',
      dimensions: [],
      ...changes,
    },
    populations,
    'sim',
  );
  const id = planned.population;
  const population = await createDecodedPopulations({
    defaultModel: 'default-model',
    prompts: createPromptRenderer(),
  }).get(planned.stateDigest, async () => planned.state);
  const metrics = createWorkerMetrics();
  const transactions = createSlotTransactions(redis, keys, 'sim', id);
  const results = createResults(redis, keys, 'sim', id);
  const key = keys.simulation('sim').population(id);

  return {
    redis,
    keys,
    key,
    id,
    population,
    populations,
    transactions,
    metrics,
    names: keys.simulation('sim').names,
    ownName: (slot: number, attempt = 0) => population.names.candidate(slot, attempt, {}),
    run(slot: number, model: Model, options: Partial<SlotDependencies> & { signal?: AbortSignal } = {}) {
      const { signal = new AbortController().signal, ...dependencies } = options;
      return generateSlot(
        slot,
        {
          population,
          account: populationAccount('sim', id),
          transactions,
          model,
          permits: pLimit(4),
          stopping: signal,
          onPause: ({ reason, message }) => populations.pause(id, { code: reason, message }),
          backoff: { baseMs: 0, maxMs: 0, random: () => 0 },
          metrics,
          tracing: noTracing,
          logger: createLogger('silent'),
          ...dependencies,
        },
        signal,
      );
    },
    async status() {
      const found = await populations.status(id);
      assert.ok(found);
      return found;
    },
    attempts: async (slot: number) => Number((await redis.hget(key.attempts, String(slot))) ?? 0),
    async record(slot: number) {
      for await (const { payload } of results.committed({ from: slot, to: slot + 1 })) {
        return decodePersonRecord(payload);
      }
      throw new Error(`slot ${slot} has no result`);
    },
    /** The sum of a counter's values whose labels match. */
    async counted(
      metric: 'slots' | 'names' | 'repairCalls' | 'modelRetries',
      labels: Record<string, string>,
    ): Promise<number> {
      const { values } = await metrics[metric].get();
      return values
        .filter((each) =>
          Object.entries(labels).every(([name, value]) => Reflect.get(each.labels, name) === value),
        )
        .reduce((sum, { value }) => sum + value, 0);
    },
  };
}
