import { createHash } from 'node:crypto';
import { explain } from '../../shared/errors.ts';
import { type Capabilities, StructuredOutput } from '../../shared/models/capabilities.ts';
import type { ModelProfiles } from '../../shared/models/model-profiles.ts';
import type { Logger } from '../../shared/telemetry/logger.ts';
import { readAnswerObject } from '../answer/answer-object.ts';
import { assumedCapabilities, lessStructured } from './capabilities.ts';

/** Where the fleet remembers what it learnt, so that not every process has to be refused first. */
export interface CapabilityStore {
  /** undefined: nothing is known any more. */
  load(scope: string): Promise<Partial<Capabilities> | undefined>;
  save(scope: string, learnt: Partial<Capabilities>): Promise<void>;
}

export interface CapabilityMemory {
  /** What is configured, else learnt, else assumed. Never rejects: a store that cannot be read has nothing to say. */
  of(model: string): Promise<Capabilities>;
  /**
   * Remembers what to do without after a request with the capabilities `sent` was refused. Of many such that were under way
   * together the first decides: what has changed since they were sent stays as it is.
   */
  learn(model: string, refused: { sent: Capabilities; change: Partial<Capabilities> }): Promise<void>;
  /**
   * Hears of an answer in this mode, and asks whether it was what the mode promises, until one was. An endpoint that ignores
   * the mode without a word gives itself away by a few that were not, before any that was.
   */
  hear(model: string, mode: StructuredOutput, wasKept: () => boolean): Promise<void>;
}

/** Answers in a row, from the first on, that break the promise of a mode. */
const BROKEN_BEFORE_KEPT = 3;

interface Known {
  readonly learnt: Promise<Partial<Capabilities>>;
  /** By mode: whether its promise was ever kept, and how often it was broken before. */
  readonly heard: Map<StructuredOutput, { kept: boolean; broken: number }>;
}

/** One for each process and endpoint. What is learnt stays for as long as the process runs. */
export function createCapabilityMemory(options: {
  readonly baseUrl: string | undefined;
  readonly profiles: Pick<ModelProfiles, 'of'>;
  readonly store: CapabilityStore;
  readonly logger: Logger;
}): CapabilityMemory {
  const { baseUrl, profiles, store, logger } = options;
  const assumed = assumedCapabilities(baseUrl);
  const models = new Map<string, Known>();
  const scopeOf = (model: string) =>
    createHash('sha256')
      .update(JSON.stringify([baseUrl ?? '', model]))
      .digest('hex')
      .slice(0, 16);

  function known(model: string): Known {
    const found = models.get(model);
    if (found !== undefined) return found;
    const loaded = store.load(scopeOf(model)).catch((error: unknown) => {
      logger.warn({ model, error: explain(error) }, 'capabilities of the model not loaded');
      return undefined;
    });
    const made = { learnt: loaded.then((learnt) => learnt ?? {}), heard: new Map() };
    models.set(model, made);
    return made;
  }

  const memory: CapabilityMemory = {
    async of(model) {
      return { ...assumed, ...(await known(model).learnt), ...profiles.of(model).capabilities };
    },
    async learn(model, { sent, change }) {
      const { heard, learnt } = known(model);
      const before = await memory.of(model);
      const fields = Object.keys(change) as (keyof Capabilities)[];
      if (fields.some((name) => before[name] !== sent[name])) return;
      const now = { ...(await learnt), ...change };
      models.set(model, { heard, learnt: Promise.resolve(now) });
      logger.info({ model, reason: describe(change) }, 'the model endpoint is asked otherwise from now on');
      await store.save(scopeOf(model), now).catch((error: unknown) => {
        logger.warn({ model, error: explain(error) }, 'capabilities of the model not saved');
      });
    },
    async hear(model, mode, wasKept) {
      const { heard } = known(model);
      const record = heard.get(mode) ?? { kept: false, broken: 0 };
      heard.set(mode, record);
      if (record.kept) return;
      if (wasKept()) record.kept = true;
      else record.broken += 1;
      if (record.broken !== BROKEN_BEFORE_KEPT) return;
      record.broken += 1; // said once
      const weaker = lessStructured(mode);
      const isFixed = 'structuredOutput' in profiles.of(model).capabilities;
      if (weaker === undefined || isFixed) return;
      const now = await memory.of(model);
      await memory.learn(model, { sent: { ...now, structuredOutput: mode }, change: weaker });
    },
  };
  return memory;
}

/** Whether an answer is what its mode promises: the schema's object, or any. */
export function keepsPromise(
  mode: StructuredOutput,
  content: string,
  schema: Readonly<Record<string, unknown>>,
): boolean {
  const object = readAnswerObject(content);
  if (object === undefined) return false;
  const { required } = schema;
  return (
    mode !== StructuredOutput.schema || !Array.isArray(required) || required.every((name) => name in object)
  );
}

function describe(change: Partial<Capabilities>): string {
  return Object.entries(change)
    .map(([name, value]) => `${name}: ${value}`)
    .join(', ');
}
