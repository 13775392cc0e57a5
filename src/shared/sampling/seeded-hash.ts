/**
 * Seeded hashing for everything that must come out the same on every worker, on every run.
 *
 * Not cryptographic: well mixed, fast and stable. Changing a constant here changes every population's people.
 */

/** The 32-bit finalizer of MurmurHash3 (Austin Appleby, public domain): each input bit flips half of the output bits. */
export function mix32(value: number): number {
  let mixed = value | 0;
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}

/** MurmurHash3 (x86, 32 bit) over the text's UTF-16 code units, one per block. `salt` selects independent functions. */
export function hash32(text: string, salt = 0): number {
  let state = mix32(salt ^ 0x9747b28c);
  for (let index = 0; index < text.length; index++) {
    let block = Math.imul(text.charCodeAt(index), 0xcc9e2d51);
    block = Math.imul((block << 15) | (block >>> 17), 0x1b873593);
    state ^= block;
    state = (Math.imul((state << 13) | (state >>> 19), 5) + 0xe6546b64) | 0;
  }
  return mix32(state ^ text.length);
}

const TWO_32 = 2 ** 32;

/** A number in [0, 1) with 53 random bits for each index in [0, 2^53), the same for the same seed and index. */
export function uniformAt(seed: string, index: number): number {
  const low = index >>> 0;
  const high = Math.floor(index / TWO_32);
  const base = hash32(seed);
  const first = mix32(mix32(base ^ low) + high);
  const second = mix32(mix32(first ^ hash32(seed, 1) ^ low) + high);
  return ((first >>> 5) * 2 ** 26 + (second >>> 6)) / 2 ** 53;
}
