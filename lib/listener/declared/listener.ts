import type { JsonValue } from '../../base/json';
import type { Operation } from '../../hook/operation';
import type { StoredCondition } from '../../match/operand';
import type { BatchOptions } from '../../options/batch';
import type { BodyFormat } from '../../options/body-format';
import type { ListenerDeliveryOptions } from '../../options/delivery';
import type { ShownHeaderValue } from '../../options/header-value';
import type { ContentType, Digest, SignatureKind } from '../../options/listener';

/** A stored listener. Only `rotateSecret` and the `save()` that created it return the `secret`. */
export interface Listener {
  readonly id: string;
  readonly hook: string | null;
  /** Null: all operations. */
  readonly operations: readonly Operation[] | null;
  /** The event name or wildcard of a listener without a hook. */
  readonly pattern: string | null;
  readonly target: string;
  readonly match: readonly StoredCondition[];
  readonly contentType: ContentType;
  readonly format: BodyFormat | null;
  readonly secret?: string;
  readonly digest: Digest;
  readonly signature: SignatureKind;
  /** A secret value is shown as `{ secret: null }`. */
  readonly headers: Readonly<Record<string, ShownHeaderValue>>;
  readonly owner: string | null;
  readonly key: string | null;
  readonly config: { readonly [key: string]: JsonValue };
  readonly replies: boolean;
  readonly delivery: ListenerDeliveryOptions;
  readonly ordered: boolean;
  /** Null: no limit. */
  readonly maxPerSecond: number | null;
  /** Null: one request for each event. */
  readonly batch: BatchOptions | null;
  /** The fields that it gets. Null: all that the hook provides. */
  readonly select: readonly string[] | null;
  readonly active: boolean;
  /** Why it is not active. */
  readonly inactiveReason: string | null;
  /** Since when it is not active. */
  readonly inactiveSince: Date | null;
  readonly pausedUntil: Date | null;
  /** Created for a target that a hook's `resolve` returned. */
  readonly dynamic: boolean;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

/** Which events a listener wants, as far as its match keys say. */
export interface KeyedEvents {
  readonly hook: string | null;
  readonly pattern: string | null;
  readonly operations: readonly string[] | null;
  readonly owner: string | null;
  readonly match: readonly StoredCondition[];
}

/** Which events a listener wants. */
export interface WantedEvents extends KeyedEvents {
  /** An update is wanted if it changed one of these fields. Null: all. */
  readonly select: readonly string[] | null;
}
