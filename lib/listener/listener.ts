import type { ListenerDeliveryOptions } from '../delivery/options';
import type { Operation } from '../hook/operation';
import type { BodyFormat } from '../hook/options';
import type { JsonValue } from '../json';
import type { StoredCondition } from '../match/operand';
import type { HeaderValue, ShownHeaderValue } from './header-value';

export const DIGESTS = ['sha1', 'sha256', 'sha384', 'sha512'] as const;
export type Digest = (typeof DIGESTS)[number];

export const CONTENT_TYPES = ['application/json', 'application/x-www-form-urlencoded'] as const;
export type ContentType = (typeof CONTENT_TYPES)[number];

/** What one names to declare a listener. Only the target is required. */
export interface ListenerOptions {
  readonly url: string;
  /** @defaultValue `whsec_` and 32 random bytes in base64 */
  readonly secret?: string;
  /** Of `Hook-HMAC`. @defaultValue `'sha256'` */
  readonly digest?: Digest;
  /** @defaultValue `'application/json'` */
  readonly contentType?: ContentType;
  /** @defaultValue the hook's */
  readonly format?: BodyFormat;
  /** Extra request headers. A value that nobody is to read again is a `secret('…')`. */
  readonly headers?: Readonly<Record<string, HeaderValue>>;
  /** Hear only events whose sender is this one. */
  readonly owner?: string;
  /** Names the listener among its owner's, so that everything else about it may be changed by saving it again. */
  readonly key?: string;
  /** Whatever the application wants to keep with it. */
  readonly config?: { readonly [key: string]: JsonValue };
  /** `false`: what a 2xx reply says is not read. @defaultValue `true` */
  readonly replies?: boolean;
  readonly delivery?: ListenerDeliveryOptions;
  /** Deliveries about one row arrive in the order of its commits, each after the one before has ended. @defaultValue `false` */
  readonly ordered?: boolean;
  /** Attempts begun within a second at most, by all processes together. @defaultValue no limit */
  readonly maxPerSecond?: number;
}

/** A stored listener. `secret` is there only in what the `save()` that created it and `rotateSecret` return. */
export interface Listener {
  readonly id: string;
  readonly hook: string | null;
  /** Null: all operations. */
  readonly operations: readonly Operation[] | null;
  /** Event name or wildcard of a listener that belongs to no hook. */
  readonly pattern: string | null;
  readonly target: string;
  readonly match: readonly StoredCondition[];
  readonly contentType: ContentType;
  readonly format: BodyFormat | null;
  readonly secret?: string;
  readonly digest: Digest;
  /** In the place of secret values stands `{ secret: null }`. */
  readonly headers: Readonly<Record<string, ShownHeaderValue>>;
  readonly owner: string | null;
  readonly key: string | null;
  readonly config: { readonly [key: string]: JsonValue };
  readonly replies: boolean;
  readonly delivery: ListenerDeliveryOptions;
  readonly ordered: boolean;
  /** Null: no limit. */
  readonly maxPerSecond: number | null;
  readonly active: boolean;
  /** Why and since when it is not active. */
  readonly inactiveReason: string | null;
  readonly inactiveSince: Date | null;
  readonly pausedUntil: Date | null;
  /** Made for single events, by a hook's `resolve`. */
  readonly dynamic: boolean;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}
