import type { PersonLine } from '../producer/export/person-line.ts';
import type { Budget, Spend } from '../shared/limits/ledger.ts';
import { minibio } from '../shared/person/minibio.ts';
import { printable } from '../shared/printable.ts';
import { canonicalName } from '../shared/transactions/canonical-name.ts';
import type { PopulationStatus } from '../shared/transactions/populations.ts';
import { count } from './count.ts';
import { describeFailures } from './describe-failures.ts';
import { describeBudget, describeCalls, describeCost, describeTokens } from './describe-spend.ts';
import { populationWords } from './population-words.ts';

const SAMPLES = 3;

/** What the summary says about the people themselves, gathered while they are exported. */
export function summarise(): {
  add: (person: PersonLine) => void;
  distinctNames(): number;
  simulated(): boolean;
  samples(): string[];
} {
  const names = new Set<string>();
  const samples: string[] = [];
  let simulated = false;
  return {
    add({ name, persona, provenance }) {
      names.add(canonicalName(name));
      if (samples.length < SAMPLES) samples.push(minibio(persona));
      simulated ||= provenance.simulated;
    },
    distinctNames: () => names.size,
    simulated: () => simulated,
    samples: () => samples,
  };
}

/** What is spent is this run's. */
export interface RunFacts extends Spend {
  readonly people: number;
  readonly distinctNames: number;
  readonly failed: number;
  readonly failedByReason: Readonly<Record<string, number>>;
  /** By reason, what one failure said; of those reasons that are known. */
  readonly failureMessages: Readonly<Record<string, string>>;
  readonly model: string;
  /** Of the populations, whatever run has spent it. */
  readonly budget: Budget;
  readonly left: Budget;
  readonly seconds: number;
  readonly out: string;
  readonly simulated: boolean;
  readonly samples: readonly string[];
}

/** The short table at the end of a run. */
export function summaryTable(
  facts: RunFacts,
  populations: readonly Pick<PopulationStatus, 'population' | 'simulation' | 'failed'>[],
): string {
  const cost = describeCost(facts, facts.model);
  const limit = describeBudget(facts.budget, facts.left);
  const rows: [string, string][] = [
    ['people', `${count(facts.people)}${facts.simulated ? '  (SIMULATED: no model wrote them)' : ''}`],
    ['distinct names', count(facts.distinctNames)],
    ['this run', describeCalls(facts, { isAtRest: true })],
    ['tokens', describeTokens(facts)],
    ...(cost === undefined ? [] : [['cost', cost] satisfies [string, string]]),
    ...(limit === undefined ? [] : [['budget', limit] satisfies [string, string]]),
    ['seconds', String(facts.seconds)],
    ['file', facts.out],
  ];
  if (facts.failed > 0) {
    const reasons = Object.entries(facts.failedByReason).map(
      ([reason, times]) => `${reason} ${count(times)}`,
    );
    const inAll = Object.values(facts.failedByReason).reduce((sum, times) => sum + times, 0);
    const where = inAll === facts.failed ? '' : 'in the whole population: ';
    rows.splice(1, 0, [
      'failed',
      `${count(facts.failed)}  (${where}${reasons.join(', ')}; try them again with: ${retryCommands(populations)})`,
    ]);
    rows.splice(2, 0, ...describeFailures(facts.failureMessages));
  }
  const width = Math.max(...rows.map(([label]) => label.length));
  const lines = rows.map(([label, value]) => `  ${label.padEnd(width)}  ${value}`);
  const samples = facts.samples.map((sample) => `  - ${printable(sample)}`);
  return `\n${lines.join('\n')}\n\n${samples.join('\n')}\n`;
}

/** One for each population that has failed slots; of many, the first. */
function retryCommands(
  populations: readonly Pick<PopulationStatus, 'population' | 'simulation' | 'failed'>[],
): string {
  const [first, ...others] = populations.filter(({ failed }) => failed > 0);
  if (first === undefined) return 'persona-fleet retry';
  const more = others.length === 0 ? '' : `, and so for ${count(others.length)} more`;
  return `persona-fleet retry ${populationWords(first)}${more}`;
}
