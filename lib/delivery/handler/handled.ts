import { setTimeout as sleep } from 'node:timers/promises';
import { beginning } from '../../base/beginning';
import { timerMs } from '../../base/deadline';

/** How the call of a function of the application ended. */
export type Handled =
  | { readonly kind: 'returned'; readonly value: unknown }
  | { readonly kind: 'threw'; readonly error: unknown }
  | { readonly kind: 'timedOut'; readonly timeoutMs: number }
  /** The process stopped before it ended. */
  | { readonly kind: 'stopped' };

export interface CallLimits {
  readonly timeoutMs: number;
  /** Aborted when the process stops. */
  readonly signal: AbortSignal;
}

/**
 * Calls a function of the application. Never rejects, and ends at the time limit, whatever the function does: its signal is aborted
 * then, and what it returns or throws later is ignored.
 */
export async function handled(
  call: (signal: AbortSignal) => unknown,
  { timeoutMs, signal }: CallLimits,
): Promise<Handled> {
  if (signal.aborted) return { kind: 'stopped' };
  const deadline = new AbortController();
  const ended = new AbortController();
  const stop = () => deadline.abort(signal.reason);
  signal.addEventListener('abort', stop, { once: true });
  const called = (async () =>
    ({ kind: 'returned', value: await call(deadline.signal) }) as const)();
  const result = called.catch((error: unknown) => ({ kind: 'threw', error }) as const);
  const stopped = new Promise<Handled>((resolve) => {
    deadline.signal.addEventListener('abort', () => resolve({ kind: 'stopped' }), { once: true });
  });
  const timedOut = sleep(timerMs(timeoutMs), { kind: 'timedOut', timeoutMs } as const, {
    signal: ended.signal,
  });
  timedOut.catch(() => undefined);
  try {
    const first = await Promise.race<Handled>([result, stopped, timedOut]);
    if (first.kind === 'timedOut')
      deadline.abort(new Error(`It did not end within ${timeoutMs} ms.`));
    return first;
  } finally {
    ended.abort();
    signal.removeEventListener('abort', stop);
  }
}

/** Characters that are stored of what a function threw. */
const STORED_OF_ERROR = 4_000;

/** What was thrown, as text: the stack of an error. */
export function thrownText(error: unknown): string {
  return beginning(shown(error), STORED_OF_ERROR);
}

/** Reading a stack and converting an object to text may throw again. */
function shown(error: unknown): string {
  try {
    if (error instanceof Error) return String(error.stack ?? error);
    return `the handler threw ${typeof error === 'object' ? JSON.stringify(error) : String(error)}`;
  } catch {
    return `the handler threw a value of type ${typeof error}`;
  }
}
