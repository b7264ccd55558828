import { OptionInvalidError } from '../errors/option-errors';
import { checkedOptions } from '../options/checked';
import { numberFrom, type Rule, type Shape } from '../options/rules';
import type { VerifyKeys } from './keys';
import type { ReceivedHeaders } from './received-headers';
import type { VerifiedEvent } from './verified';
import { VERIFY_DEFAULTS, VERIFY_SHAPE, type VerifyOptions, verify } from './verify';

/** Remembers ids for a time. A store that several processes share must add atomically, as Redis does with `SET id 1 NX PX ttlMs`. */
export interface RepeatStore {
  /** Adds an id; true if it was not in the store. */
  add(id: string, ttlMs: number): boolean | Promise<boolean>;
  /** Removes an id. */
  delete(id: string): unknown;
}

/** Options of `verifyOnce()`. */
export interface OnceOptions extends VerifyOptions {
  /** Where ids are remembered. */
  readonly store: RepeatStore;
  /**
   * How long an id is remembered, in milliseconds. At least twice `toleranceMs`, so that no request can be replayed. The default is
   * longer than a delivery is retried by default. @defaultValue `172800000`
   */
  readonly ttlMs?: number;
}

export const ONCE_DEFAULTS = { ttlMs: 172_800_000 } as const satisfies Omit<
  Required<OnceOptions>,
  'store' | keyof VerifyOptions
>;

const STORE: Rule = {
  accepts: (value) =>
    typeof value === 'object' &&
    value !== null &&
    'add' in value &&
    typeof value.add === 'function',
  expected: 'an object with the functions add and delete, such as memoryStore()',
  isRequired: true,
};

const ONCE_SHAPE: Shape<OnceOptions> = {
  ...VERIFY_SHAPE,
  store: STORE,
  ttlMs: numberFrom(0, Number.POSITIVE_INFINITY),
};

/** A verified request. */
export type VerifiedOnce<Events = unknown> = VerifiedEvent<Events> & {
  /** Whether the id was received before. */
  readonly isRepeat: boolean;
};

/**
 * Verifies a request and remembers its id. Deliveries come at least once: answer a repeat with a 2xx and do nothing. If your work fails,
 * call `store.delete(id)` before you answer, so that the next attempt is not a repeat. Rejects as `verify` throws; the id of a refused
 * request is not remembered.
 *
 * @example
 * const rawBody = await request.text();
 * const { isRepeat } = await verifyOnce(request.headers, rawBody, secretOfListener, { store: memoryStore() });
 */
export async function verifyOnce<Events = unknown>(
  headers: ReceivedHeaders,
  rawBody: string | Uint8Array,
  key: VerifyKeys,
  given: OnceOptions,
): Promise<VerifiedOnce<Events>> {
  const { store, ttlMs, ...options } = { ...ONCE_DEFAULTS, ...checkedOptions(given, ONCE_SHAPE) };
  const { toleranceMs = VERIFY_DEFAULTS.toleranceMs } = options;
  // Without a tolerance, nothing limits when a request may be replayed.
  const leastMs = Number.isFinite(toleranceMs) ? 2 * toleranceMs : 1;
  if (!(ttlMs >= leastMs))
    throw new OptionInvalidError('ttlMs', `at least twice toleranceMs, ${leastMs}`);
  const verified = await verify<Events>(headers, rawBody, key, options);
  return { ...verified, isRepeat: !(await store.add(verified.id, ttlMs)) };
}
