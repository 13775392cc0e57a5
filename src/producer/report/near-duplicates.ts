import { MinHash } from 'bloom-filters';
import type { Json } from '../../shared/factory/untrusted-json.ts';
import type { Persona } from '../../shared/person/schema.ts';
import { hash32, mix32 } from '../../shared/sampling/seeded-hash.ts';
import { wordsOf } from './words.ts';

/**
 * People whose texts are nearly the same, by MinHash (A. Broder, "On the resemblance and containment of documents", 1997)
 * and banding (J. Leskovec, A. Rajaraman, J. Ullman, "Mining of Massive Datasets", chapter 3): signatures of 100 hashes in 20
 * bands of 5, so that a pair of similarity 0.8 is looked at with a probability of 0.9996 and one of 0.3 with 0.05.
 * Similarity is the estimated Jaccard index of the sets of three words in a row, with a standard error of 0.04 at 0.8.
 *
 * Costs 400 bytes and one to two milliseconds a person of 700 words; the caller bounds the people.
 */
export interface DuplicatesReport {
  readonly people: number;
  readonly threshold: number;
  readonly pairs: number;
  /** Whether the search ended at `MAX_COMPARISONS`: there may be more pairs than were counted. */
  readonly cut: boolean;
  /** The most similar pairs that were found. */
  readonly examples: readonly DuplicateExample[];
}

export interface DuplicateExample {
  readonly similarity: number;
  readonly people: readonly [DuplicatePerson, DuplicatePerson];
}

export interface DuplicatePerson {
  readonly slot: number;
  readonly name: string;
}

export const DUPLICATE_THRESHOLD = 0.8;

const BANDS = 20;
const ROWS = 5;
const HASHES = BANDS * ROWS;
const SHINGLE_WORDS = 3;
const EXAMPLES = 10;

/** Some seconds of work: where most people are alike, their pairs are too many to look at each. */
const MAX_COMPARISONS = 5_000_000;

/** The largest prime below 2^25: products with it stay below 2^53, where the library's arithmetic is exact. */
const PRIME = 33_554_393;

/** Functions of our own, as the library draws random ones: reports of the same people must agree. */
const hashFunctions = Array.from({ length: HASHES }, (_, index) => ({
  a: 1 + (mix32(2 * index + 1) % (PRIME - 1)),
  b: mix32(2 * index + 2) % PRIME,
  c: PRIME,
}));

export interface NearDuplicates {
  add(slot: number, persona: Persona): void;
  report(): DuplicatesReport;
}

export function createNearDuplicates(maxComparisons = MAX_COMPARISONS): NearDuplicates {
  const people: DuplicatePerson[] = [];
  const signatures: Uint32Array[] = [];
  return {
    add(slot, persona) {
      const { name, ...rest } = persona;
      const shingles = shinglesOf(textOf(rest));
      if (shingles.size === 0) return;
      const sketch = new MinHash(HASHES, hashFunctions);
      for (const shingle of shingles) sketch.add(shingle);
      people.push({ slot, name });
      signatures.push(Uint32Array.from(sketch._signature));
    },
    report: () => findPairs(people, signatures, maxComparisons),
  };
}

/** All texts of a person, the name left out: it differs always. */
function textOf(value: Json): string {
  if (typeof value === 'string') return value;
  if (typeof value !== 'object' || value === null) return '';
  return Object.values(value).map(textOf).join('\n');
}

function shinglesOf(text: string): Set<number> {
  const words = wordsOf(text);
  const shingles = new Set<number>();
  for (let index = 0; index + SHINGLE_WORDS <= words.length; index += 1) {
    shingles.add(hash32(words.slice(index, index + SHINGLE_WORDS).join(' ')) % PRIME);
  }
  return shingles;
}

function findPairs(
  people: readonly DuplicatePerson[],
  signatures: readonly Uint32Array[],
  maxComparisons: number,
): DuplicatesReport {
  const examples: DuplicateExample[] = [];
  let pairs = 0;
  let comparisons = 0;
  search: for (let band = 0; band < BANDS; band += 1) {
    for (const bucket of bucketsOf(signatures, band)) {
      for (const [position, first] of bucket.entries()) {
        for (const second of bucket.slice(position + 1)) {
          comparisons += 1;
          if (comparisons > maxComparisons) break search;
          const [a, b] = [signatures[first], signatures[second]];
          const [personA, personB] = [people[first], people[second]];
          if (a === undefined || b === undefined || personA === undefined || personB === undefined) continue;
          if (shareEarlierBand(a, b, band)) continue; // already compared
          const similarity = similarityOf(a, b);
          if (similarity < DUPLICATE_THRESHOLD) continue;
          pairs += 1;
          keepMostSimilar(examples, { similarity, people: [personA, personB] });
        }
      }
    }
  }
  const cut = comparisons > maxComparisons;
  return { people: people.length, threshold: DUPLICATE_THRESHOLD, pairs, cut, examples };
}

/** People whose signatures agree in a band, by their indexes: where there are two at least. */
function bucketsOf(signatures: readonly Uint32Array[], band: number): number[][] {
  const buckets = new Map<string, number[]>();
  for (const [index, signature] of signatures.entries()) {
    const key = signature.subarray(band * ROWS, (band + 1) * ROWS).join();
    const bucket = buckets.get(key);
    if (bucket === undefined) buckets.set(key, [index]);
    else bucket.push(index);
  }
  return [...buckets.values()].filter(({ length }) => length > 1);
}

function shareEarlierBand(a: Uint32Array, b: Uint32Array, band: number): boolean {
  for (let earlier = 0; earlier < band; earlier += 1) {
    let row = earlier * ROWS;
    while (row < (earlier + 1) * ROWS && a[row] === b[row]) row += 1;
    if (row === (earlier + 1) * ROWS) return true;
  }
  return false;
}

function similarityOf(a: Uint32Array, b: Uint32Array): number {
  let equal = 0;
  for (let row = 0; row < HASHES; row += 1) if (a[row] === b[row]) equal += 1;
  return equal / HASHES;
}

function keepMostSimilar(examples: DuplicateExample[], example: DuplicateExample): void {
  const place = examples.findIndex(({ similarity }) => similarity < example.similarity);
  if (place >= 0) examples.splice(place, 0, example);
  else if (examples.length < EXAMPLES) examples.push(example);
  examples.length = Math.min(examples.length, EXAMPLES);
}
