/** What many outcomes have in common is sent once, and named by its place. */
export class Places<Row> {
  readonly #places = new Map<unknown, number>();
  readonly #first: Row[] = [];

  constructor(
    batch: readonly Row[],
    private readonly key: (record: Row) => unknown,
  ) {
    for (const record of batch) {
      if (this.#places.has(key(record))) continue;
      this.#places.set(key(record), this.#first.length);
      this.#first.push(record);
    }
  }

  of(record: Row): number {
    return this.#places.get(this.key(record)) ?? -1;
  }

  list(row: (record: Row) => object): readonly object[] {
    return this.#first.map((record, place) => ({ place, ...row(record) }));
  }
}
