import { withSecrets } from '../../options/header-value';
import { formatOf } from '../../store/listener-columns';
import type { ListenerRow } from '../../store/listener-rows';
import type { Listener } from '../declared/listener';
import type { NormalListener } from './normal';
import type { StoredSecrets } from './sealing';

/** A listener with its secrets, which are never shown. */
export interface StoredListener {
  readonly listener: Listener;
  readonly identity: string;
  readonly secrets: StoredSecrets;
  readonly failingSince: Date | null;
}

/** A listener that was created or updated. */
export interface Saved {
  readonly id: string;
  readonly created: boolean;
  readonly createdAt: Date;
  readonly listener: NormalListener;
}

/** A listener that was created just now, with its secret. */
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

export function toListener(row: ListenerRow): Listener {
  const listener = {
    id: row.id,
    hook: row.hook,
    operations: row.operations,
    pattern: row.pattern,
    target: row.target,
    match: row.match,
    contentType: row.content_type,
    format: formatOf(row.format),
    digest: row.digest,
    signature: row.signature,
    headers: withSecrets(row.headers, () => ({ secret: null })),
    owner: row.owner,
    key: row.key,
    config: row.config,
    replies: row.replies,
    delivery: row.delivery,
    ordered: row.ordered,
    maxPerSecond: row.max_per_second,
    batch: row.batch,
    select: row.selected,
    active: row.active,
    inactiveReason: row.inactive_reason,
    inactiveSince: row.inactive_since,
    pausedUntil: row.paused_until,
    dynamic: row.dynamic,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  };
  // The columns hold only what validation accepted.
  return listener as Listener;
}
