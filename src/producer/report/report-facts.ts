import type { PopulationReport } from './build-report.ts';
import { costText, decimal, percent, whole } from './figures.ts';
import { excessOf, type PairReport } from './pair-tally.ts';

/** The parts of a report that read the same on the terminal and on the page: pairs of a heading and its text. */
export type Facts = readonly (readonly [heading: string, text: string])[];

export function populationFacts(report: PopulationReport): Facts {
  const { size, people, failed, open, simulated } = report;
  const facts: [string, string][] = [
    ['people', `${whole(people)} of ${whole(size)} slots; ${whole(failed)} failed, ${whole(open)} open`],
  ];
  if (simulated > 0) facts.push(['simulated', `${whole(simulated)} of them: no model wrote them`]);
  const reasons = Object.entries(report.failedByReason).map(([reason, count]) => `${reason} ${whole(count)}`);
  if (reasons.length > 0) facts.push(['failed because', reasons.join(', ')]);
  if (people < size) {
    facts.push(['note', 'part of the difference of output and plan are the slots that failed or are open']);
  }
  if (report.warnings.people > 0) {
    facts.push(['warnings', `${whole(report.warnings.people)} people were accepted with warnings`]);
  }
  return facts;
}

export function nameFacts({ names }: PopulationReport): Facts {
  const part = ({ distinct, entropyBits, entropyShare }: typeof names.first) =>
    `${whole(distinct)} distinct, entropy ${decimal(entropyBits, 2)} bits (${percent(entropyShare)} of its most)`;
  const repeated = names.people - names.distinct;
  return [
    [
      'names',
      `${whole(names.people)} people, ${whole(names.distinct)} distinct names${repeated === 0 ? '' : `: ${whole(repeated)} REPEATED`}`,
    ],
    ['first words', part(names.first)],
    ['last words', part(names.last)],
  ];
}

export function textFacts({ minibios, duplicates, people }: PopulationReport): Facts {
  const { texts, distinct1, distinct2 } = minibios;
  const found = `${duplicates.cut ? 'at least ' : ''}${whole(duplicates.pairs)}`;
  return [
    [
      'minibios',
      `distinct-1 ${decimal(distinct1, 3)}, distinct-2 ${decimal(distinct2, 3)} over ${whole(texts)} texts`,
    ],
    [
      'near-duplicates',
      `${found} pairs of ${decimal(duplicates.threshold, 2)} similarity or more among the texts of ${whole(duplicates.people)}${duplicates.people < people ? ` of ${whole(people)}` : ''} people`,
    ],
  ];
}

export function usageFacts({ usage }: PopulationReport): Facts {
  const tokens = (
    { prompt, cached, cacheWrite, completion }: (typeof usage.total)['tokens'],
    digits: number,
  ) => {
    const written = cacheWrite === undefined ? '' : `, ${decimal(cacheWrite, digits)} written to the cache`;
    return `${decimal(prompt, digits)} prompt (${decimal(cached, digits)} cached${written}), ${decimal(completion, digits)} completion`;
  };
  const { total, perPerson, models } = usage;
  const repairs = ` (${whole(total.repairCalls)} of them repairs)`;
  const facts: [string, string][] = [
    ['calls in all', `${whole(total.calls + total.repairCalls)}${repairs}`],
    ['tokens in all', tokens(total.tokens, 0)],
    ['cost in all', costText(total.cost)],
  ];
  if (total.lostCalls > 0) {
    facts.push([
      'replies lost',
      `${whole(total.lostCalls)}, of calls that used ${whole(total.lostTokens)} tokens at the most; the cost counts these`,
    ]);
  }
  if (perPerson !== null) facts.push(['tokens a person', tokens(perPerson, 1)]);
  for (const { model, people, cost, price } of models) {
    const each =
      cost.kind === 'dollars'
        ? `, ${costText({ kind: 'dollars', dollars: cost.dollars / people })} each`
        : '';
    facts.push([`by ${model}`, `${whole(people)} people, ${costText(cost)}${each}`]);
    if (price !== null) {
      const { input, cachedInput, cacheWrite, output, date, source } = price;
      const written = cacheWrite === undefined ? '' : `, $${cacheWrite} written to the cache`;
      const from = date === undefined ? source : `${source}, ${date}`;
      facts.push([
        'priced at',
        `$${input} prompt, $${cachedInput} cached${written}, $${output} completion a million (${from})`,
      ]);
    }
  }
  return facts;
}

/** The pairs that are furthest beyond their noise first. */
export function worstPairs({ pairs }: PopulationReport, atMost: number): PairReport[] {
  return pairs.pairs.toSorted((a, b) => (excessOf(b) ?? 0) - (excessOf(a) ?? 0)).slice(0, atMost);
}
