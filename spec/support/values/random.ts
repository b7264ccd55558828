/** A repeatable random number from 0 (inclusive) to 1 (exclusive). */
export type Random = () => number;

/** @see Tommy Ettinger, "mulberry32", public domain. */
export function randomFrom(seed: number): Random {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

export function upTo(limit: number, random: Random): number {
  return Math.floor(random() * limit);
}

export function pick<T>(values: readonly T[], random: Random): T {
  return values[upTo(values.length, random)] as T;
}
