import { UserError } from '../../shared/errors.ts';
import { createPermutation } from '../../shared/sampling/permutation.ts';
import type { NameLists } from './name-lists.ts';

/**
 * A person's name. `full` is how the locale writes it. `given` is what friends say: the first given name, without
 * middle names. `family` is the whole family name, both surnames where there are two.
 */
export interface PersonName {
  readonly full: string;
  readonly given: string;
  readonly family: string;
}

/**
 * All names of one group and gender, in a seeded order, in two parts that never meet:
 * - `primary(index)`: one to one over `[0, capacity)`. Two-part names first, as many as there are, then longer ones.
 * - `alternative(slot, attempt)`: what slot `slot` tries when its own name is taken, from attempt 1. Sequences of
 *   different slots are disjoint while they are shorter than 61 and the region lasts (millions of slots), so that a
 *   clash with another population never turns into clashes inside this one.
 */
export interface NameSpace {
  readonly twoPart: number;
  readonly capacity: number;
  primary(index: number): PersonName;
  alternative(slot: number, attempt: number): PersonName;
}

interface Shape {
  readonly size: number;
  /** One to one from `[0, size)`. */
  nameAt(index: number): PersonName;
}

/** The largest range that `createPermutation` takes. Of a larger shape only so many names are used. */
const MAX_SHAPE_SIZE = 2 ** 48;
/** Alternatives come from the shortest shape that has this many to offer. */
const ENOUGH_ALTERNATIVES = 2 ** 22;
/** How many alternatives a slot has to itself. A prime, so that wrapping round keeps slots out of step. */
const ALTERNATIVES_PER_SLOT = 61;

export function createNameSpace(lists: NameLists, seed: string): NameSpace {
  const shapes = nameShapes(lists).map((shape, number) => {
    const size = Math.min(shape.size, MAX_SHAPE_SIZE);
    // Of each longer shape the first half of its shuffled names is for slots' own names, the rest for alternatives.
    const own = number === 0 ? size : Math.floor(size / 2);
    const permute = size > 0 ? createPermutation(size, `${seed}/${number}`) : () => 0;
    return { own, others: size - own, nameAt: (position: number) => shape.nameAt(permute(position)) };
  });
  const [shortest, ...longer] = shapes;
  const spare =
    longer.find(({ others }) => others >= ENOUGH_ALTERNATIVES) ??
    longer.toSorted((a, b) => b.others - a.others)[0];
  const capacity = shapes.reduce((sum, { own }) => sum + own, 0);

  return {
    twoPart: shortest?.own ?? 0,
    capacity,
    primary(index) {
      let rest = index;
      for (const { own, nameAt } of shapes) {
        if (rest < own) return nameAt(rest);
        rest -= own;
      }
      throw new UserError(
        `names: there are ${capacity} in this locale and none is left for slot ${index}; add locales`,
      );
    },
    alternative(slot, attempt) {
      if (spare === undefined || spare.others === 0)
        throw new UserError(`names: none is left for slot ${slot}; add locales`);
      return spare.nameAt(spare.own + ((slot * ALTERNATIVES_PER_SLOT + attempt - 1) % spare.others));
    },
  };
}

/**
 * The shapes in which a group writes names, shortest first. Each has a number of words of its own, by which a name
 * is read back (see `disjointLists`).
 */
function nameShapes(lists: NameLists): Shape[] {
  const { lengthenBy } = lists.style;
  if (lengthenBy === 'characters' || lengthenBy === 'words') {
    return [
      shapeOf(lists, lists.given, 0, 1),
      shapeOf(lists, lists.composed, 0, 1),
      shapeOf(lists, lists.composed, 0, 2),
    ];
  }
  const [middles, surnames] = lengthenBy === 'surname' ? [0, 2] : [1, 1];
  const lengthened = [shapeOf(lists, lists.given, 0, 1), shapeOf(lists, lists.given, middles, surnames)];
  // Nobody has two patronymics.
  const mostMiddles = lists.middle === undefined ? 5 : 1;
  for (let count = 1; count <= mostMiddles; count++) lengthened.push(shapeOf(lists, lists.given, count, 2));
  return lengthened;
}

/** Names of one given name, so many different middle names and one or two different surnames. */
function shapeOf(lists: NameLists, given: readonly string[], middles: number, surnames: number): Shape {
  const families = surnames === 2 ? lists.pairable : lists.family;
  const fillers = lists.middle ?? given;
  const ownFillers = lists.middle === undefined ? 1 : 0;
  let size = given.length * families.length * (surnames === 2 ? families.length - 1 : 1);
  for (let drawn = 0; drawn < middles; drawn++) size *= Math.max(0, fillers.length - ownFillers - drawn);

  return {
    size: Math.max(0, size),
    nameAt(index) {
      // A mixed radix number: each part takes the digits it needs.
      let rest = index;
      const draw = (choices: number) => {
        const digit = rest % choices;
        rest = (rest - digit) / choices;
        return digit;
      };
      const first = draw(given.length);
      const family = draw(families.length);
      const second = surnames === 2 ? drawOther(draw, families.length, [family]) : undefined;
      const used = ownFillers === 1 ? [first] : [];
      const middleNames: string[] = [];
      for (let drawn = 0; drawn < middles; drawn++) {
        const next = drawOther(draw, fillers.length, used);
        used.push(next);
        middleNames.push(fillers[next] ?? '');
      }
      const familyName =
        second === undefined
          ? (families[family] ?? '')
          : `${families[family] ?? ''}${lists.style.surnameJoiner}${families[second] ?? ''}`;
      return written(given[first] ?? '', middleNames, familyName, lists.style);
    },
  };
}

/** Draws one of `choices` numbers that is not in `used`. One to one: skips the used ones in order. */
function drawOther(draw: (choices: number) => number, choices: number, used: readonly number[]): number {
  let drawn = draw(choices - used.length);
  for (const taken of used.toSorted((a, b) => a - b)) if (drawn >= taken) drawn++;
  return drawn;
}

function written(
  given: string,
  middles: readonly string[],
  family: string,
  style: NameLists['style'],
): PersonName {
  const givenNames = [given, ...middles].join(' ');
  const full = style.familyFirst
    ? `${family}${style.separator}${givenNames}`
    : `${givenNames}${style.separator}${family}`;
  return { full, given, family };
}
