import { numberFrom, type Shape, wholeNumberFrom } from '../options/rules';

/** Options of `hooks.buffer()`. */
export interface BufferOptions {
  /** `maybeFlush()` flushes at each call of this number. @defaultValue `100` */
  readonly flushFreq?: number;
  /** `maybeFlush()` flushes if the last flush, or the first call, was this long ago, in milliseconds. @defaultValue `2000` */
  readonly flushTimeoutMs?: number;
}

export const BUFFER_DEFAULTS = {
  flushFreq: 100,
  flushTimeoutMs: 2_000,
} as const satisfies Required<BufferOptions>;

export const BUFFER_SHAPE: Shape<BufferOptions> = {
  flushFreq: wholeNumberFrom(1),
  flushTimeoutMs: numberFrom(0),
};

/** The buffer of a block; see `ModelHooks.buffer`. */
export class EventBuffer {
  #calls = 0;
  /** When the clock of `maybeFlush()` was started. */
  #since: number | undefined;

  constructor(
    private readonly flushScope: () => Promise<void>,
    private readonly options: Required<BufferOptions>,
    private readonly now: () => number,
  ) {}

  /**
   * Hands on the events that were committed so far, in this block and in those around it. Rejects if the database cannot be reached; they
   * are handed on later then.
   */
  async flush(): Promise<void> {
    await this.flushScope();
  }

  /** Flushes at each `flushFreq`th call, or `flushTimeoutMs` after the last flush; before the first flush, after the first call. */
  async maybeFlush(): Promise<void> {
    const { flushFreq, flushTimeoutMs } = this.options;
    this.#calls += 1;
    this.#since ??= this.now();
    if (this.#calls < flushFreq && this.now() - this.#since < flushTimeoutMs) return;
    await this.flush();
  }

  /** @internal */
  noteFlush(): void {
    this.#calls = 0;
    if (this.#since !== undefined) this.#since = this.now();
  }
}
