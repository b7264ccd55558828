import type { Query } from './database';
import { withoutKeysSql } from './listener-sql';
import type { Tables } from './tables';

export interface Deactivation {
  readonly id: string;
  /** Shown as the listener's `inactiveReason`. */
  readonly why: string;
}

/** A listener that a statement has just deactivated. */
export interface DeactivatedRow {
  readonly id: string;
  readonly reason: string;
  readonly hook: string | null;
  readonly pattern: string | null;
  readonly target: string;
  readonly owner: string | null;
  readonly key: string | null;
  readonly failing_since: Date | null;
}

/** Statements on listeners and their filters. */
export class ListenerRows {
  constructor(
    protected readonly query: Query,
    protected readonly tables: Tables,
  ) {}

  /**
   * The one way to deactivate listeners: events no longer find them, because their match keys are deleted in the same statement. With
   * `onlyActive`, those that are not active keep their reason and are not returned.
   */
  deactivate(
    listeners: readonly Deactivation[],
    { onlyActive }: { readonly onlyActive: boolean },
  ): Promise<readonly DeactivatedRow[]> {
    return this.query<DeactivatedRow>(
      `WITH off AS (
         UPDATE ${this.tables.listener} l SET active = false, inactive_reason = d.why, inactive_since = now(), updated_at = now()
         FROM json_to_recordset($1::json) AS d(id uuid, why text)
         WHERE l.id = d.id${onlyActive ? ' AND l.active' : ''}
         RETURNING l.id, l.keys, d.why AS reason, l.hook, l.pattern, l.target, l.owner, l.key, l.failing_since
       ), ${withoutKeysSql(this.tables, 'off')}
       SELECT id, reason, hook, pattern, target, owner, key, failing_since FROM off`,
      [JSON.stringify(listeners)],
    );
  }
}
