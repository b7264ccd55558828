/** Lets a limited number of holders in. The others wait in order. */
export class Limit {
  #free: number;
  readonly #waiting: (() => void)[] = [];
  #alone = Promise.resolve();

  constructor(private readonly places: number) {
    this.#free = places;
  }

  async enter(): Promise<void> {
    if (this.#free > 0) this.#free -= 1;
    else await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  leave(): void {
    const next = this.#waiting.shift();
    if (next) next();
    else this.#free += 1;
  }

  /** Runs `work` while nobody else is in. */
  alone<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#alone.then(() => this.#withAllPlaces(work));
    this.#alone = done.then(
      () => undefined,
      () => undefined,
    );
    return done;
  }

  async #withAllPlaces<T>(work: () => Promise<T>): Promise<T> {
    await Promise.all(Array.from({ length: this.places }, () => this.enter()));
    try {
      return await work();
    } finally {
      for (let n = 0; n < this.places; n += 1) this.leave();
    }
  }
}
