import type { Query } from './database';
import { EVENT_SOURCE_COLUMNS, type EventInsert } from './event-insert';
import { type StoredTargets, TARGETS_KEY_ID_SQL } from './events';
import type { Tables } from './tables';

/**
 * The one INSERT of event rows, so that every source of events writes them alike. Each of `selects` is a SELECT of these columns; the
 * caller may add RETURNING, or use it as a common table expression.
 */
export function insertEventsSql(
  { event }: Tables,
  columns: readonly string[],
  selects: readonly string[],
): string {
  return `INSERT INTO ${event} (${columns.join(', ')}) ${selects.join(' UNION ALL ')}`;
}

/** The values that all events of one INSERT share. */
export interface EventOrigin {
  readonly processId: string;
  /** Why the events are never planned; null if they are. */
  readonly skipped: string | null;
  /** What is put before the shapes of events that a buffer holds back; see `bufferPrefix`. Left out: nothing. */
  readonly buffer?: string | undefined;
  /** Whether they count as planned: their deliveries are stored in the same transaction. Left out: no. */
  readonly isPlanned?: boolean;
  /** The context of events that name none of their own, as JSON. Left out: none. */
  readonly context?: string | null;
  /** The same for the span. */
  readonly trace?: string | null;
}

export interface TargetsRow {
  readonly id: string;
  readonly targets: StoredTargets;
}

/** Statements that write stored events, in the transaction of the change that they are about. */
export class OutboxRows {
  constructor(
    protected readonly query: Query,
    protected readonly tables: Tables,
  ) {}

  async insert(insert: EventInsert, origin: EventOrigin): Promise<void> {
    await this.query(this.insertSql(insert, origin), insert.parameters);
  }

  /** The INSERT itself, without RETURNING. Its parameters are those of `insert`. */
  insertSql(
    insert: EventInsert,
    { processId, skipped, buffer, isPlanned = skipped !== null, context, trace }: EventOrigin,
  ): string {
    const { sources } = insert;
    const general = new Map<string, string>();
    if (context) general.set('context', insert.parameter(context, 'json'));
    if (trace) general.set('trace', insert.parameter(trace, 'json'));
    // PostgreSQL plans this anew for each save, which takes longer than running it: columns that are null are left out.
    const columns = EVENT_SOURCE_COLUMNS.filter(
      ([name]) => general.has(name) || sources.some(({ values }) => values[name]),
    );
    const shared = new Map([['process_id', insert.parameter(processId, 'uuid')]]);
    if (skipped !== null) shared.set('skipped', insert.parameter(skipped, 'text'));
    if (isPlanned) shared.set('planned_at', 'now()');
    const marks =
      buffer === undefined || isPlanned ? '' : `${insert.parameter(buffer, 'text')} || `;
    const selects = sources.map(({ values, from }) => {
      const own = columns.map(([name, missing]) => {
        const value = values[name] ?? general.get(name) ?? missing;
        return name === 'shape' ? marks + value : value;
      });
      return `SELECT ${[...own, ...shared.values()].join(', ')} FROM ${from}`;
    });
    const names = [...columns.map(([name]) => name), ...shared.keys()];
    return insertEventsSql(this.tables, names, selects);
  }

  /** Makes the transaction fail: a caller who ignores the error and commits would otherwise keep a row without its event. */
  async spoilTransaction(): Promise<void> {
    await this.query(
      "DO $$ BEGIN RAISE EXCEPTION 'typeorm-model-hooks: an event of this transaction could not be captured'; END $$",
    ).catch(() => undefined);
  }

  /** Targets of events that are still to be planned, in the order of their ids. Those of planned events are never decrypted again. */
  targetsPage(after: string | null, limit: number): Promise<readonly TargetsRow[]> {
    return this.query<TargetsRow>(
      `SELECT id, targets FROM ${this.tables.event} WHERE planned_at IS NULL AND targets IS NOT NULL
       AND ($1::uuid IS NULL OR id > $1) ORDER BY id LIMIT $2`,
      [after, limit],
    );
  }

  /** The same rows as they are now, locked. */
  lockTargets(ids: readonly string[]): Promise<readonly TargetsRow[]> {
    return this.query<TargetsRow>(
      `SELECT id, targets FROM ${this.tables.event} WHERE id = ANY($1) AND planned_at IS NULL ORDER BY id FOR UPDATE`,
      [ids],
    );
  }

  async writeTargets(rows: readonly TargetsRow[]): Promise<void> {
    await this.query(
      `UPDATE ${this.tables.event} e SET targets = r.targets FROM json_to_recordset($1::json) AS r(id uuid, targets json)
       WHERE e.id = r.id`,
      [JSON.stringify(rows)],
    );
  }

  /** Ids of the encryption keys that targets of events which are still to be planned are encrypted with. */
  async targetKeyIds(): Promise<readonly string[]> {
    const rows = await this.query<{ id: string }>(
      `SELECT DISTINCT ${TARGETS_KEY_ID_SQL} AS id FROM ${this.tables.event}
       WHERE planned_at IS NULL AND targets IS NOT NULL AND json_typeof(targets) = 'string'`,
    );
    return rows.map(({ id }) => id);
  }
}
