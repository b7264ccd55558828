import { monotonicMs } from './clock';
import { timerMs } from './deadline';

/** A timer that is later than this was delayed by code that blocked the event loop. */
const LATE_MS = 50;

/**
 * Calls `fn` after this time, in which the event loop could work: if it was blocked when the time had passed, it gets as long again, at
 * most `ms` in all, because nothing could be received meanwhile. Returns a function that cancels the call.
 */
export function afterWorking(ms: number, fn: () => void, now = monotonicMs): () => void {
  let left = ms;
  let due = now() + ms;
  const look = () => {
    const lateMs = Math.min(now() - due, left);
    if (lateMs <= LATE_MS) return fn();
    left -= lateMs;
    due = now() + lateMs;
    timer = setTimeout(look, timerMs(lateMs));
  };
  let timer = setTimeout(look, timerMs(ms));
  return () => clearTimeout(timer);
}
