import { createHash } from 'node:crypto';
import { explain } from '../../shared/errors.ts';
import { type Capabilities, StructuredOutput } from '../../shared/models/capabilities.ts';
import type { ModelProfiles } from '../../shared/models/model-profiles.ts';
import type { Logger } from '../../shared/telemetry/logger.ts';
import { readAnswerObject } from '../answer/answer-object.ts';
import { assumedCapabilities, lessStructured } from './capabilities.ts';

/** What was learnt of an endpoint; all of it is forgotten together. */
export interface Learnt {
  readonly capabilities: Partial<Capabilities>;
  /** Milliseconds since the epoch. */
  readonly untilMs: number;
}

/** Where the fleet remembers what it learnt, so that not every process has to be refused first. */
export interface CapabilityStore {
  /** undefined: nothing is known, or not any more. */
  load(scope: string): Promise<Learnt | undefined>;
  save(scope: string, learnt: Learnt): Promise<void>;
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
   * Hears of a finished answer in this mode, and asks whether it was what the mode promises, until one was. An endpoint that
   * ignores the mode without a word gives itself away by a few that were not, before any that was.
   */
  hear(model: string, mode: StructuredOutput, wasKept: () => boolean): Promise<void>;
}

/** Answers in a row, from the first on, that break the promise of a mode. */
const BROKEN_BEFORE_KEPT = 5;

/** Servers are updated and models replaced under their names: what they refused is asked again after a day. */
const REFUSED_FOR_MS = 86_400_000;
/** And what was only concluded from their answers after an hour. */
const GUESSED_FOR_MS = 3_600_000;

/** Of an endpoint of which nothing is known there is nothing to forget. */
const NOTHING: Learnt = { capabilities: {}, untilMs: Number.POSITIVE_INFINITY };

interface Change {
  readonly sent: Capabilities;
  readonly change: Partial<Capabilities>;
  readonly forMs: number;
}

interface Known {
  learnt: Learnt;
  /** By mode: whether its promise was ever kept, and how often it was broken before. */
  readonly heard: Map<StructuredOutput, { kept: boolean; broken: number }>;
}

/** One for each process and endpoint. */
export function createCapabilityMemory(options: {
  readonly baseUrl: string | undefined;
  readonly profiles: Pick<ModelProfiles, 'of'>;
  readonly store: CapabilityStore;
  readonly logger: Logger;
  readonly now: () => number;
}): CapabilityMemory {
  const { baseUrl, profiles, store, logger, now } = options;
  const assumed = assumedCapabilities(baseUrl);
  const models = new Map<string, Promise<Known>>();
  const scopeOf = (model: string) =>
    createHash('sha256')
      .update(JSON.stringify([baseUrl ?? '', model]))
      .digest('hex')
      .slice(0, 16);

  async function load(model: string): Promise<Known> {
    const loaded = await store.load(scopeOf(model)).catch((error: unknown) => {
      logger.warn({ model, error: explain(error) }, 'capabilities of the model not loaded');
      return undefined;
    });
    return { learnt: loaded ?? NOTHING, heard: new Map() };
  }

  async function known(model: string): Promise<Known> {
    const found = models.get(model);
    if (found !== undefined && (await found).learnt.untilMs > now()) return found;
    // Whoever sees first that it is forgotten loads it for everybody.
    const current = models.get(model);
    if (current !== undefined && current !== found) return current;
    const loading = load(model);
    models.set(model, loading);
    return loading;
  }

  async function change(model: string, { sent, change, forMs }: Change): Promise<void> {
    const entry = await known(model);
    const { learnt } = entry;
    const before = { ...assumed, ...learnt.capabilities, ...profiles.of(model).capabilities };
    const fields = Object.keys(change) as (keyof Capabilities)[];
    if (fields.some((name) => before[name] !== sent[name])) return;
    const capabilities = { ...learnt.capabilities, ...change };
    entry.learnt = { capabilities, untilMs: Math.min(learnt.untilMs, now() + forMs) };
    logger.info({ model, reason: describe(change) }, 'the model endpoint is asked otherwise from now on');
    await store.save(scopeOf(model), entry.learnt).catch((error: unknown) => {
      logger.warn({ model, error: explain(error) }, 'capabilities of the model not saved');
    });
  }

  const memory: CapabilityMemory = {
    async of(model) {
      const { learnt } = await known(model);
      return { ...assumed, ...learnt.capabilities, ...profiles.of(model).capabilities };
    },
    learn: (model, refused) => change(model, { ...refused, forMs: REFUSED_FOR_MS }),
    async hear(model, mode, wasKept) {
      const { heard } = await known(model);
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
      const sent = { ...(await memory.of(model)), structuredOutput: mode };
      await change(model, { sent, change: weaker, forMs: GUESSED_FOR_MS });
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
