import { type Persona, relationOf } from './persona.ts';
import { HEALTH, HEALTH_NOTES, MANNERS, TRAITS, VOICES } from './word-lists/phrases.ts';
import { articleFor } from './word-lists/trades.ts';

/** Writes one text field: its sentences, most important first. `index` is the place in the surrounding list. */
export type TextWriter = (persona: Persona, index: number) => readonly string[];

const one =
  (write: (persona: Persona) => string): TextWriter =>
  (persona) => [write(persona)];
const title = one((persona) => capitalise(persona.trade.title));

const WRITERS: Readonly<Record<string, TextWriter>> = {
  name: one((persona) => persona.name),
  full_name: one((persona) => persona.name),
  gender: one((persona) => persona.gender),
  nationality: one((persona) => persona.nationality),
  country: one((persona) => persona.residence.split(', ').at(-1) ?? persona.residence),
  residence: one((persona) => persona.residence),
  occupation: title,
  'occupation.title': title,
  'occupation.organization': one((persona) => capitalise(persona.organization)),
  'occupation.description': (persona) => {
    const [first, second, third] = shuffledTasks(persona);
    const noun = persona.trade.title;
    return [
      `At ${persona.age}, ${persona.firstName} is ${articleFor(noun)} ${noun} and ${persona.trade.duty}.`,
      `A typical week goes into ${first} and ${second}.`,
      `Colleagues count on ${persona.firstName} for ${third}, and ${persona.possessive} main worry is the lack of time to do it all properly.`,
    ];
  },
  education: (persona) => [
    `${persona.trade.study}.`,
    `Went to school in ${persona.residence.split(',')[0]} and later took an evening course because of an interest in ${persona.hobby}.`,
  ],
  style: (persona) => [
    `${persona.firstName} ${persona.random.pick(VOICES)}.`,
    `In company ${persona.firstName} ${persona.random.pick(MANNERS)}, and comes alive when the talk turns to ${persona.hobby}.`,
  ],
  health: (persona) => [`${persona.random.pick(HEALTH)}.`, persona.random.pick(HEALTH_NOTES)],
  minibio: biography,
  bio: biography,
  'relationships.name': (persona, index) => [relationOf(persona, index).name],
  'relationships.description': (persona, index) => [relationOf(persona, index).description],
  openness: bigFive(
    'Curious about new ideas, above all where {hobby} is concerned.',
    'Open to new things once someone else has tried them.',
    'Prefers what is known and proven.',
  ),
  conscientiousness: bigFive(
    'Plans ahead and finishes what was begun.',
    'Reliable at work, relaxed about the rest.',
    'Improvises and trusts that it will work out.',
  ),
  extraversion: bigFive(
    'Gains energy from company and conversation.',
    'Sociable in small groups, tired by large ones.',
    'Needs time alone after a day among people.',
  ),
  agreeableness: bigFive(
    'Warm, helpful and quick to see the good in others.',
    'Friendly, but does not avoid a necessary argument.',
    'Direct and hard to persuade.',
  ),
  neuroticism: bigFive(
    'Worries easily and sleeps badly before important days.',
    'Mostly steady, with a few well-known sore points.',
    'Calm, even when others are not.',
  ),
};

const SHORT: Readonly<Record<string, string>> = {
  'occupation.organization': 'Own',
  'occupation.description': 'Work',
  residence: 'Town',
  education: 'School',
  style: 'Calm',
  health: 'Good',
  'relationships.description': 'A friend',
  openness: 'Low',
  conscientiousness: 'Low',
  extraversion: 'Low',
  agreeableness: 'Low',
  neuroticism: 'Low',
};

/** Text fields by name, or by `parent.name` where the name alone says too little. */
export const TEXTS: ReadonlyMap<string, TextWriter> = new Map(Object.entries(WRITERS));

/** The word or two to which a text shrinks when answers are to be as small as possible. */
export const SHORT_TEXTS: ReadonlyMap<string, string> = new Map(Object.entries(SHORT));

export function capitalise(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

function biography(persona: Persona): string[] {
  const noun = persona.trade.title;
  return [
    `${persona.name} is ${articleFor(noun)} ${noun} from ${persona.residence}, ${persona.age} years old, ${persona.random.pick(TRAITS)}.`,
    `Away from work, ${persona.firstName} is found at ${persona.hobby}.`,
  ];
}

function bigFive(high: string, medium: string, low: string): TextWriter {
  return (persona) => {
    const draw = persona.random.next();
    const [level, text] = draw < 0.35 ? ['High', high] : draw < 0.75 ? ['Medium', medium] : ['Low', low];
    return [`${level}. ${text.replace('{hobby}', persona.hobby)}`];
  };
}

function shuffledTasks(persona: Persona): string[] {
  const { tasks } = persona.trade;
  const start = persona.random.below(tasks.length);
  return [...tasks.slice(start), ...tasks.slice(0, start)];
}
