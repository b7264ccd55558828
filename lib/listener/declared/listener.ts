import type { JsonValue } from '../../base/json';
import type { Operation } from '../../hook/operation';
import type { StoredCondition } from '../../match/operand';
import type { BodyFormat } from '../../options/body-format';
import type { ListenerDeliveryOptions } from '../../options/delivery';
import type { ShownHeaderValue } from '../../options/header-value';
import type { ContentType, Digest } from '../../options/listener';

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
