import type { StoredCondition } from '../../match/operand';
import { withSecrets } from '../../options/header-value';
import type { Listener } from '../declared/listener';
import type { ListenerValues, NormalListener } from './normal';
import type { SecretColumns, StoredSecrets } from './sealing';

/** A listener with what only the sender of its deliveries may see. */
export interface StoredListener {
  readonly listener: Listener;
  readonly identity: string;
  readonly secrets: StoredSecrets;
  readonly failingSince: Date | null;
}

export interface Saved {
  readonly id: string;
  readonly created: boolean;
  readonly createdAt: Date;
  readonly listener: NormalListener;
}

/** A listener as it was created just now. */
export function createdListener({ id, createdAt, listener: { row, match } }: Saved): Listener {
  const fresh = {
    id,
    match,
    active: true,
    inactive_reason: null,
    inactive_since: null,
    paused_until: null,
    failing_since: null,
    dynamic: false,
    created_at: createdAt,
    updated_at: createdAt,
  };
  return Object.assign(toListener(Object.assign(fresh, row)), { secret: row.secret });
}

export interface ListenerRow extends ListenerValues {
  readonly id: string;
  readonly active: boolean;
  readonly inactive_reason: string | null;
  readonly inactive_since: Date | null;
  readonly paused_until: Date | null;
  readonly dynamic: boolean;
  readonly failing_since: Date | null;
  readonly created_at: Date;
  readonly updated_at: Date;
  readonly match: readonly StoredCondition[];
}

/** A row as it is read, of whichever release. */
export type StoredRow = ListenerRow & SecretColumns;

export function toListener(row: ListenerRow): Listener {
  const listener = {
    id: row.id,
    hook: row.hook,
    operations: row.operations,
    pattern: row.pattern,
    target: row.target,
    match: row.match,
    contentType: row.content_type,
    format: row.format,
    digest: row.digest,
    headers: withSecrets(row.headers, () => ({ secret: null })),
    owner: row.owner,
    key: row.key,
    config: row.config,
    replies: row.replies,
    delivery: row.delivery,
    ordered: row.ordered,
    maxPerSecond: row.max_per_second,
    active: row.active,
    inactiveReason: row.inactive_reason,
    inactiveSince: row.inactive_since,
    pausedUntil: row.paused_until,
    dynamic: row.dynamic,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  };
  // The columns hold only what validation let in.
  return listener as Listener;
}
