import { setImmediate as turn } from 'node:timers/promises';
import { ExitCode, UserError } from '../../shared/errors.ts';
import type { TinyPersonFactoryState } from '../../shared/factory/person-factory-state.ts';
import { unlessAborted } from '../../shared/lifecycle.ts';
import type { Prices } from '../../shared/models/prices.ts';
import { minibio } from '../../shared/person/minibio.ts';
import { decodePersonRecord, type PersonRecord } from '../../shared/person/person-record.ts';
import { createPlan } from '../../shared/sampling/plan.ts';
import type { PopulationStatus } from '../../shared/transactions/populations.ts';
import type { Results } from '../../shared/transactions/results.ts';
import { cellSchemeOf } from './cells.ts';
import { createDepthTally, type DepthReport } from './depth-tally.ts';
import { createDimensionTally, type DimensionReport } from './dimension-tally.ts';
import { createDistinctTally, type DistinctReport } from './distinct-tally.ts';
import { createNameTally, type NamesReport } from './name-tally.ts';
import { createNearDuplicates, type DuplicatesReport } from './near-duplicates.ts';
import { createPairTally, type PairsReport } from './pair-tally.ts';
import { statedCellOf } from './stated-cell.ts';
import { createUsageTally, type UsageReport } from './usage-tally.ts';

/** What a population has become, held against what was asked for. Counts are people, shares are of 1. */
export interface PopulationReport {
  readonly population: string;
  readonly simulation: string;
  readonly seed: string;
  readonly state: string;
  /** Why it is paused; empty otherwise. */
  readonly reason: string;
  /** ISO 8601. */
  readonly createdAt: string;
  readonly reportedAt: string;
  readonly size: number;
  /** People that were read; a population under way has more by now. */
  readonly people: number;
  readonly failed: number;
  readonly open: number;
  /** People that the simulator made up. */
  readonly simulated: number;
  readonly failedByReason: Readonly<Record<string, number>>;
  readonly warnings: WarningsReport;
  readonly dimensions: readonly DimensionReport[];
  readonly pairs: PairsReport;
  readonly names: NamesReport;
  readonly minibios: DistinctReport;
  readonly duplicates: DuplicatesReport;
  readonly depth: { readonly fields: readonly DepthReport[]; readonly shallow: number };
  readonly usage: UsageReport;
}

export interface WarningsReport {
  /** People with any. */
  readonly people: number;
  /** The most frequent warnings. */
  readonly top: readonly { readonly warning: string; readonly people: number }[];
}

/**
 * The texts of so many people at the most are looked at, evenly spread over the slots: near-duplicates cost up to 2 ms and 400
 * bytes a person, and distinct-n compares only between samples of about one size.
 */
export const MAX_TEXTS = 20_000;

const MAX_WARNINGS = 1000;
const TOP_WARNINGS = 10;

/** Between two looks at the signal and two reports of progress. */
const SLOTS_A_TURN = 512;

export interface ReportOptions {
  readonly results: Results;
  readonly status: PopulationStatus;
  readonly state: TinyPersonFactoryState;
  readonly prices: Prices;
  readonly now: Date;
  readonly signal: AbortSignal;
  readonly onProgress?: (slots: number) => void;
}

/**
 * Reads the committed people once, in slot order, beside the plan of every slot. Memory does not grow with the population,
 * but for 8 bytes a person (names) and the bounded samples of texts.
 *
 * Throws UserError with exit code 130 as soon as the signal aborts, even while Redis does not answer.
 */
export async function buildReport(options: ReportOptions): Promise<PopulationReport> {
  const { results, status, state, prices, now, signal, onProgress } = options;
  const { size } = status;
  const tally = createTally(state, size);
  let planned = 0;
  const planUpTo = async (end: number) => {
    for (; planned < end; planned += 1) {
      if (planned % SLOTS_A_TURN === 0) {
        await turn();
        if (signal.aborted) throw interrupted();
        onProgress?.(planned);
      }
      tally.plan(planned);
    }
  };
  const committed = results.committed({ from: 0, to: size });
  for (;;) {
    const next = await unlessAborted(committed.next(), signal);
    if (next === undefined || signal.aborted) throw interrupted();
    if (next.done) break;
    const { slot, payload } = next.value;
    await planUpTo(slot + 1);
    tally.person(slot, decodePersonRecord(payload));
  }
  await planUpTo(size);
  return tally.report(status, prices, now);
}

function createTally(state: TinyPersonFactoryState, size: number) {
  const { dimensions, joints = [], seed } = state;
  const plan = createPlan({ dimensions, joints, extents: state.extents ?? [state.populationSize], seed });
  const schemes = dimensions.map((dimension) => {
    const scheme = cellSchemeOf(dimension, joints);
    const stated = statedCellOf(scheme, dimensions);
    return { scheme, stated, counts: createDimensionTally(scheme, stated !== undefined) };
  });
  const pairs = createPairTally(
    schemes.map(({ scheme }) => scheme),
    joints,
  );
  const names = createNameTally();
  const minibios = createDistinctTally();
  const duplicates = createNearDuplicates();
  const depth = createDepthTally();
  const usage = createUsageTally();
  const warnings = createWarnings();
  const textStride = Math.ceil(size / MAX_TEXTS);
  let people = 0;
  let simulated = 0;

  return {
    plan(slot: number): void {
      if (schemes.length === 0) return;
      const { cells, characteristics } = plan.seal(slot);
      const indexes = schemes.map(({ scheme }) => scheme.sealedAt(cells, characteristics));
      for (const [index, { counts }] of schemes.entries()) counts.plan(indexes[index] ?? -1);
      pairs.plan(indexes);
    },
    person(slot: number, record: PersonRecord): void {
      const { persona, characteristics } = record;
      // Records of releases before 0.2 have no cells: their slot's say the same.
      const cells = record.cells ?? (schemes.length === 0 ? undefined : plan.seal(slot).cells);
      const indexes = schemes.map(({ scheme, stated }) => {
        const sealed = scheme.sealedAt(cells, characteristics);
        return stated === undefined ? sealed : stated(persona, characteristics, sealed);
      });
      for (const [index, { counts }] of schemes.entries()) counts.output(indexes[index] ?? -1);
      pairs.output(indexes);
      names.add(persona.name);
      if (slot % textStride === 0) {
        minibios.add(minibio(persona));
        duplicates.add(slot, persona);
      }
      depth.add(persona);
      usage.add(record);
      warnings.add(record.warnings ?? []);
      people += 1;
      if (record.simulated) simulated += 1;
    },
    report: (status: PopulationStatus, prices: Prices, now: Date): PopulationReport => ({
      population: status.population,
      simulation: status.simulation,
      seed,
      state: status.state,
      reason: status.reason,
      createdAt: status.labels.createdAt ?? '',
      reportedAt: now.toISOString(),
      size,
      people,
      failed: status.failed,
      open: Math.max(0, size - people - status.failed),
      simulated,
      failedByReason: status.failedByReason,
      warnings: warnings.report(),
      dimensions: schemes.map(({ counts }) => counts.report(size)),
      pairs: pairs.report(),
      names: names.report(),
      minibios: minibios.report(),
      duplicates: duplicates.report(),
      depth: depth.report(),
      usage: usage.report(status, prices),
    }),
  };
}

function createWarnings(): { add(warnings: readonly string[]): void; report(): WarningsReport } {
  const counts = new Map<string, number>();
  let people = 0;
  return {
    add(warnings) {
      if (warnings.length > 0) people += 1;
      for (const warning of new Set(warnings)) {
        const known = counts.get(warning);
        if (known !== undefined || counts.size < MAX_WARNINGS) counts.set(warning, (known ?? 0) + 1);
      }
    },
    report: () => ({
      people,
      top: [...counts]
        .toSorted(([, a], [, b]) => b - a)
        .slice(0, TOP_WARNINGS)
        .map(([warning, count]) => ({ warning, people: count })),
    }),
  };
}

function interrupted(): UserError {
  return new UserError('interrupted: there is no report; the results are in Redis', {
    exitCode: ExitCode.interrupted,
  });
}
