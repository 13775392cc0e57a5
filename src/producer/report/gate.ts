import { UserError } from '../../shared/errors.ts';
import type { PopulationReport } from './build-report.ts';
import { excessOf } from './pair-tally.ts';

interface Metric {
  readonly meaning: string;
  /** null where there was nobody to measure it on. */
  measure(report: PopulationReport): number | null;
}

/** What `--fail-over` can hold a report to. All are 0 for a perfect population. */
export const gateMetrics: Readonly<Record<string, Metric>> = {
  tvd: {
    meaning: 'total variation distance of output and target, of the worst dimension',
    measure: ({ dimensions }) => worst(dimensions.map(({ tvd }) => tvd.output)),
  },
  'plan-tvd': {
    meaning: 'the same of plan and target',
    measure: ({ dimensions }) => worst(dimensions.map(({ tvd }) => tvd.plan)),
  },
  drift: {
    meaning: 'the same of output and plan',
    measure: ({ dimensions }) => worst(dimensions.map(({ tvd }) => tvd.drift)),
  },
  srmse: {
    meaning: 'standardised root mean squared error of output and target, of the worst dimension',
    measure: ({ dimensions }) => worst(dimensions.map(({ srmse }) => srmse.output)),
  },
  pairwise: {
    meaning: 'distance of output and target beyond expected noise, of the worst pair of dimensions',
    measure: ({ pairs }) => worst(pairs.pairs.map(excessOf)),
  },
  duplicates: {
    meaning: 'near-duplicate pairs of texts',
    measure: ({ duplicates, people }) => (people === 0 ? null : duplicates.pairs),
  },
  'repeated-names': {
    meaning: 'people beyond the first of their name',
    measure: ({ names, people }) => (people === 0 ? null : names.people - names.distinct),
  },
  shallow: {
    meaning: 'share of people with a list below its minimum',
    measure: ({ depth, people }) => (people === 0 ? null : depth.shallow / people),
  },
  failed: { meaning: 'share of failed slots', measure: ({ failed, size }) => failed / size },
  open: { meaning: 'share of slots not generated yet', measure: ({ open, size }) => open / size },
};

export interface Threshold {
  readonly name: string;
  readonly limit: number;
  readonly metric: Metric;
}

export interface Exceeded {
  readonly name: string;
  readonly limit: number;
  readonly value: number | null;
  readonly meaning: string;
}

/** Parses `tvd=0.01,duplicates=0`. Throws UserError that names every fault and the metrics there are. */
export function parseThresholds(text: string): Threshold[] {
  const faults: string[] = [];
  const thresholds = new Map<string, Threshold>();
  for (const part of text.split(',')) {
    const [name = '', value = '', ...more] = part.split('=').map((each) => each.trim());
    const metric = Object.hasOwn(gateMetrics, name) ? gateMetrics[name] : undefined;
    const limit = /^(?:\d+\.?\d*|\.\d+)(?:e-?\d+)?$/i.test(value) ? Number(value) : Number.NaN;
    if (metric === undefined) faults.push(`"${name}" is no metric`);
    else if (more.length > 0 || !Number.isFinite(limit))
      faults.push(`${name} needs a number, 0 or more, got "${[value, ...more].join('=')}"`);
    else if (thresholds.has(name)) faults.push(`${name} is given twice`);
    else thresholds.set(name, { name, limit, metric });
  }
  if (faults.length === 0) return [...thresholds.values()];
  throw new UserError(
    `--fail-over expects metric=number pairs such as tvd=0.01,duplicates=0: ${faults.join('; ')}. Metrics: ${Object.keys(gateMetrics).join(', ')}`,
  );
}

/** The metrics above their limits. One that could not be measured counts as above: an empty population passes no gate. */
export function exceededBy(report: PopulationReport, thresholds: readonly Threshold[]): Exceeded[] {
  return thresholds.flatMap(({ name, limit, metric }) => {
    const value = metric.measure(report);
    return value !== null && value <= limit ? [] : [{ name, limit, value, meaning: metric.meaning }];
  });
}

/** The largest; 0 where there is nothing to measure, null where there is nobody to measure it on. */
function worst(values: readonly (number | null)[]): number | null {
  return values.reduce<number | null>(
    (most, value) => (most === null || value === null ? null : Math.max(most, value)),
    0,
  );
}
