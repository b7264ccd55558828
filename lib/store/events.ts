import type { JsonRecord } from '../base/json';
import type { ListenerOptions } from '../options/listener';
import type { Query } from './database';
import type { Tables } from './tables';

/** The targets of an event as they are stored: encrypted as one text if one of them holds a secret. */
export type StoredTargets = readonly (string | ListenerOptions)[] | string;

/** An event as it is stored. */
export interface EventRow {
  readonly id: string;
  readonly hook: string;
  readonly event: string;
  readonly operation: 'insert' | 'update' | 'remove' | 'softRemove' | 'recover' | null;
  readonly ref: string | null;
  readonly sender: string | null;
  readonly headers: Readonly<Record<string, string>> | null;
  readonly data: JsonRecord;
  readonly previous: JsonRecord | null;
  /** Whether `previous` is stored as the database writes values, like `data`, and not as they are sent. */
  readonly raw_previous: boolean;
  /** What the hook's `resolve` returned; null if it returned no targets. */
  readonly targets: StoredTargets | null;
  readonly occurred_at: Date;
  /** Identifies the row that the event is about; null if it is about none. */
  readonly row_id: string | null;
  /** Order among the events of one row: drawn while the row was locked. Null for an event of an earlier release. */
  readonly sequence: string | null;
}

/** The columns of an `EventRow`. */
export const EVENT_COLUMNS =
  'id, hook, event, operation, ref, sender, headers, data, previous, raw_previous, targets, occurred_at, row_id, sequence';

/** Which events a process can plan. */
export interface PlannableHere {
  /** Names of the hooks that are attached in this process. */
  readonly hooks: readonly string[];
  /** Ids of the encryption keys that this process has. */
  readonly encryptionKeyIds: readonly string[];
}

/** The result of passing over events that no listener wants. */
export interface PassedEvents {
  /** How many plannable events were looked at. */
  readonly due: number;
  /** Ids of those that are planned now, without a delivery. */
  readonly passed: readonly string[];
}

/** Statements that claim, read and mark stored events. `OutboxRows` writes them. */
export class Events {
  constructor(
    protected readonly query: Query,
    protected readonly tables: Tables,
  ) {}

  /**
   * Marks events that no listener can want as planned, without reading them. One statement, so that it sees each listener that was
   * stored before the event. The commit does not wait for the disk, because saves would then wait too: if the database crashes, the
   * events are passed over again.
   */
  async passUnwanted(here: PlannableHere, limit: number): Promise<PassedEvents> {
    const { event, listener } = this.tables;
    const [row] = await this.query<PassedEvents>(
      `WITH due AS (
         SELECT id, hook, event, targets IS NOT NULL AS resolved FROM ${event} WHERE ${plannableSql('here')}
         ORDER BY id LIMIT $3 FOR UPDATE SKIP LOCKED
       ), names AS (
         SELECT hook, event FROM due GROUP BY hook, event HAVING NOT bool_or(resolved) AND NOT EXISTS (
           SELECT FROM ${listener} l WHERE l.active AND NOT l.dynamic AND (l.hook = due.hook OR l.pattern IN (due.event, '*',
             split_part(due.event, '.', 1) || '.*', '*.' || substr(due.event, strpos(due.event, '.') + 1))))
       ), passed AS (
         UPDATE ${event} e SET planned_at = clock_timestamp() FROM due JOIN names USING (hook, event)
         WHERE e.id = due.id RETURNING e.id
       ) SELECT (SELECT count(*)::int FROM due) AS due, coalesce(array_agg(id), '{}') AS passed,
         set_config('synchronous_commit', 'off', true) FROM passed`,
      [...plannableParameters(here), limit],
    );
    return row ?? { due: 0, passed: [] };
  }

  /** Marks events as planned and returns them, oldest first. Events that another process is planning are skipped. */
  async claim(here: PlannableHere, limit: number): Promise<readonly EventRow[]> {
    const { event } = this.tables;
    const rows = await this.query<EventRow>(
      `UPDATE ${event} SET planned_at = clock_timestamp() WHERE id IN (
         SELECT id FROM ${event} WHERE ${plannableSql('here')} ORDER BY id LIMIT $3 FOR UPDATE SKIP LOCKED
       ) RETURNING ${EVENT_COLUMNS}`,
      [...plannableParameters(here), limit],
    );
    return rows.sort((a, b) => (a.id < b.id ? -1 : 1));
  }

  /** Marks events that cannot be decoded, so that they are not sent. */
  async skipUnreadable(ids: readonly string[]): Promise<void> {
    if (ids.length === 0) return;
    await this.query(
      `UPDATE ${this.tables.event} SET skipped = 'unreadable' WHERE id = ANY($1::uuid[])`,
      [ids],
    );
  }

  /** In no order; ids that are not stored are left out. */
  async read(ids: readonly string[]): Promise<readonly EventRow[]> {
    if (ids.length === 0) return [];
    return this.query<EventRow>(
      `SELECT ${EVENT_COLUMNS} FROM ${this.tables.event} WHERE id = ANY($1::uuid[])`,
      [ids],
    );
  }
}

/**
 * The one predicate that says which events may be planned: `'anywhere'`, by whichever process, or `'here'`, by this one. `'here'` needs
 * `plannableParameters` as the first parameters of the statement. Events of hooks that are attached in other processes only, and
 * targets that only other processes can decrypt, are left to those.
 */
export function plannableSql(where: 'anywhere' | 'here'): string {
  const plannable = 'planned_at IS NULL';
  if (where === 'anywhere') return plannable;
  return `${plannable} AND hook = ANY($1::text[])
    AND (targets IS NULL OR json_typeof(targets) = 'array' OR ${TARGETS_KEY_ID_SQL} = ANY($2::text[]))`;
}

/** `$1` and `$2` of `plannableSql('here')`. */
export function plannableParameters({ hooks, encryptionKeyIds }: PlannableHere) {
  return [hooks, encryptionKeyIds] as const;
}

/** Id of the encryption key of an event's `targets`, which are the text `enc:v1:<key id>:…`. */
export const TARGETS_KEY_ID_SQL = `split_part(targets #>> '{}', ':', 3)`;
