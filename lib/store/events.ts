import type { JsonRecord } from '../base/json';
import type { PlainTargets } from '../options/listener';
import type { Query } from './database';
import type { Tables } from './tables';

/** The targets of an event as they are stored: encrypted as one text if one of them holds a secret. */
export type StoredTargets = PlainTargets | string;

/** A span as it is stored, in the notation of W3C Trace Context. */
export interface StoredTrace {
  readonly traceparent: string;
  readonly tracestate?: string;
}

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
  /** Which fields it holds: the shape of its hook in the process that wrote it, `ANY_SHAPE` or `LEFT_SHAPE`. */
  readonly shape: string;
  /** The due time that it was fired for. Null for all events but those of schedules. */
  readonly due_at: Date | null;
  /** What `hooks.withContext` gave to the code that wrote. Null if it gave nothing. */
  readonly context: JsonRecord | null;
  /** The span in which the code that wrote ran. Null if it ran in none, or telemetry is off. */
  readonly trace: StoredTrace | null;
  /** Milliseconds since it occurred, by the clock of the database. */
  readonly age_ms: number;
}

/** An event that was claimed to be planned. */
export interface ClaimedEvent extends EventRow {
  /** What the functions of its hook still have to be called with; null if they have run, or the hook has none. */
  readonly source: JsonRecord | null;
}

/** The shape of events that each process with their hook may plan: rows of an earlier release, and events that no process took in time. */
export const ANY_SHAPE = '';
/** The shape of events that a process could not read and left to others. Only `claimLeft` finds them. */
export const LEFT_SHAPE = 'left';
/** The shape of events of hooks without a list of fields. Each process may plan them; see `ForeignEvents.openHooks`. */
export const OPEN_SHAPE = 'open';

/** The columns of an `EventRow`. */
export const EVENT_COLUMNS = `id, hook, event, operation, ref, sender, headers, data, previous, raw_previous, targets, occurred_at,
  row_id, sequence, shape, due_at, context, trace, (extract(epoch FROM clock_timestamp() - occurred_at) * 1000)::float8 AS age_ms`;

/** Id of the encryption key of an event's `targets`, which are the text `enc:v1:<key id>:…`. */
export const TARGETS_KEY_ID_SQL = `split_part(targets #>> '{}', ':', 3)`;

/** A hook that is attached in this process. */
export interface KnownHook {
  readonly name: string;
  /** Says which fields it provides here. */
  readonly shape: string;
}

/** Which events a process can plan. */
export interface PlannableHere {
  /** The hooks that are attached in this process. */
  readonly hooks: readonly KnownHook[];
  /** Ids of the encryption keys that this process has. */
  readonly encryptionKeyIds: readonly string[];
}

/** The result of passing over events that no listener wants. */
export interface PassedEvents {
  /** How many plannable events were looked at. */
  readonly due: number;
  /** Ids of those that are planned now, without a delivery. */
  readonly passed: readonly string[];
  /** How many these are of each hook and operation. */
  readonly counts: readonly EventCount[];
}

export interface EventCount extends Pick<EventRow, 'hook' | 'operation'> {
  readonly count: number;
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
   * events are passed over again. An event is not passed over before its functions have run, because a condition may leave it out.
   */
  async passUnwanted(here: PlannableHere, limit: number): Promise<PassedEvents> {
    const { event, listener } = this.tables;
    const [row] = await this.query<PassedEvents>(
      `WITH due AS (
         ${oldestSql(this.tables, 'id, hook, event, targets IS NOT NULL OR source IS NOT NULL AS resolved')}
       ), names AS (
         SELECT hook, event FROM due GROUP BY hook, event HAVING NOT bool_or(resolved) AND NOT EXISTS (
           SELECT FROM ${listener} l WHERE l.active AND NOT l.dynamic AND (l.hook = due.hook OR l.pattern IN (due.event, '*',
             split_part(due.event, '.', 1) || '.*', '*.' || substr(due.event, strpos(due.event, '.') + 1))))
       ), passed AS (
         UPDATE ${event} SET planned_at = clock_timestamp()
         WHERE id = ANY(ARRAY(SELECT due.id FROM due JOIN names USING (hook, event))) RETURNING id, hook, operation
       ) SELECT (SELECT count(*)::int FROM due) AS due, coalesce(array_agg(id), '{}') AS passed,
         coalesce((SELECT json_agg(c) FROM (SELECT hook, operation, count(*) FROM passed GROUP BY hook, operation) c), '[]') AS counts,
         set_config('synchronous_commit', 'off', true) FROM passed`,
      [...plannableParameters(here), limit],
      'frequent',
    );
    return row ?? { due: 0, passed: [], counts: [] };
  }

  /** Marks events as planned and returns them, oldest first. Events that another process is planning are skipped. */
  claim(here: PlannableHere, limit: number): Promise<readonly ClaimedEvent[]> {
    return this.#claimed(oldestSql(this.tables, 'id'), [...plannableParameters(here), limit]);
  }

  /** The same for events that a process left to others, those after an id. */
  claimLeft(here: PlannableHere, limit: number, afterId: string): Promise<readonly ClaimedEvent[]> {
    const { event } = this.tables;
    const after = 'AND (hook, shape, id) > (k.name, k.fields, $5::uuid)';
    const next = `SELECT id FROM (${plannableSql(this.tables, 'id', '$4', after)}) l ORDER BY id LIMIT $4`;
    const [hooks, shapes, keyIds] = parametersOf(here, [LEFT_SHAPE]);
    return this.#claimed(lockedSql(event, next), [hooks, shapes, keyIds, limit, afterId]);
  }

  async #claimed(ids: string, parameters: readonly unknown[]): Promise<readonly ClaimedEvent[]> {
    const rows = await this.query<ClaimedEvent>(
      `UPDATE ${this.tables.event} SET planned_at = clock_timestamp() WHERE id = ANY(ARRAY(${ids})) RETURNING ${EVENT_COLUMNS}, source`,
      parameters,
      'frequent',
    );
    return rows.sort((a, b) => (a.id < b.id ? -1 : 1));
  }

  /** Gives events back that this process has claimed but cannot read. Another process may be able to. */
  async leave(ids: readonly string[]): Promise<void> {
    if (ids.length === 0) return;
    await this.query(
      `UPDATE ${this.tables.event} SET planned_at = NULL, shape = '${LEFT_SHAPE}' WHERE id = ANY($1::uuid[])`,
      [ids],
    );
  }

  /** Leaves an unplanned event to other processes. */
  async setAside(id: string): Promise<void> {
    await this.query(
      `UPDATE ${this.tables.event} SET shape = '${LEFT_SHAPE}' WHERE id = $1 AND ${UNPLANNED_SQL}`,
      [id],
    );
  }

  /** Marks events that cannot be decoded, so that they are not sent. */
  async skipUnreadable(ids: readonly string[]): Promise<void> {
    if (ids.length === 0) return;
    await this.query(
      `UPDATE ${this.tables.event} SET skipped = 'unreadable', source = NULL WHERE id = ANY($1::uuid[])`,
      [ids],
    );
  }

  /** Marks an event as planned that the database refuses to plan, so that it is not sent. False if another process has planned it. */
  async skipRefused(id: string): Promise<boolean> {
    const rows = await this.query(
      `UPDATE ${this.tables.event} SET skipped = 'refused', source = NULL, planned_at = clock_timestamp()
       WHERE id = $1 AND ${UNPLANNED_SQL} RETURNING id`,
      [id],
    );
    return rows.length > 0;
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

/** Whether an event is still to be planned, by whichever process. */
export const UNPLANNED_SQL = 'planned_at IS NULL';

/**
 * The one statement that says which events this process may plan: at most `limit` of each hook and shape. `$1` to `$3` are its
 * `plannableParameters`. Events of hooks that are attached in other processes only, events with other fields than their hook has here,
 * and targets that only other processes can decrypt, are left to those. However many of these there are, they are not read.
 */
export function plannableSql({ event }: Tables, columns: string, limit: string, rest = ''): string {
  return `SELECT e.* FROM unnest($1::text[], $2::text[]) AS k(name, fields) CROSS JOIN LATERAL (
    SELECT ${columns} FROM ${event} WHERE ${PLANNABLE_SQL} ${rest} ORDER BY ${PLAN_ORDER} LIMIT ${limit}) e`;
}

/**
 * The unplanned events of a hook and shape. As an equality, the order would be that of the id alone, and PostgreSQL may then prefer to
 * walk all events in the order of another index. Only one index has the whole order.
 */
export function unplannedSql(name: string, fields: string): string {
  return `${UNPLANNED_SQL} AND (hook, shape) >= (${name}, ${fields}) AND (hook, shape) <= (${name}, ${fields})`;
}

/** The order of the unplanned events of a hook and shape: by id, so about by time. */
export const PLAN_ORDER = 'hook, shape, id';

const PLANNABLE_SQL = `${unplannedSql('k.name', 'k.fields')}
  AND (targets IS NULL OR json_typeof(targets) = 'array' OR ${TARGETS_KEY_ID_SQL} = ANY($3::text[]))`;

/**
 * At most `$4` plannable events, which are locked: first those of the hook whose oldest event is the oldest. The inner LIMIT ends each
 * look-up, and the outer one ends the statement before it locks more.
 */
function oldestSql({ event }: Tables, columns: string): string {
  return `SELECT e.* FROM (
      SELECT k.* FROM unnest($1::text[], $2::text[]) AS k(name, fields), LATERAL (
        SELECT id FROM ${event} WHERE ${unplannedSql('k.name', 'k.fields')} ORDER BY ${PLAN_ORDER} LIMIT 1) f
      ORDER BY f.id
    ) k CROSS JOIN LATERAL (
      SELECT ${columns} FROM ${event} WHERE ${PLANNABLE_SQL} ORDER BY ${PLAN_ORDER} LIMIT $4 FOR UPDATE SKIP LOCKED
    ) e LIMIT $4`;
}

/** Locks those of the events that are still to be planned; `ids` is a SELECT. */
export function lockedSql(event: string, ids: string): string {
  return `SELECT id FROM ${event} WHERE id = ANY(ARRAY(${ids})) AND ${UNPLANNED_SQL} FOR UPDATE SKIP LOCKED`;
}

/** `$1` to `$3` of `plannableSql`. */
export function plannableParameters(here: PlannableHere): PlannableParameters {
  return parametersOf(here, [null, ANY_SHAPE]);
}

type PlannableParameters = readonly [
  hooks: readonly string[],
  shapes: readonly string[],
  encryptionKeyIds: readonly string[],
];

/** Each hook with each of the shapes; null stands for its own. */
function parametersOf(
  { hooks, encryptionKeyIds }: PlannableHere,
  shapes: readonly (string | null)[],
): PlannableParameters {
  const known = hooks.flatMap(({ name, shape: own }) =>
    shapes.map((shape) => ({ name, shape: shape ?? own })),
  );
  return [known.map(({ name }) => name), known.map(({ shape }) => shape), encryptionKeyIds];
}
