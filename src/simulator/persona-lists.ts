import { type Persona, relationOf } from './persona.ts';
import { capitalise } from './persona-texts.ts';
import type { Random } from './seeded-random.ts';
import {
  BELIEF_TOPICS,
  BELIEF_VERDICTS,
  BELIEFS,
  BREAKFASTS,
  DISLIKES,
  EVENINGS,
  GOALS,
  HABITS,
  INTERESTS,
  LIKES,
  OTHER_FACTS,
  TRAITS,
  WEEKENDS,
} from './word-lists/phrases.ts';
import { articleFor } from './word-lists/trades.ts';

type Phrase = string | ((persona: Persona) => string);

/** How a list field is filled: how many items at scale 1, from what, and the shortest items that still make sense. */
export interface ListWriter {
  readonly usualCount: number;
  readonly phrases: readonly Phrase[];
  readonly short: readonly string[];
  /** Phrases tell the course of a day and keep their order. */
  readonly ordered: boolean;
}

const task = (persona: Persona) => persona.random.pick(persona.trade.tasks);
const interest = (persona: Persona) => persona.random.pick(INTERESTS).toLowerCase();
const clock = (persona: Persona, hour: number) =>
  `${hour + persona.random.below(2)}:${persona.random.pick(['00', '15', '30', '45'])}`;

const morning: Phrase[] = [
  (persona) => `Gets up at ${clock(persona, 6)} and has ${persona.random.pick(BREAKFASTS)}.`,
  (persona) => `Checks messages, then spends ten quiet minutes on ${persona.hobby}.`,
  (persona) => `Leaves the house at ${clock(persona, 7)}, usually on foot for the first stretch.`,
  'Listens to the radio while getting dressed.',
  'Showers, tidies the kitchen and packs a lunch.',
  'Looks at the list for the day and crosses out one thing.',
];

const workday: Phrase[] = [
  (persona) => `Starts the day with ${task(persona)}.`,
  (persona) => `Keeps the hours before lunch for ${task(persona)}.`,
  (persona) => `Eats lunch around ${clock(persona, 12)}, seldom alone.`,
  (persona) => `Spends much of the afternoon on ${task(persona)}.`,
  (persona) => `Leaves at ${clock(persona, 17)} after noting what comes first tomorrow.`,
  'Takes a short walk when the afternoon gets heavy.',
];

const evening: Phrase[] = [...EVENINGS, (persona) => `Spends an hour on ${persona.hobby}.`];
const weekend: Phrase[] = [...WEEKENDS, (persona) => `Makes time for ${persona.hobby}.`];

const goals: Phrase[] = [
  ...GOALS,
  (persona) => `Become known for ${task(persona)}.`,
  (persona) => `Turn ${persona.hobby} from a pastime into something more.`,
  (persona) =>
    `Pass on what the years as ${articleFor(persona.trade.title)} ${persona.trade.title} have taught.`,
];

const traits: Phrase[] = TRAITS.map((trait) => `${capitalise(trait)}.`);

const beliefs: Phrase[] = [
  ...BELIEFS,
  ...BELIEF_TOPICS.map(
    (topic): Phrase =>
      (persona) =>
        `${topic} ${persona.random.pick(BELIEF_VERDICTS)}`,
  ),
];

const skills: Phrase[] = [
  (persona) => `Experienced at ${task(persona)}.`,
  (persona) => `Known for ${task(persona)}, even under pressure.`,
  (persona) => `Keeps improving at ${task(persona)}.`,
  (persona) => `Knows a great deal about ${persona.hobby}.`,
  (persona) => `A capable beginner at ${interest(persona)}.`,
  (persona) => `Could teach ${interest(persona)} to a child.`,
  'Remembers faces, though not names.',
  'Cooks a good meal from whatever is there.',
  'Handles a budget without a spreadsheet.',
  'Gets by in a second language.',
  'Cannot sing, and knows it.',
  'Repairs small things around the house.',
];

const otherFacts: Phrase[] = [
  ...OTHER_FACTS,
  (persona) => `Came to ${persona.hobby} through a school friend.`,
  (persona) => `At ${persona.age}, still has a box of drawings from primary school.`,
  (persona) => `Has lived in ${persona.residence.split(',')[0]} for ${2 + persona.random.below(20)} years.`,
];

const interests: Phrase[] = [(persona) => capitalise(persona.hobby), ...INTERESTS];
const likes: Phrase[] = [...LIKES, (persona) => `Anything to do with ${persona.hobby}.`];

const list = (usualCount: number, phrases: readonly Phrase[], short: string): ListWriter => ({
  usualCount,
  phrases,
  short: short.split(' '),
  ordered: phrases === morning || phrases === workday,
});

const WRITERS: Readonly<Record<string, ListWriter>> = {
  long_term_goals: list(3, goals, 'Travel. Save. Rest. Learn.'),
  traits: list(5, traits, 'Calm. Direct. Warm. Loyal.'),
  personality: list(4, traits, 'Calm. Direct. Warm. Loyal.'),
  interests: list(5, interests, 'Chess Jazz Yoga Baking Cycling'),
  likes: list(6, likes, 'Tea. Rain. Maps. Soup.'),
  dislikes: list(5, DISLIKES, 'Noise. Queues. Waste. Gossip.'),
  beliefs: list(9, beliefs, 'Honesty. Work. Family. Luck.'),
  skills: list(6, skills, 'Cooking. Driving. Listening. Counting.'),
  behaviors: list(4, HABITS, 'Hums. Waits. Jokes. Lists.'),
  general: list(4, HABITS, 'Hums. Waits. Jokes. Lists.'),
  routines: list(4, [...morning, ...workday, ...evening], 'Walks. Works. Cooks. Reads.'),
  morning: list(3, morning, 'Walks. Reads. Eats.'),
  workday: list(3, workday, 'Works. Talks. Plans.'),
  evening: list(3, evening, 'Cooks. Reads. Rests.'),
  weekend: list(3, weekend, 'Rests. Shops. Visits.'),
  other_facts: list(6, otherFacts, 'Votes. Swims. Sings. Paints.'),
  relationships: list(
    3,
    Array.from(
      { length: 14 },
      (_, index): Phrase =>
        (persona) => {
          const relation = relationOf(persona, index);
          return `${relation.name}: ${relation.description}`;
        },
    ),
    'Sister Brother Friend Neighbour',
  ),
};

/** List fields by name. */
export const LISTS: ReadonlyMap<string, ListWriter> = new Map(Object.entries(WRITERS));

/** `count` different items, none of which is written already. A list longer than its phrases goes on with pairs of them. */
export function writeList(
  writer: ListWriter,
  persona: Persona,
  count: number,
  short: boolean,
  isWritten: (text: string) => boolean = () => false,
): string[] {
  if (count === 0) return [];
  const { random } = persona;
  const phrases: readonly Phrase[] = short ? [...writer.short, ...writer.phrases] : writer.phrases;
  const say = (phrase: Phrase | undefined) =>
    typeof phrase === 'function' ? phrase(persona) : (phrase ?? '');
  const indexAt = short ? (turn: number) => turn : scattered(random, phrases.length);
  const chosen = Array.from({ length: Math.min(count, phrases.length) }, (_, turn) => indexAt(turn));
  if (writer.ordered) chosen.sort((a, b) => a - b);
  const items = new Set(chosen.map((index) => say(phrases[index])).filter((text) => !isWritten(text)));
  // Two phrases may have said the same: take from the rest.
  for (let turn = chosen.length; items.size < count && turn < phrases.length; turn++) {
    const text = say(phrases[indexAt(turn)]);
    if (!isWritten(text)) items.add(text);
  }
  while (items.size < count) {
    const pair = `${say(random.pick(phrases)).replace(/\.$/, '')}; and ${say(random.pick(phrases))}`;
    items.add(items.has(pair) ? `${pair} (${items.size})` : pair);
  }
  return [...items];
}

/** Turns 0, 1, 2, ... visit each index below `size` once, in an order that the stream decides with two draws. */
function scattered(random: Random, size: number): (turn: number) => number {
  const start = random.below(size);
  let step = 1 + random.below(size);
  while (greatestCommonDivisor(step, size) !== 1) step++;
  return (turn) => (start + turn * step) % size;
}

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b);
}
