import type { Characteristics } from './characteristics.ts';
import { type NamePolicy, relativeName, type Sex } from './name-policy.ts';
import type { Random } from './seeded-random.ts';
import { CULTURES, type Culture } from './word-lists/names.ts';
import { BONDS, INTERESTS, KINSHIPS } from './word-lists/phrases.ts';
import { PLACES, type Place } from './word-lists/places.ts';
import { genericTrade, TRADES, type Trade } from './word-lists/trades.ts';

/** The facts that all fields of one answer agree on. */
export interface Persona {
  readonly random: Random;
  readonly name: string;
  readonly firstName: string;
  readonly age: number;
  readonly gender: string;
  readonly possessive: 'her' | 'his' | 'their';
  readonly nationality: string;
  readonly residence: string;
  readonly trade: Trade;
  readonly organization: string;
  readonly hobby: string;
  readonly relations: { readonly name: string; readonly description: string }[];
  readonly culture: Culture;
}

export interface PersonaWishes {
  readonly random: Random;
  readonly names: NamePolicy;
  readonly given: Characteristics;
  readonly fault?: 'wrong_name' | 'wrong_age' | undefined;
}

/** Someone who has the given characteristics, and is plausible where nothing was given. */
export function imaginePersona({ random, names, given, fault }: PersonaWishes): Persona {
  const wish = (key: string) => given.get(key)?.value;
  const place = choosePlace(random, wish('nationality'), wish('country') ?? wish('residence'));
  const gender = wish('gender');
  const sex = gender === undefined ? undefined : sexOf(gender);
  const givenName = wish('name');
  const chosen =
    fault === 'wrong_name'
      ? names.drawOther(random, givenName ?? '')
      : names.draw(random, { sex, culture: place.culture });
  const name = fault === 'wrong_name' ? chosen.full : (givenName ?? chosen.full);
  // A nameless request with a collapsed policy gets the sex and the origin that fit the name.
  const ownSex = gender === undefined ? chosen.sex : sex;
  const age = chooseAge(random, wish('age'), fault === 'wrong_age');
  const trade = chooseTrade(random, wish('occupation') ?? wish('job') ?? wish('occupation_title'), age);
  return {
    random,
    name,
    firstName: name.split(' ')[0] ?? name,
    age,
    gender: gender ?? chosen.sex,
    possessive: ownSex === undefined ? 'their' : ownSex === 'female' ? 'her' : 'his',
    nationality: wish('nationality') ?? place.nationality,
    residence: wish('residence') ?? `${random.pick(place.cities)}, ${place.country}`,
    trade,
    organization: random.pick(trade.workplaces),
    hobby: random.pick(INTERESTS).toLowerCase(),
    relations: [],
    culture: place.culture,
  };
}

/** The index-th person in someone's life; asked again, the same one, so that name and description belong together. */
export function relationOf(persona: Persona, index: number): { name: string; description: string } {
  const known = persona.relations[index];
  if (known !== undefined) return known;
  const [kinship, sex] = KINSHIPS[(index * 5 + persona.age) % KINSHIPS.length] ?? ['Friend'];
  const bond = BONDS[(index * 5 + persona.name.length) % BONDS.length] ?? '';
  const relation = {
    name: relativeName(persona.random, persona.culture, sex),
    description: `${kinship} of ${persona.firstName}; ${bond}`,
  };
  persona.relations[index] = relation;
  return relation;
}

function sexOf(gender: string): Sex | undefined {
  const text = gender.trim().toLowerCase();
  if (/^(f|female|woman|girl|w)$/.test(text)) return 'female';
  return /^(m|male|man|boy)$/.test(text) ? 'male' : undefined;
}

function choosePlace(random: Random, nationality: string | undefined, where: string | undefined): Place {
  const people = nationality?.toLowerCase();
  const land = where?.toLowerCase();
  const known = PLACES.find(
    (place) =>
      (people !== undefined && place.nationality.toLowerCase() === people) ||
      (people === undefined && land?.includes(place.country.toLowerCase())),
  );
  if (known !== undefined) return known;
  if (nationality === undefined && where === undefined) return random.pick(PLACES);
  const country = where ?? `a ${nationality} family abroad`;
  return {
    nationality: nationality ?? `From ${where}`,
    country,
    culture: random.pick(CULTURES),
    cities: ['A mid-sized town', 'A village near the coast', 'The suburbs of the capital'],
  };
}

function chooseAge(random: Random, given: string | undefined, wrong: boolean): number {
  const wished = Number(/\d{1,3}/.exec(given ?? '')?.[0] ?? Number.NaN);
  const age = Number.isNaN(wished) ? 18 + random.below(63) : wished;
  if (!wrong) return age;
  const shift = 3 + random.below(12);
  return age - shift >= 18 ? age - shift : age + shift;
}

function chooseTrade(random: Random, title: string | undefined, age: number): Trade {
  if (title !== undefined) {
    const wished = title.toLowerCase();
    const known = TRADES.find((trade) => wished.includes(trade.title) || trade.title.includes(wished));
    return known === undefined ? genericTrade(title) : { ...known, title };
  }
  const fitting = TRADES.filter((trade) => {
    if (trade.title.startsWith('retired')) return age >= 65;
    return trade.title === 'university student'
      ? age <= 27
      : age < 72 && (age >= 22 || !/^Degree|^Law|^Master/.test(trade.study));
  });
  return random.pick(fitting);
}
