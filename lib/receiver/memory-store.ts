import { remember } from '../base/remember';
import { OptionInvalidError } from '../errors/option-errors';
import type { RepeatStore } from './verify-once';

export interface MemoryStoreOptions {
  /** Ids that are kept at once; beyond this, the oldest is forgotten. @defaultValue `100000` */
  readonly max?: number;
  /** The clock, in milliseconds. @defaultValue `Date.now` */
  readonly now?: () => number;
}

export const MEMORY_STORE_DEFAULTS = {
  max: 100_000,
  now: Date.now,
} as const satisfies Required<MemoryStoreOptions>;

/**
 * A store for a receiver that runs in one process. It forgets everything when the process ends.
 *
 * @example
 * const store = memoryStore({ max: 10_000 });
 */
export function memoryStore({
  max = MEMORY_STORE_DEFAULTS.max,
  now = MEMORY_STORE_DEFAULTS.now,
}: MemoryStoreOptions = {}): RepeatStore {
  if (!(max >= 1)) throw new OptionInvalidError('max', 'a number from 1 up');
  const expiries = new Map<string, number>();
  return {
    add(id, ttlMs) {
      const isNew = !((expiries.get(id) ?? Number.NEGATIVE_INFINITY) > now());
      if (!isNew) return false;
      remember(expiries, max, id, now() + ttlMs);
      return true;
    },
    delete: (id) => expiries.delete(id),
  };
}
