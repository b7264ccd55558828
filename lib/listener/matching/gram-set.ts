const BITS = 1 << 20;

/** Hashes of the grams that are stored. Of those of a long text nearly none is: a bit says so faster than a set. */
export class GramSet {
  readonly #bits = new Uint32Array(BITS / 32);
  readonly #values: ReadonlySet<number>;

  constructor(values: readonly number[]) {
    this.#values = new Set(values);
    for (const value of values) {
      const bit = placeOf(value);
      this.#bits[bit >>> 5] = (this.#bits[bit >>> 5] ?? 0) | (1 << (bit & 31));
    }
  }

  has(value: number): boolean {
    const bit = placeOf(value);
    if (((this.#bits[bit >>> 5] ?? 0) & (1 << (bit & 31))) === 0) return false;
    return this.#values.has(value);
  }
}

function placeOf(value: number): number {
  return (value >>> 0) & (BITS - 1);
}
