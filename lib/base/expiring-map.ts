import { monotonicMs } from './clock';
import { remember } from './remember';

/**
 * A map of at most `max` entries, which may expire. Setting an entry makes it the newest one; when the map is full, the oldest entry is
 * dropped.
 */
export class ExpiringMap<Key, Value> {
  readonly #entries = new Map<Key, Entry<Value>>();

  constructor(
    private readonly max: number,
    private readonly now = monotonicMs,
  ) {}

  /** `expiresAt` is a time of the map's clock. */
  set(key: Key, value: Value, expiresAt = Number.POSITIVE_INFINITY): void {
    remember(this.#entries, this.max, key, { value, expiresAt });
  }

  get(key: Key): Value | undefined {
    const entry = this.#entries.get(key);
    if (!entry || entry.expiresAt > this.now()) return entry?.value;
    this.#entries.delete(key);
    return undefined;
  }

  has(key: Key): boolean {
    return this.get(key) !== undefined;
  }

  /** False if there was no such entry. */
  delete(key: Key): boolean {
    const isThere = this.has(key);
    this.#entries.delete(key);
    return isThere;
  }

  /** Entries that have not expired, oldest first. An entry may be deleted meanwhile. */
  *[Symbol.iterator](): IterableIterator<readonly [Key, Value]> {
    for (const key of this.#entries.keys()) {
      const value = this.get(key);
      if (value !== undefined) yield [key, value];
    }
  }
}

interface Entry<Value> {
  readonly value: Value;
  readonly expiresAt: number;
}
