/** Those who arrive wait until `size` of them are there. Then the next ones meet. */
export class Meeting {
  #waiting: (() => void)[] = [];

  constructor(private readonly size: number) {}

  arrive(): Promise<void> {
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
      if (this.#waiting.length < this.size) return;
      for (const go of this.#waiting.splice(0)) go();
    });
  }
}
