import { fingerprint, type Random, seededRandom } from './seeded-random.ts';
import { CULTURES, type Culture, NAME_LISTS } from './word-lists/names.ts';

export type Sex = 'female' | 'male';
export interface FullName {
  readonly full: string;
  readonly sex: Sex;
  readonly culture: Culture;
}

/** Which names the model comes up with when the prompt gives none. */
export interface NamePolicy {
  draw(random: Random, wish?: { sex?: Sex | undefined; culture?: Culture | undefined }): FullName;
  /** A name that is not `avoid`; outside the policy only when the policy knows no other. */
  drawOther(random: Random, avoid: string): FullName;
}

/**
 * `diverse`: any of about 150,000 names, by sex and culture when they are known.
 * `collapsed:K`: one of K distinct names that the seed decides, whatever is wished for: real models do that.
 */
export function createNamePolicy(names: string, seed: string): NamePolicy {
  const collapsedTo = names === 'diverse' ? undefined : Number(names.slice('collapsed:'.length));
  const fixed = collapsedTo === undefined ? undefined : distinctNames(collapsedTo, seed);

  const draw: NamePolicy['draw'] = (random, wish = {}) =>
    fixed === undefined ? makeName(random, wish) : random.pick(fixed);
  return {
    draw,
    drawOther(random, avoid) {
      const others = fixed?.filter((name) => name.full !== avoid);
      if (others !== undefined && others.length > 0) return random.pick(others);
      let other = makeName(random, {});
      while (other.full === avoid) other = makeName(random, {});
      return other;
    },
  };
}

/** A name for someone who is only mentioned. */
export function relativeName(random: Random, culture: Culture, sex?: Sex): string {
  const list = NAME_LISTS[culture];
  return `${random.pick(list[sex ?? (random.next() < 0.5 ? 'female' : 'male')])} ${random.pick(list.family)}`;
}

function distinctNames(count: number, seed: string): FullName[] {
  const random = seededRandom(fingerprint(seed), count);
  const found = new Map<string, FullName>();
  while (found.size < count) {
    const name = makeName(random, {});
    found.set(name.full, name);
  }
  return [...found.values()];
}

function makeName(random: Random, wish: { sex?: Sex | undefined; culture?: Culture | undefined }): FullName {
  const culture = wish.culture ?? random.pick(CULTURES);
  const sex = wish.sex ?? (random.next() < 0.5 ? 'female' : 'male');
  const list = NAME_LISTS[culture];
  const first = random.pick(list[sex]);
  const middle = random.pick(list[sex]);
  const family = random.pick(list.family);
  const full =
    random.next() < 0.5 || middle === first ? `${first} ${family}` : `${first} ${middle} ${family}`;
  return { full, sex, culture };
}
