import type { JsonRecord } from '../base/json';
import type { Query } from './database';
import { asText } from './event-insert';
import type { Tables } from './tables';

/** A schedule as it is stored, or an event that is fired once. */
export interface ScheduleRow {
  readonly id: string;
  readonly name: string;
  /** Whether it is deleted when it has fired. */
  readonly once: boolean;
  readonly cron: string | null;
  readonly every_ms: number | null;
  readonly timezone: string;
  readonly catch_up: string;
  readonly data: JsonRecord;
  /** The context of the code that called `hooks.at`. Null for all other schedules. */
  readonly context: JsonRecord | null;
  readonly enabled: boolean;
  /** Null if it never fires again. */
  readonly next_due_at: Date | null;
  readonly last_due_at: Date | null;
  readonly created_at: Date;
  readonly updated_at: Date;
  /** The clock of the database when the row was read. */
  readonly now: Date;
}

/** The columns that a caller gives. */
export type ScheduleValues = Omit<ScheduleRow, 'last_due_at' | 'created_at' | 'updated_at' | 'now'>;

/** What firing changes about a row. */
export type Advance = Pick<ScheduleRow, 'id' | 'next_due_at' | 'last_due_at'>;

/** How long a process has fired schedules without a gap, and for how long it is expected to go on. */
export interface FiringSpan {
  readonly since: Date;
  readonly until: Date;
}

const columnsOf = (of: string) =>
  `${of}.id, ${of}.name, ${of}.once, ${of}.cron, ${of}.every_ms, ${of}.timezone, ${of}.catch_up, ${of}.data, ${of}.context, ${of}.enabled,
  ${of}.next_due_at, ${of}.last_due_at, ${of}.created_at, ${of}.updated_at, clock_timestamp() AS now`;

const VALUES = `id uuid, name text, once boolean, cron text, every_ms float8, timezone text, catch_up text, data text, context text, enabled boolean,
  next_due_at timestamptz`;

/** Statements on schedules, and on the processes that fire them. */
export class ScheduleRows {
  constructor(
    private readonly query: Query,
    private readonly tables: Tables,
  ) {}

  /** The clock of the database. */
  async clock(): Promise<Date> {
    const [row] = await this.query<{ now: Date }>('SELECT clock_timestamp() AS now');
    return (row as { now: Date }).now;
  }

  /** Adds a row. Returns it, or null if a schedule of that name exists. */
  async insert(values: ScheduleValues): Promise<ScheduleRow | null> {
    const rows = await this.query<ScheduleRow>(
      `INSERT INTO ${this.tables.schedule} AS s (id, name, once, cron, every_ms, timezone, catch_up, data, context, enabled, next_due_at)
       SELECT id, name, once, cron, every_ms, timezone, catch_up, data::json, context::json, enabled, next_due_at
       FROM json_to_record($1::json) AS r(${VALUES})
       ON CONFLICT (name) WHERE NOT once DO NOTHING RETURNING ${columnsOf('s')}`,
      [recordOf(values)],
    );
    return rows[0] ?? null;
  }

  /** Replaces the values of a schedule. */
  async update(values: ScheduleValues): Promise<ScheduleRow> {
    const [row] = await this.query<ScheduleRow>(
      `UPDATE ${this.tables.schedule} s SET cron = r.cron, every_ms = r.every_ms, timezone = r.timezone, catch_up = r.catch_up,
         data = r.data::json, enabled = r.enabled, next_due_at = r.next_due_at, updated_at = clock_timestamp()
       FROM json_to_record($1::json) AS r(${VALUES}) WHERE s.id = r.id RETURNING ${columnsOf('s')}`,
      [recordOf(values)],
    );
    return row as ScheduleRow;
  }

  /** By name. */
  find(enabled: boolean | null): Promise<readonly ScheduleRow[]> {
    return this.query<ScheduleRow>(
      `SELECT ${columnsOf('s')} FROM ${this.tables.schedule} s WHERE NOT once AND ($1::boolean IS NULL OR enabled = $1) ORDER BY name`,
      [enabled],
    );
  }

  async names(): Promise<readonly string[]> {
    const rows = await this.query<{ name: string }>(
      `SELECT name FROM ${this.tables.schedule} WHERE NOT once`,
    );
    return rows.map(({ name }) => name);
  }

  async get(name: string): Promise<ScheduleRow | null> {
    return this.#one(name, '');
  }

  /** Firing it waits until the transaction ends. */
  async lock(name: string): Promise<ScheduleRow | null> {
    return this.#one(name, 'FOR UPDATE');
  }

  /** Deletes a schedule. Returns false if it did not exist. */
  async remove(name: string): Promise<boolean> {
    const rows = await this.query(
      `DELETE FROM ${this.tables.schedule} WHERE name = $1 AND NOT once RETURNING id`,
      [name],
    );
    return rows.length > 0;
  }

  /** Deletes events that fire once, by their ids. Returns how many there were. */
  async removeOnce(ids: readonly string[]): Promise<number> {
    if (ids.length === 0) return 0;
    const rows = await this.query(
      `DELETE FROM ${this.tables.schedule} WHERE id = ANY($1::uuid[]) AND once RETURNING id`,
      [ids],
    );
    return rows.length;
  }

  /** Milliseconds until the next due time by the clock of the database, negative if it has passed; null if there is none. */
  async nextDueMs(exceptIds: readonly string[]): Promise<number | null> {
    const [row] = await this.query<{ ms: number }>(
      `SELECT (extract(epoch FROM next_due_at - clock_timestamp()) * 1000)::float8 AS ms FROM ${this.tables.schedule}
       WHERE enabled AND next_due_at IS NOT NULL AND id <> ALL($1::uuid[]) ORDER BY next_due_at LIMIT 1`,
      [exceptIds],
    );
    return row?.ms ?? null;
  }

  /** Locks rows that are due, the oldest first. Those that another process is firing are skipped. */
  claimDue(limit: number, exceptIds: readonly string[]): Promise<readonly ScheduleRow[]> {
    return this.query<ScheduleRow>(
      `SELECT ${columnsOf('s')} FROM ${this.tables.schedule} s
       WHERE enabled AND next_due_at <= clock_timestamp() AND id <> ALL($2::uuid[])
       ORDER BY next_due_at LIMIT $1 FOR UPDATE SKIP LOCKED`,
      [limit, exceptIds],
    );
  }

  /** Moves due times on. A row without a last due time keeps the one that it has. */
  async advance(rows: readonly Advance[]): Promise<void> {
    if (rows.length === 0) return;
    await this.query(
      `UPDATE ${this.tables.schedule} s SET next_due_at = r.next_due_at, last_due_at = coalesce(r.last_due_at, s.last_due_at)
       FROM json_to_recordset($1::json) AS r(id uuid, next_due_at timestamptz, last_due_at timestamptz) WHERE s.id = r.id`,
      [JSON.stringify(rows)],
    );
  }

  /**
   * Stores that a process fires schedules, for the next `forMs`. It was there without a gap if it comes back within `lateMs` after that.
   * Returns since when it is there; null if the process is unknown.
   */
  async fires(processId: string, forMs: number, lateMs: number): Promise<Date | null> {
    const [row] = await this.query<{ since: Date }>(
      `UPDATE ${this.tables.process} SET fires_until = clock_timestamp() + $2::float8 * interval '1 millisecond',
         fires_since = CASE WHEN fires_until >= clock_timestamp() - $3::float8 * interval '1 millisecond' THEN fires_since ELSE clock_timestamp() END
       WHERE id = $1 RETURNING fires_since AS since`,
      [processId, forMs, lateMs],
    );
    return row?.since ?? null;
  }

  /** When each process has fired schedules. */
  firingSpans(): Promise<readonly FiringSpan[]> {
    return this.query<FiringSpan>(
      `SELECT fires_since AS since, fires_until AS until FROM ${this.tables.process} WHERE fires_until IS NOT NULL`,
    );
  }

  async #one(name: string, lock: string): Promise<ScheduleRow | null> {
    const rows = await this.query<ScheduleRow>(
      `SELECT ${columnsOf('s')} FROM ${this.tables.schedule} s WHERE name = $1 AND NOT once ${lock}`,
      [name],
    );
    return rows[0] ?? null;
  }
}

/** `data` is passed as text: PostgreSQL refuses an escaped NUL in a record, even in a member of type json. */
function recordOf({ data, context, ...values }: ScheduleValues): string {
  return JSON.stringify({ ...values, data: JSON.stringify(data), context: asText(context) });
}
