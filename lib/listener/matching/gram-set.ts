const BITS = 1 << 20;

/** Hashes of the grams that are stored. Few grams of a long text are stored, and a bit map rules the others out faster than a set. */
export class GramSet {
  readonly #bits = new Uint32Array(BITS / 32);
  readonly #values: ReadonlySet<number>;

  constructor(values: readonly number[]) {
    this.#values = new Set(values);
    for (const value of values) {
      const bit = bitOf(value);
      this.#bits[bit >>> 5] = (this.#bits[bit >>> 5] ?? 0) | (1 << (bit & 31));
    }
  }

  has(value: number): boolean {
    const bit = bitOf(value);
    if (((this.#bits[bit >>> 5] ?? 0) & (1 << (bit & 31))) === 0) return false;
    return this.#values.has(value);
  }
}

function bitOf(value: number): number {
  return (value >>> 0) & (BITS - 1);
}
