/** Draws from one stream. Every draw advances it; two streams made from equal keys give equal draws, on any machine. */
export interface Random {
  /** Uniform in [0, 1). */
  next(): number;
  /** A whole number in [0, limit). */
  below(limit: number): number;
  /** One item of a list that is not empty. */
  pick<T>(items: readonly T[]): T;
  /** From the standard normal distribution. */
  normal(): number;
}

/**
 * A 53-bit fingerprint of a text, equal on every machine; not for secrets.
 *
 * cyrb53 by bryc (public domain): two 32-bit multiply-xor lanes and a final mix.
 */
export function fingerprint(text: string): number {
  let a = 0xdeadbeef;
  let b = 0x41c6ce57;
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    a = Math.imul(a ^ code, 2654435761);
    b = Math.imul(b ^ code, 1597334677);
  }
  a = Math.imul(a ^ (a >>> 16), 2246822507) ^ Math.imul(b ^ (b >>> 13), 3266489909);
  b = Math.imul(b ^ (b >>> 16), 2246822507) ^ Math.imul(a ^ (a >>> 13), 3266489909);
  return joinLanes(a, b);
}

/** Two 32-bit lanes as one exact number below 2^53. */
export function joinLanes(high: number, low: number): number {
  return (high >>> 0) * 0x200000 + (low >>> 11);
}

/** A stream named by its keys (whole numbers below 2^53). The generator is sfc32 (PractRand, public domain). */
export function seededRandom(...keys: number[]): Random {
  let a = 0x9e3779b9;
  let b = 0x243f6a88;
  let c = 0xb7e15162;
  let counter = 1;

  const uint32 = () => {
    const sum = (((a + b) | 0) + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = ((c << 21) | (c >>> 11)) + sum;
    c |= 0;
    return sum >>> 0;
  };
  for (const key of keys) {
    a ^= key >>> 0;
    b ^= Math.floor(key / 0x1_0000_0000);
    // Twelve rounds carry every bit of a key into every bit of the state before the next key arrives.
    for (let round = 0; round < 12; round++) uint32();
  }

  const next = () => uint32() / 0x1_0000_0000;
  const below = (limit: number) => Math.floor(next() * limit);
  return {
    next,
    below,
    pick<T>(items: readonly T[]): T {
      const item = items[below(items.length)];
      if (item === undefined) throw new RangeError('pick() expects a list with at least one item');
      return item;
    },
    normal: () => Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next()),
  };
}
