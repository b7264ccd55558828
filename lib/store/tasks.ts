import type { JsonValue } from '../base/json';
import type { HeaderValues } from '../options/header-value';
import type { Query } from './database';
import type { Tables } from './tables';

/** The state of a remote task. */
export type TaskStatus = 'pending' | 'success' | 'failure';

/** Lanes of task functions begin with it. */
export const FUNCTION_LANE = 'task:';

/** A task as it is stored first. */
export interface NewTaskRow {
  readonly id: string;
  readonly lane: string;
  readonly method: string;
  /** Null for a task function. */
  readonly url: string | null;
  readonly body: string | null;
  readonly args: JsonValue;
  /** Secret values are encrypted. */
  readonly headers: HeaderValues;
  /** Ids of the encryption keys that the headers use. */
  readonly key_ids: readonly string[];
  readonly timeout_ms: number;
  readonly retries: number;
  /** 0: for ever. */
  readonly result_ttl_ms: number;
  /** The only process that can run it, because it has functions of that process. */
  readonly maker_id: string | null;
}

/** A task that this process has taken. */
export interface TakenTask extends Omit<NewTaskRow, 'key_ids' | 'result_ttl_ms'> {
  /** From 1. */
  readonly attempt: number;
  readonly retried: number;
  readonly token: string;
}

/** The secrets of a task. */
export type TaskHeadersRow = Pick<NewTaskRow, 'id' | 'headers' | 'key_ids'>;

export type TaskRef = Pick<TakenTask, 'id' | 'token'>;

/** How a task ended. */
export type TaskEnd =
  | { readonly status: 'success'; readonly retval: JsonValue }
  | { readonly status: 'failure'; readonly error: JsonValue };

export interface TaskStateRow {
  readonly id: string;
  readonly lane: string;
  readonly status: TaskStatus;
  readonly retval: JsonValue;
  readonly error: JsonValue;
}

/** What a process can take now. */
export interface TaskClaim {
  readonly processId: string;
  readonly leaseMs: number;
  /** Names of the lanes of task functions that it knows. */
  readonly known: readonly string[];
  /** Ids of the encryption keys that it has. */
  readonly encryptionKeyIds: readonly string[];
  /** How many tasks of each lane it runs now. */
  readonly running: Readonly<Record<string, number>>;
  /** How many tasks of one lane it runs at once. */
  readonly perLane: number;
  /** How many tasks it takes at most. */
  readonly room: number;
}

/** Rows that one step of pruning deletes at most. */
const PRUNED_AT_ONCE = 1_000;
/** A process counts as dead when it has not been seen for this many leases. */
const DEAD_LEASES = 2;

const TAKEN_COLUMNS = `t.id, t.lane, t.method, t.url, t.body, t.args, t.headers, t.timeout_ms, t.retries, t.maker_id, t.attempt,
  t.retried, t.token`;

/**
 * Statements on tasks. A task that has not ended has a time `ready_at` from which on any process may take it. Taking it moves that time
 * to the end of the lease and raises the token; statements with an older token change nothing.
 */
export class TaskRows {
  constructor(
    protected readonly query: Query,
    protected readonly tables: Tables,
  ) {}

  async add(row: NewTaskRow): Promise<void> {
    await this.query(
      `INSERT INTO ${this.tables.task} (id, lane, method, url, body, args, headers, key_ids, timeout_ms, retries, result_ttl_ms,
         maker_id, ready_at)
       SELECT id, lane, method, url, body, args, headers, key_ids, timeout_ms, retries, result_ttl_ms, maker_id, clock_timestamp()
       FROM json_to_record($1::json) AS r(id uuid, lane text, method text, url text, body text, args json, headers jsonb,
         key_ids text[], timeout_ms float8, retries int, result_ttl_ms float8, maker_id uuid)`,
      [JSON.stringify(row)],
    );
  }

  /**
   * Takes tasks that are ready. It steps through the index from lane to lane, in a random order, so that a lane with very many tasks
   * delays no other. A task that belongs to a process can be taken by others when that process is dead.
   */
  claim(claim: TaskClaim): Promise<TakenTask[]> {
    const { task } = this.tables;
    return this.query<TakenTask>(
      `WITH RECURSIVE ${this.#readySql('FOR UPDATE SKIP LOCKED')}
       UPDATE ${task} t SET token = t.token + 1, attempt = t.attempt + 1, process_id = $1,
         ready_at = clock_timestamp() + $2::float8 * interval '1 millisecond'
       WHERE t.id = ANY(ARRAY(SELECT id FROM ready)) RETURNING ${TAKEN_COLUMNS}`,
      parametersOf(claim),
    );
  }

  /** How many tasks a claim would take. */
  async countReady(claim: TaskClaim): Promise<number> {
    const [row] = await this.query<{ count: number }>(
      `WITH RECURSIVE ${this.#readySql('')} SELECT count(*)::int AS count FROM ready`,
      parametersOf(claim),
    );
    return row?.count ?? 0;
  }

  /** `lane`: all lanes with tasks that have not ended. `ready`: the tasks that this process can take. */
  #readySql(lock: string): string {
    const { task, process } = this.tables;
    return `lane AS (
         (SELECT lane FROM ${task} WHERE ready_at IS NOT NULL ORDER BY lane LIMIT 1)
         UNION ALL
         SELECT (SELECT n.lane FROM ${task} n WHERE n.ready_at IS NOT NULL AND n.lane > l.lane ORDER BY n.lane LIMIT 1)
         FROM lane l WHERE l.lane IS NOT NULL
       ), open AS MATERIALIZED (
         SELECT l.lane, greatest(0, $6::int - coalesce(($4::json ->> l.lane)::int, 0)) AS free
         FROM lane l WHERE l.lane IS NOT NULL
           AND (NOT starts_with(l.lane, '${FUNCTION_LANE}') OR l.lane = ANY($3::text[]))
         ORDER BY random()
       ), ready AS MATERIALIZED (
         SELECT f.id FROM open o CROSS JOIN LATERAL (
           SELECT c.id FROM ${task} c WHERE c.lane = o.lane AND c.ready_at <= now() AND c.key_ids <@ $5::text[]
             AND (c.maker_id IS NULL OR c.maker_id = $1::uuid OR NOT EXISTS (SELECT FROM ${process} p WHERE p.id = c.maker_id
               AND p.seen_at > now() - ${DEAD_LEASES} * $2::float8 * interval '1 millisecond'))
           ORDER BY c.ready_at LIMIT o.free ${lock}) f LIMIT $7::int
       )`;
  }

  /** Extends the leases of tasks. */
  async renew(tasks: readonly TaskRef[], leaseMs: number): Promise<void> {
    if (tasks.length === 0) return;
    await this.query(
      `UPDATE ${this.tables.task} t SET ready_at = clock_timestamp() + $2::float8 * interval '1 millisecond'
       FROM json_to_recordset($1::json) AS h(id uuid, token bigint)
       WHERE t.id = h.id AND t.token = h.token AND t.ready_at IS NOT NULL`,
      [JSON.stringify(tasks.map(({ id, token }) => ({ id, token }))), leaseMs],
    );
  }

  /** Stores how a task ended. False if another process has taken it meanwhile. Its headers are not needed any more. */
  async end({ id, token }: TaskRef, end: TaskEnd): Promise<boolean> {
    const [retval, error] = end.status === 'success' ? [end.retval, null] : [null, end.error];
    const rows = await this.query(
      `UPDATE ${this.tables.task} SET status = $3, retval = $4::json, error = $5::json, headers = '{}', key_ids = '{}',
         ready_at = NULL, ended_at = clock_timestamp(),
         expires_at = CASE WHEN result_ttl_ms > 0 THEN clock_timestamp() + result_ttl_ms * interval '1 millisecond' END
       WHERE id = $1 AND token = $2 AND ready_at IS NOT NULL RETURNING id`,
      [id, token, end.status, JSON.stringify(retval), JSON.stringify(error)],
    );
    return rows.length > 0;
  }

  /** Lets any process take a task after this time, as a retry. */
  async retry({ id, token }: TaskRef, afterMs: number): Promise<void> {
    await this.query(
      `UPDATE ${this.tables.task} SET retried = retried + 1, ready_at = clock_timestamp() + $3::float8 * interval '1 millisecond'
       WHERE id = $1 AND token = $2 AND ready_at IS NOT NULL`,
      [id, token, afterMs],
    );
  }

  /** Gives tasks back that were not run to their end; any process may take them at once. */
  async release(tasks: readonly TaskRef[]): Promise<void> {
    await this.renew(tasks, 0);
  }

  /** The states of these tasks; a task that does not exist, or whose result has expired, has none. */
  states(ids: readonly string[]): Promise<TaskStateRow[]> {
    return this.query(
      `SELECT id, lane, status, retval, error FROM ${this.tables.task}
       WHERE id = ANY($1::uuid[]) AND (expires_at IS NULL OR expires_at > now())`,
      [ids],
    );
  }

  /** Ids of the encryption keys that tasks which have not ended use. */
  async encryptionKeyIds(): Promise<readonly string[]> {
    const rows = await this.query<{ id: string }>(
      `SELECT DISTINCT unnest(key_ids) AS id FROM ${this.tables.task} WHERE key_ids <> '{}'`,
    );
    return rows.map(({ id }) => id);
  }

  /** A page of tasks that have not ended and have headers, those after an id. */
  headersPage(after: string | null, limit: number): Promise<TaskHeadersRow[]> {
    return this.query(
      `SELECT id, headers, key_ids FROM ${this.tables.task}
       WHERE ready_at IS NOT NULL AND headers <> '{}' AND ($1::uuid IS NULL OR id > $1) ORDER BY id LIMIT ${limit}`,
      [after],
    );
  }

  lockHeaders(ids: readonly string[]): Promise<TaskHeadersRow[]> {
    return this.query(
      `SELECT id, headers, key_ids FROM ${this.tables.task}
       WHERE ready_at IS NOT NULL AND id = ANY($1::uuid[]) ORDER BY id FOR UPDATE`,
      [ids],
    );
  }

  async writeHeaders(rows: readonly TaskHeadersRow[]): Promise<void> {
    await this.query(
      `UPDATE ${this.tables.task} t SET headers = r.headers, key_ids = r.key_ids
       FROM json_to_recordset($1::json) AS r(id uuid, headers jsonb, key_ids text[]) WHERE t.id = r.id`,
      [JSON.stringify(rows)],
    );
  }

  /** Deletes results that have expired. Returns whether there may be more. */
  async prune(): Promise<boolean> {
    const { task } = this.tables;
    const rows = await this.query(
      `DELETE FROM ${task} WHERE id = ANY(ARRAY(SELECT id FROM ${task} WHERE expires_at < now() ORDER BY expires_at
         LIMIT ${PRUNED_AT_ONCE} FOR UPDATE SKIP LOCKED)) RETURNING id`,
    );
    return rows.length === PRUNED_AT_ONCE;
  }
}

function parametersOf({ processId, leaseMs, known, running, ...given }: TaskClaim): unknown[] {
  const { encryptionKeyIds, perLane, room } = given;
  return [processId, leaseMs, known, JSON.stringify(running), encryptionKeyIds, perLane, room];
}
