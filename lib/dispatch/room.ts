/** Bounds how much is held at once: who finds it full waits for his turn. */
export class Room {
  readonly #queue: ((isAdmitted: boolean) => void)[] = [];
  #isClosing = false;

  constructor(
    private readonly limit: number,
    private readonly held: () => number,
  ) {}

  /** How much more may be held; what waits already is not counted. */
  get left(): number {
    return Math.max(0, this.limit - this.held());
  }

  /** Begins when there is room; what it adds must be held before it returns. Null where it waits in vain: see `close()`. */
  enter<T>(begin: () => Promise<T>): Promise<T | null> {
    if (this.#queue.length === 0 && this.left > 0) return begin();
    if (this.#isClosing) return Promise.resolve(null);
    return new Promise((resolve) => {
      this.#queue.push((isAdmitted) => resolve(isAdmitted ? begin() : null));
      this.admit();
    });
  }

  /** Something has left: lets in who waited longest. */
  admit(): void {
    while (this.#queue.length > 0 && this.left > 0) this.#queue.shift()?.(true);
  }

  /** Turns away who waits, and from now on whoever would have to. */
  close(): void {
    this.#isClosing = true;
    for (const turn of this.#queue.splice(0)) turn(false);
  }
}
