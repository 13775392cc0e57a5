import { canonicalName } from '../../shared/transactions/canonical-name.ts';
import { entropyBits } from './statistics.ts';
import { hash53 } from './words.ts';

export interface NamePartReport {
  readonly distinct: number;
  readonly entropyBits: number;
  /** Entropy over its most, log2(people): 1 when everybody has one of their own. 0 for nobody and for one person. */
  readonly entropyShare: number;
  readonly top: readonly { readonly name: string; readonly people: number; readonly share: number }[];
}

export interface NamesReport {
  readonly people: number;
  /** Distinct canonical names. Equal to `people`, unless invariant I1 was broken. */
  readonly distinct: number;
  /** First words and last words of names: given and family names in most of the world's, but not in all. */
  readonly first: NamePartReport;
  readonly last: NamePartReport;
}

const TOP = 10;

/** Names of people, in 8 bytes a person and the distinct first and last words. */
export function createNameTally(): { add(name: string): void; report(): NamesReport } {
  let hashes = new Float64Array(1024);
  let people = 0;
  const first = new Map<string, number>();
  const last = new Map<string, number>();
  const count = (counts: Map<string, number>, word: string) => counts.set(word, (counts.get(word) ?? 0) + 1);
  return {
    add(name) {
      if (people === hashes.length) {
        const larger = new Float64Array(hashes.length * 2);
        larger.set(hashes);
        hashes = larger;
      }
      hashes[people] = hash53(canonicalName(name));
      people += 1;
      const words = name.trim().split(/\s+/u);
      count(first, words[0] ?? '');
      count(last, words.at(-1) ?? '');
    },
    report() {
      const sorted = hashes.slice(0, people).sort();
      return {
        people,
        distinct: sorted.reduce((sum, hash, index) => sum + (hash === sorted[index - 1] ? 0 : 1), 0),
        first: partReport(first, people),
        last: partReport(last, people),
      };
    },
  };
}

function partReport(counts: ReadonlyMap<string, number>, people: number): NamePartReport {
  const bits = entropyBits(counts.values());
  return {
    distinct: counts.size,
    entropyBits: bits,
    entropyShare: people < 2 ? 0 : bits / Math.log2(people),
    top: [...counts]
      .toSorted(([nameA, a], [nameB, b]) => b - a || (nameA < nameB ? -1 : 1))
      .slice(0, TOP)
      .map(([name, count]) => ({ name, people: count, share: count / people })),
  };
}
