import { type Range, TOKENS_A_TEXT } from '../producer/estimate/answer-tokens.ts';
import { reachOf, shortageOf, undividedYet } from '../producer/estimate/budget-reach.ts';
import { type Estimate, MARGIN } from '../producer/estimate/estimate.ts';
import type { Budget } from '../shared/limits/ledger.ts';
import { dollarsText } from '../shared/models/dollars.ts';
import type { ModelProfile } from '../shared/models/model-profiles.ts';
import { NANO } from '../shared/models/prices.ts';
import { printable } from '../shared/printable.ts';
import { count, counted } from './count.ts';
import { describePlanning, describeShortage, describeTooLarge } from './describe-limits.ts';
import { duration } from './duration.ts';

export interface EstimateFacts {
  readonly estimate: Estimate;
  readonly profile: ModelProfile;
  readonly budget: Budget;
  /** Slots of each population. */
  readonly sizes: readonly number[];
  /** What all populations of the fleet together may cost, as configured here. */
  readonly fleetBudget: Budget;
  readonly pricesAsOf: string;
  /** What the spec leaves to a model, and was not asked. */
  readonly isPlanned: boolean;
}

/** One line before something begins. */
export function estimateLine(estimate: Estimate): string {
  const { calls, promptTokens, cachedTokens, completionTokens, nanoDollars, time } = estimate;
  const parts = [
    counted(calls, 'call'),
    `${count(promptTokens)} prompt tokens (${share(cachedTokens, promptTokens)} cached)`,
    `about ${count(completionTokens.expected)} completion tokens`,
    nanoDollars === undefined ? 'dollars unknown' : `about ${dollarsText(nanoDollars.expected)}`,
  ];
  if (time !== undefined) parts.push(`about ${duration(time.seconds)}`);
  return `estimate: ${parts.join(', ')}`;
}

/** All of it, for a person. */
export function describeEstimate(facts: EstimateFacts): string {
  const { estimate } = facts;
  const { people, model, calls, planningCalls, promptTokens, cachedTokens, completionTokens, time } =
    estimate;
  const planning = planningCalls === 0 ? '' : `, and ${count(planningCalls)} for planning`;
  const rows: [string, string][] = [
    ['calls', `${count(calls)}  (one a person${planning})`],
    ['prompt tokens', `${count(promptTokens)}  (${share(cachedTokens, promptTokens)} of them cached)`],
    ['completion tokens', ranged(completionTokens, count)],
    ['dollars', estimate.nanoDollars === undefined ? 'unknown' : ranged(estimate.nanoDollars, dollarsText)],
    [
      'time',
      time === undefined
        ? 'unknown: no limit is configured, and workers run elsewhere'
        : `about ${duration(time.seconds)}, bound by ${time.boundBy}`,
    ],
  ];
  const limit = describeLimit(facts);
  if (limit !== undefined) rows.push(['budget', limit]);
  const beside = describePlanning(estimate);
  if (limit !== undefined && beside !== undefined) rows.push(['beside it', beside]);
  const cap = amountsOf(facts.fleetBudget);
  if (cap !== undefined) rows.push(["fleet's cap", `${cap}, whatever population spends it`]);
  const tooLarge = describeTooLarge(estimate, facts.profile);
  if (tooLarge !== undefined) rows.push(['too large', tooLarge]);
  const width = Math.max(...rows.map(([label]) => label.length));
  return [
    `${counted(people, 'person', 'people')} by ${model}`,
    '',
    ...rows.map(([label, value]) => `  ${label.padEnd(width)}  ${value}`),
    '',
    'Taken for granted:',
    ...assumptions(facts).map((line) => `  - ${line}`),
    '',
  ]
    .map(printable)
    .join('\n');
}

/** The same for programs; dollars are US dollars. */
export function estimateJson(facts: EstimateFacts): object {
  const { nanoDollars, time, person: _person, planning: _planning, ...counts } = facts.estimate;
  const { budget } = facts;
  return {
    ...counts,
    cachedShare: counts.promptTokens === 0 ? 0 : counts.cachedTokens / counts.promptTokens,
    usd: nanoDollars === undefined ? 'unknown' : inDollars(nanoDollars),
    time: time ?? null,
    margin: MARGIN,
    budget: {
      ...(budget.nanoDollars !== undefined && { usd: budget.nanoDollars / NANO }),
      ...(budget.tokens !== undefined && { tokens: budget.tokens }),
    },
    pricesAsOf: facts.pricesAsOf,
    assumptions: assumptions(facts),
  };
}

function assumptions({ estimate, profile, pricesAsOf, isPlanned }: EstimateFacts): string[] {
  const { low, expected, high } = TOKENS_A_TEXT;
  const lines = [
    `a person takes one call; repairs, retries and answers that are cut off come on top, up to about ${MARGIN * 100} %`,
    'prompts are counted with the o200k_base encoding, from slots that are spread over the population',
    'cached is the prefix that all prompts share, from 1,024 tokens on in steps of 128, for all calls but the first',
    `completions are the least lists that are asked for, with ${expected} tokens a text (${low} to ${high}); reasoning tokens are not in it`,
  ];
  if (estimate.time !== undefined)
    lines.push(`a call is assumed to last ${(estimate.time.latencyMs / 1_000).toFixed(1)} s`);
  if (profile.price === undefined) {
    lines.push(
      `the price of ${estimate.model} is not known: the models file (PERSONA_FLEET_MODELS) may give it one`,
    );
  } else {
    const { input, cachedInput, cacheWrite, output, source, date } = profile.price;
    const write = cacheWrite === undefined ? '' : `, $${cacheWrite} written to the cache`;
    const from = date === undefined ? source : `${source}, ${date}; list of ${pricesAsOf}`;
    lines.push(
      `a million tokens cost $${input} prompt, $${cachedInput} cached${write}, $${output} completion (${from})`,
    );
  }
  if (isPlanned) {
    lines.push(
      "what the spec leaves to a model is not asked here: people's prompts are counted without it, by the spec's own numbers",
    );
  }
  return lines;
}

/** How far a budget goes. */
function describeLimit({ estimate, budget, sizes }: EstimateFacts): string | undefined {
  const limits = amountsOf(budget);
  if (limits === undefined) return undefined;
  const populations = undividedYet(budget, sizes);
  const reach = reachOf(estimate, populations);
  if (reach === undefined) return limits;
  if (reach >= estimate.people) return `${limits}: enough`;
  const shortage = shortageOf(estimate, populations);
  if (shortage === undefined) return `${limits}: enough for about ${counted(reach, 'person', 'people')}`;
  return describeShortage(shortage, { where: limits, populations: populations.length });
}

function amountsOf({ nanoDollars, tokens }: Budget): string | undefined {
  const limits = [
    ...(nanoDollars === undefined ? [] : [dollarsText(nanoDollars)]),
    ...(tokens === undefined ? [] : [`${count(tokens)} tokens`]),
  ];
  return limits.length === 0 ? undefined : limits.join(' and ');
}

function ranged({ low, expected, high }: Range, text: (value: number) => string): string {
  return `about ${text(expected)}  (${text(low)} to ${text(high)})`;
}

function inDollars({ low, expected, high }: Range): Range {
  return { low: low / NANO, expected: expected / NANO, high: high / NANO };
}

function share(part: number, whole: number): string {
  return `${(whole === 0 ? 0 : (part / whole) * 100).toFixed(1)} %`;
}
