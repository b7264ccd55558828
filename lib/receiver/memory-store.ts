import { remember } from '../base/remember';
import { checkedOptions } from '../options/checked';
import { FUNCTION, numberFrom, type Shape } from '../options/rules';
import type { RepeatStore } from './verify-once';

/** Options of `memoryStore()`. */
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

const MEMORY_STORE_SHAPE: Shape<MemoryStoreOptions> = {
  max: numberFrom(1, Number.POSITIVE_INFINITY),
  now: FUNCTION,
};

/**
 * A store for a receiver that runs in one process. It forgets everything when the process ends.
 *
 * @example
 * const store = memoryStore({ max: 10_000 });
 */
export function memoryStore(options: MemoryStoreOptions = {}): RepeatStore {
  const { max, now } = { ...MEMORY_STORE_DEFAULTS, ...checkedOptions(options, MEMORY_STORE_SHAPE) };
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
