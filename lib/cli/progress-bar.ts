import { SingleBar } from 'cli-progress';

/** Shows how far a long command has come. It shows nothing where no person would see it. */
export class ProgressBar {
  readonly #bar: SingleBar | null;

  /** `total` is undefined if it is not known. */
  constructor(
    stream: NodeJS.WriteStream | null,
    private readonly total?: number,
  ) {
    const format = total === undefined ? COUNT : `{bar} {percentage}% | ${COUNT}`;
    this.#bar = stream && new SingleBar({ stream, format, hideCursor: true, gracefulExit: false });
  }

  update(count: number): void {
    if (!this.#bar?.isActive) this.#bar?.start(this.total ?? count, count);
    if (this.total === undefined) this.#bar?.setTotal(Math.max(1, count));
    this.#bar?.update(count);
  }

  end(): void {
    this.#bar?.stop();
  }
}

const COUNT = '{value} done | {duration_formatted}';
