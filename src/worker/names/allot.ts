import { hash32 } from '../../shared/sampling/seeded-hash.ts';
import { spellingKey } from './locale-names.ts';

/** A list of names and who wants it. Owners are named, so that the outcome does not depend on their order. */
export interface Claim {
  readonly owner: string;
  readonly names: readonly string[];
}

/**
 * Makes lists disjoint: every name that several owners claim goes to exactly one of them, by a seeded hash.
 *
 * Small lists win more often, in proportion (weighted rendezvous hashing, Schindelhauer and Schomaker 2005): otherwise
 * an owner of 100 names, all of them common, would be left with few beside one of 3,000 that hardly notices.
 *
 * @param keyOf what makes two names the same
 * @returns the owners' remaining names, in their original order
 */
export function allot(
  claims: readonly Claim[],
  seed: string,
  keyOf: (name: string) => string = spellingKey,
): Map<string, string[]> {
  const winners = new Map<string, { owner: string; cost: number }>();
  const keyed = claims.map(({ owner, names }) => ({
    owner,
    size: names.length,
    salt: hash32(owner, hash32(seed)),
    names: names.map((name) => ({ name, key: keyOf(name) })),
  }));
  for (const { owner, size, salt, names } of keyed) {
    for (const { key } of names) {
      const uniform = (hash32(key, salt) + 0.5) / 2 ** 32;
      const cost = -Math.log(uniform) * size;
      const winner = winners.get(key);
      if (winner === undefined || cost < winner.cost || (cost === winner.cost && owner < winner.owner)) {
        winners.set(key, { owner, cost });
      }
    }
  }
  return new Map(
    keyed.map(({ owner, names }) => [
      owner,
      names.filter(({ key }) => winners.get(key)?.owner === owner).map(({ name }) => name),
    ]),
  );
}
