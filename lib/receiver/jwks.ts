import type { KeyObject } from 'node:crypto';
import { monotonicMs } from '../base/clock';
import { LONGEST_TIMER_MS } from '../base/deadline';
import { KeysUnavailableError } from '../errors/receiver-errors';
import { checkArgument, checkedOptions } from '../options/checked';
import { FUNCTION, numberFrom, type Rule, type Shape } from '../options/rules';
import { fetchedKeys, isKeySetUrl } from './key-set';

/** The options of `jwks()`. */
export interface JwksOptions {
  /** How long keys are used before they are read again, in milliseconds. @defaultValue `600000` */
  readonly maxAgeMs?: number;
  /** How long keys are used at most while the URL cannot be read, in milliseconds. @defaultValue `86400000` */
  readonly maxStaleMs?: number;
  /**
   * The least time between two requests to the URL, in milliseconds, so that forged signatures cannot make a receiver ask for keys again
   * and again. @defaultValue `30000`
   */
  readonly minDelayMs?: number;
  /** How long one request may take, in milliseconds. @defaultValue `5000` */
  readonly timeoutMs?: number;
  /** What makes the request. @defaultValue the global `fetch` */
  readonly fetch?: (url: string, init: RequestInit) => Promise<Response>;
  /** A clock that only moves forward, in milliseconds. @defaultValue `performance.now` */
  readonly now?: () => number;
}

export const JWKS_DEFAULTS = {
  maxAgeMs: 600_000,
  maxStaleMs: 86_400_000,
  minDelayMs: 30_000,
  timeoutMs: 5_000,
  fetch: (url, init) => fetch(url, init),
  now: monotonicMs,
} as const satisfies Required<JwksOptions>;

const DURATION = numberFrom(0, Number.POSITIVE_INFINITY);
const JWKS_SHAPE: Shape<JwksOptions> = {
  maxAgeMs: DURATION,
  maxStaleMs: DURATION,
  minDelayMs: DURATION,
  timeoutMs: numberFrom(1, LONGEST_TIMER_MS),
  fetch: FUNCTION,
  now: FUNCTION,
};

const KEY_SET_URL: Rule = {
  accepts: isKeySetUrl,
  expected: 'an https URL without user name and password; http is only for loopback',
};

/** Public keys of a sender, read from a URL. Made by `jwks()`. */
export interface KeySource {
  /** The keys. Rejects with `KEYS_UNAVAILABLE` if they cannot be read. */
  keys(): Promise<readonly KeyObject[]>;
  /** Keys that were read after those that are known, because none of these fits. Null if the URL was asked a short time ago. */
  newerKeys(known: readonly KeyObject[]): Promise<readonly KeyObject[] | null>;
}

/**
 * The public keys that a sender publishes as a JSON Web Key Set (RFC 7517): those of ed25519 (RFC 8037). They are kept, and read again
 * when they are old, or when a signature fits none of them. Make one object for each URL, and keep it. Throws `OPTION_INVALID`.
 *
 * @example
 * const keysOfSender = jwks('https://shop.example/hooks/.well-known/webhook-keys');
 * const { id, event } = await verify(request.headers, await request.text(), keysOfSender);
 */
export function jwks(url: string, options: JwksOptions = {}): KeySource {
  checkArgument('url', url, KEY_SET_URL);
  return new KeySet(url, { ...JWKS_DEFAULTS, ...checkedOptions(options, JWKS_SHAPE) });
}

export function isKeySource(value: unknown): value is KeySource {
  return value instanceof KeySet;
}

interface Read {
  readonly keys: readonly KeyObject[];
  readonly atMs: number;
}

class KeySet implements KeySource {
  #read: Read | undefined;
  #request: Promise<void> | undefined;
  /** When the last request began. */
  #askedAtMs = Number.NEGATIVE_INFINITY;
  /** Why the last request failed. */
  #failure: unknown;

  constructor(
    private readonly url: string,
    private readonly options: Required<JwksOptions>,
  ) {}

  async keys(): Promise<readonly KeyObject[]> {
    const { maxAgeMs, maxStaleMs } = this.options;
    if (!(this.#ageMs <= maxAgeMs)) await this.#ask();
    if (this.#read && this.#ageMs <= Math.max(maxAgeMs, maxStaleMs)) return this.#read.keys;
    throw new KeysUnavailableError(this.url, this.#failure);
  }

  async newerKeys(known: readonly KeyObject[]): Promise<readonly KeyObject[] | null> {
    if (this.#read?.keys === known) await this.#ask();
    return this.#read && this.#read.keys !== known ? this.#read.keys : null;
  }

  get #ageMs(): number {
    return this.#read ? this.options.now() - this.#read.atMs : Number.POSITIVE_INFINITY;
  }

  /** Asks for the keys, unless that was done a short time ago. Never rejects. */
  #ask(): Promise<void> {
    if (this.#request) return this.#request;
    const now = this.options.now();
    if (now - this.#askedAtMs < this.options.minDelayMs) return Promise.resolve();
    this.#askedAtMs = now;
    this.#request = this.#fetch().finally(() => {
      this.#request = undefined;
    });
    return this.#request;
  }

  async #fetch(): Promise<void> {
    try {
      const keys = await fetchedKeys(this.url, this.options);
      this.#read = { keys, atMs: this.options.now() };
      this.#failure = undefined;
    } catch (error) {
      this.#failure = error;
    }
  }
}
