import type { TinyPersonFactoryState } from '../../shared/factory/person-factory-state.ts';
import type { ModelProfile } from '../../shared/models/model-profiles.ts';
import { type ModelPrice, nanoDollars } from '../../shared/models/prices.ts';
import type { Range } from './answer-tokens.ts';
import { type TypicalCall, typicalPersonCall } from './person-call.ts';
import { type Reservation, reservationOf, sumOfReservations } from './reservation.ts';
import { type EstimatedTime, estimatedTime, type Rate } from './time.ts';

/** What a spec is taken to need, before anything is spent. */
export interface Estimate {
  readonly model: string;
  readonly people: number;
  /** One for each person, and those of planning. */
  readonly calls: number;
  readonly planningCalls: number;
  readonly promptTokens: number;
  /** Of `promptTokens`, what the provider's cache is taken to serve. */
  readonly cachedTokens: number;
  readonly completionTokens: Range;
  /** US dollars × 10⁻⁹; undefined for a model without a known price. */
  readonly nanoDollars: Range | undefined;
  readonly time: EstimatedTime | undefined;
  /** One person: what is expected, and the most that the call may take. undefined when there is nobody to come. */
  readonly person: EstimatedPart | undefined;
  /** The calls of planning together, in the same way; they are in no population's budget. undefined when there are none. */
  readonly planning: EstimatedPart | undefined;
}

export interface EstimatedPart {
  /** Prompts and answers together. */
  readonly tokens: number;
  readonly nanoDollars: number | undefined;
  readonly reserved: Reservation;
}

/** A population to be generated, or what is left of it. */
export interface EstimatedPopulation {
  readonly state: TinyPersonFactoryState;
  /** Slots that are still open. */
  readonly people: number;
}

/**
 * Repairs, retries and second tries of answers that were cut off come on top of an estimate: a person takes one call when all
 * goes well. So much of it is named as a margin, and is in none of the numbers.
 */
export const MARGIN = 0.1;

/** So many populations of a spec are rendered; the others are taken to be as their neighbours. */
const SAMPLED_POPULATIONS = 20;

/** Pure: no Redis, no model. Costs some 30 ms a population, for 20 of them at the most. */
export function estimate(options: {
  readonly model: string;
  readonly profile: ModelProfile;
  readonly populations: readonly EstimatedPopulation[];
  readonly planning: readonly TypicalCall[];
  readonly rate: Rate;
}): Estimate {
  const { model, profile, populations, planning, rate } = options;
  const { maxCompletionTokens: most } = profile;
  const totals = nothing();
  const add = ({ promptTokens, cachedTokens, completionTokens }: TypicalCall, calls: number) => {
    totals.promptTokens += promptTokens * calls;
    // The first call of each kind finds nothing in the cache.
    totals.cachedTokens += cachedTokens * Math.max(0, calls - 1);
    totals.low += Math.min(completionTokens.low, most) * calls;
    totals.expected += Math.min(completionTokens.expected, most) * calls;
    totals.high += Math.min(completionTokens.high, most) * calls;
  };
  for (const call of planning) add(call, 1);
  const ofPlanning = { ...totals };
  const open = populations.filter((population) => population.people > 0);
  const stride = Math.ceil(open.length / SAMPLED_POPULATIONS);
  let typical: TypicalCall | undefined;
  let largestPrompt = 0;
  let people = 0;
  for (const [index, population] of open.entries()) {
    if (typical === undefined || index % stride === 0) typical = typicalPersonCall(population.state);
    largestPrompt = Math.max(largestPrompt, typical.promptTokens);
    add(typical, population.people);
    people += population.people;
  }
  const promptTokens = Math.round(totals.promptTokens);
  const cachedTokens = Math.round(totals.cachedTokens);
  const completionTokens = {
    low: Math.round(totals.low),
    expected: Math.round(totals.expected),
    high: Math.round(totals.high),
  };
  const calls = people + planning.length;
  const tokens = { promptTokens, completionTokens: completionTokens.expected };
  return {
    model,
    people,
    calls,
    planningCalls: planning.length,
    promptTokens,
    cachedTokens,
    completionTokens,
    nanoDollars:
      profile.price &&
      priced(profile.price, { prompt: promptTokens, cached: cachedTokens }, completionTokens),
    time: estimatedTime({ calls, ...tokens }, profile, rate),
    person:
      people === 0
        ? undefined
        : partOf(less(totals, ofPlanning), people, profile, reservationOf(largestPrompt, profile)),
    planning:
      planning.length === 0
        ? undefined
        : partOf(
            ofPlanning,
            1,
            profile,
            sumOfReservations(planning.map((call) => reservationOf(call.promptTokens, profile))),
          ),
  };
}

type Totals = ReturnType<typeof nothing>;

function nothing() {
  return { promptTokens: 0, cachedTokens: 0, low: 0, expected: 0, high: 0 };
}

function less(a: Totals, b: Totals): Totals {
  return {
    promptTokens: a.promptTokens - b.promptTokens,
    cachedTokens: a.cachedTokens - b.cachedTokens,
    low: a.low - b.low,
    expected: a.expected - b.expected,
    high: a.high - b.high,
  };
}

function partOf(
  { promptTokens, cachedTokens, expected, low, high }: Totals,
  share: number,
  { price }: ModelProfile,
  reserved: Reservation,
): EstimatedPart {
  const completion = { low: Math.round(low), expected: Math.round(expected), high: Math.round(high) };
  const input = { prompt: Math.round(promptTokens), cached: Math.round(cachedTokens) };
  return {
    tokens: (input.prompt + completion.expected) / share,
    nanoDollars: price && priced(price, input, completion).expected / share,
    reserved,
  };
}

/** Where writing the cache has a price, all that is not read from it is taken to be written. */
function priced(price: ModelPrice, input: { prompt: number; cached: number }, completion: Range): Range {
  const cacheWrite = price.cacheWrite === undefined ? 0 : input.prompt - input.cached;
  const at = (tokens: number) => nanoDollars(price, { ...input, cacheWrite, completion: tokens });
  return { low: at(completion.low), expected: at(completion.expected), high: at(completion.high) };
}
