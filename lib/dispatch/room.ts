/** Something that holds deliveries. */
export interface Sized {
  readonly size: number;
}

/** Limits how many deliveries are held at once. If the limit is reached, callers wait in order. */
export class Room {
  readonly #waiting: ((isAdmitted: boolean) => void)[] = [];
  #isClosed = false;

  constructor(
    private readonly limit: number,
    private readonly holders: readonly Sized[],
  ) {}

  /** How many more may be held, without regard to those that wait. */
  get left(): number {
    const held = this.holders.reduce((sum, { size }) => sum + size, 0);
    return Math.max(0, this.limit - held);
  }

  /** Runs `begin` when there is room; before `begin` returns, a holder must count what it adds. Null if the room is closed first. */
  enter<T>(begin: () => Promise<T>): Promise<T | null> {
    if (this.#waiting.length === 0 && this.left > 0) return begin();
    if (this.#isClosed) return Promise.resolve(null);
    return new Promise((resolve) => {
      this.#waiting.push((isAdmitted) => resolve(isAdmitted ? begin() : null));
      this.admit();
    });
  }

  /** Call it when a holder has become smaller: admits those that wait, the first one first. */
  admit(): void {
    while (this.#waiting.length > 0 && this.left > 0) this.#waiting.shift()?.(true);
  }

  /** Rejects those that wait, and from now on those that would have to. */
  close(): void {
    this.#isClosed = true;
    for (const answer of this.#waiting.splice(0)) answer(false);
  }
}
