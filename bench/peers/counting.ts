/** Counts what has ended, and says when all of it has. */
export class Counting {
  ended: Promise<void> = Promise.resolve();
  #left = 0;
  #resolve: () => void = () => undefined;

  expect(events: number): void {
    this.#left = events;
    this.ended = new Promise((resolve) => {
      this.#resolve = resolve;
    });
  }

  count(): void {
    this.#left -= 1;
    if (this.#left === 0) this.#resolve();
  }
}
