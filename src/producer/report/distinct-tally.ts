import { hash53, wordsOf } from './words.ts';

/**
 * Distinct-n of short texts: distinct n-grams over all n-grams, from J. Li et al., "A diversity-promoting objective function
 * for neural conversation models" (2016). It falls as texts are added, so figures compare only for about as many texts.
 */
export interface DistinctReport {
  readonly texts: number;
  readonly distinct1: number;
  readonly distinct2: number;
}

/** Holds 8 bytes (and a set's overhead) for each distinct word and pair of words: the caller bounds the texts. */
export function createDistinctTally(): { add(text: string): void; report(): DistinctReport } {
  const unigrams = { distinct: new Set<number>(), total: 0 };
  const bigrams = { distinct: new Set<number>(), total: 0 };
  let texts = 0;
  const add = (grams: typeof unigrams, gram: string) => {
    grams.distinct.add(hash53(gram));
    grams.total += 1;
  };
  const share = ({ distinct, total }: typeof unigrams) => (total === 0 ? 0 : distinct.size / total);
  return {
    add(text) {
      texts += 1;
      const words = wordsOf(text);
      for (const [index, word] of words.entries()) {
        add(unigrams, word);
        const next = words[index + 1];
        if (next !== undefined) add(bigrams, `${word} ${next}`);
      }
    },
    report: () => ({ texts, distinct1: share(unigrams), distinct2: share(bigrams) }),
  };
}
