import { buildReport, type ReportOptions } from '../../../src/producer/report/build-report.ts';
import {
  decodePersonFactoryState,
  type TinyPersonFactoryState,
} from '../../../src/shared/factory/person-factory-state.ts';
import { TinyPersonFactory } from '../../../src/shared/factory/tiny-person-factory.ts';
import { loadPrices } from '../../../src/shared/models/prices.ts';
import { encodePersonRecord, type PersonRecord } from '../../../src/shared/person/person-record.ts';
import type { Persona } from '../../../src/shared/person/schema.ts';
import type { Characteristics, Dimension } from '../../../src/shared/sampling/dimensions.ts';
import { createPlan } from '../../../src/shared/sampling/plan.ts';
import type { PopulationStatus } from '../../../src/shared/transactions/populations.ts';
import type { Results } from '../../../src/shared/transactions/results.ts';
import { examplePersona } from '../../shared/person/example-persona.ts';
import { NOTHING_SPENT } from '../nothing-spent.ts';

export const dimensions: readonly Dimension[] = [
  { name: 'age', kind: 'range', min: 20, max: 59 },
  {
    name: 'gender',
    kind: 'values',
    values: [
      { value: 'female', weight: 3 },
      { value: 'male', weight: 1 },
    ],
  },
  {
    name: 'quarter',
    kind: 'values',
    values: [
      { value: 'east', weight: 1 },
      { value: 'west', weight: 1 },
    ],
  },
];

/** The state of a population; with the dimensions above, unless others are given. */
export function stateOf(
  populationSize: number,
  changes: Partial<TinyPersonFactoryState> = {},
): TinyPersonFactoryState {
  const factory = new TinyPersonFactory({
    context: 'People of a town.',
    populationSize,
    simulationId: 'sim',
  });
  return decodePersonFactoryState({
    ...factory.encodeCompleteState(),
    dimensions: [...dimensions],
    ...changes,
  });
}

export type Change = (slot: number, persona: Persona) => Partial<Persona>;

/** People who are what their slot was sealed as, but for `change`. */
export function recordsOf(
  state: TinyPersonFactoryState,
  change: Change = () => ({}),
): (slot: number) => PersonRecord {
  const { dimensions: all, joints, populationSize, seed } = state;
  const plan = createPlan({ dimensions: all, joints, extents: [populationSize], seed });
  return (slot) => {
    const { characteristics, cells } = plan.seal(slot);
    const persona = {
      ...examplePersona(),
      name: `Person${slot} Town`,
      style: `Style ${slot}.`,
      ...sealed(characteristics),
    };
    return {
      persona: { ...persona, ...change(slot, persona) },
      characteristics,
      cells,
      model: 'gpt-4.1-mini',
      simulated: false,
      promptDigest: '0123456789abcdef',
      attempts: 1,
      tokens: { prompt: 1000, cached: 500, completion: 800 },
      committedAt: '2030-01-01T00:00:00.000Z',
    };
  };
}

function sealed({ age, gender }: Characteristics): Partial<Persona> {
  return {
    ...(typeof age === 'number' ? { age } : {}),
    ...(typeof gender === 'string' ? { gender } : {}),
  };
}

export function statusOf(
  state: TinyPersonFactoryState,
  changes: Partial<PopulationStatus> = {},
): PopulationStatus {
  return {
    population: 'ab12ab12ab12ab12ab12ab12',
    simulation: 'sim',
    state: 'complete',
    reason: '',
    reasonCode: '',
    pruned: 0,
    lastCommitMs: undefined,
    size: state.populationSize,
    extents: [state.populationSize],
    stateDigest: 'd',
    committed: state.populationSize,
    failed: 0,
    failedByReason: {},
    ...NOTHING_SPENT,
    calls: state.populationSize,
    promptTokens: 1000 * state.populationSize,
    cachedTokens: 500 * state.populationSize,
    completionTokens: 800 * state.populationSize,
    budget: {},
    labels: { createdAt: '2030-01-01T00:00:00.000Z' },
    ...changes,
  };
}

/** Results that lie in memory. */
export function resultsOf(slots: readonly number[], recordOf: (slot: number) => PersonRecord): Results {
  return {
    async *committed({ from, to }) {
      for (const slot of slots) {
        if (slot >= from && slot < to) yield { slot, payload: encodePersonRecord(recordOf(slot)) };
      }
    },
    open: async () => () => false,
    countOpen: async () => 0,
  };
}

export const everySlot = (size: number) => Array.from({ length: size }, (_, slot) => slot);

/** The report on people who are as planned, but for what is changed. */
export function reportOn(
  state: TinyPersonFactoryState,
  { change, slots, ...more }: Partial<ReportOptions> & { change?: Change; slots?: readonly number[] } = {},
) {
  return buildReport({
    results: resultsOf(slots ?? everySlot(state.populationSize), recordsOf(state, change)),
    status: statusOf(state),
    state,
    prices: loadPrices(),
    now: new Date('2030-01-02T00:00:00.000Z'),
    signal: new AbortController().signal,
    ...more,
  });
}
