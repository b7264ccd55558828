/** Opens something; rejects when the signal is aborted. */
export type Start<Opened> = (signal: AbortSignal) => Promise<Opened>;

export interface FirstOfOptions<Opened> {
  /** The next start does not wait longer than this for the one before. */
  readonly delayMs: number;
  readonly signal: AbortSignal;
  /** Closes what came too late. */
  readonly discard: (opened: Opened) => void;
}

/**
 * The first that opens. Each start begins when the one before has failed, or after a delay; those before continue meanwhile. Rejects with
 * an `AggregateError` if all fail, or with their error if there was one start only.
 *
 * @see RFC 8305, "Happy Eyeballs Version 2".
 */
export function firstOf<Opened>(
  starts: readonly Start<Opened>[],
  { delayMs, signal, discard }: FirstOfOptions<Opened>,
): Promise<Opened> {
  const losing = new AbortController();
  return new Promise<Opened>((resolve, reject) => {
    const failures: unknown[] = [];
    let begun = 0;
    let timer: NodeJS.Timeout | undefined;
    let isOver = false;
    const end = (settle: () => void, reason: unknown): void => {
      isOver = true;
      clearTimeout(timer);
      signal.removeEventListener('abort', abort);
      settle();
      losing.abort(reason);
    };
    const abort = () => end(() => reject(signal.reason), signal.reason);
    const failed = (error: unknown): void => {
      if (isOver) return;
      failures.push(error);
      if (begun < starts.length) next();
      else if (failures.length === starts.length) end(() => reject(together(failures)), error);
    };
    const opened = (value: Opened): void => {
      if (isOver) discard(value);
      else end(() => resolve(value), new Error('another one was faster'));
    };
    const next = (): void => {
      clearTimeout(timer);
      const start = starts[begun];
      begun += 1;
      start?.(losing.signal).then(opened, failed);
      if (begun < starts.length) timer = setTimeout(next, delayMs);
    };
    if (signal.aborted) return abort();
    signal.addEventListener('abort', abort, { once: true });
    next();
  });
}

function together(failures: readonly unknown[]): unknown {
  return failures.length === 1 ? failures[0] : new AggregateError(failures);
}
