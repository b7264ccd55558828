import type { Query } from './database';
import type { ConditionRow } from './filters';
import { conditionsSql, LACKS_MATCH_KEYS_SQL, MATCH_KEY_VERSION } from './listener-sql';
import type { Tables } from './tables';

/** A match key is a bigint of 19 decimal digits. The last twelve are the value, the ones before them are the prefix of its shape. */
export const VALUE_DIGITS = 12;
export const MAX_VALUE = 10 ** VALUE_DIGITS - 1;

/** What the match keys of a shape are about. Shapes are the rows of `model_hook_plan`. */
export interface KeyShapeRow {
  readonly scope: string;
  readonly field: string;
  readonly operator: string;
  readonly length: number;
}

/** What a listener asks of events. */
export interface WantedRow {
  readonly hook: string | null;
  readonly pattern: string | null;
  readonly operations: readonly string[] | null;
  readonly owner: string | null;
  readonly match: readonly ConditionRow[];
}

/** The keys that a listener gets in place of its old ones, and its conditions as JSON. */
export interface RekeyedRow {
  readonly id: string;
  readonly keys: readonly string[];
  readonly filters: string;
}

/** Statements that store match keys and key shapes. `CandidateRows` finds listeners by them. */
export class MatchKeyRows {
  constructor(
    protected readonly query: Query,
    protected readonly tables: Tables,
  ) {}

  async isAnyListenerUnkeyed(): Promise<boolean> {
    const rows = await this.query(
      `SELECT FROM ${this.tables.listener} l WHERE ${LACKS_MATCH_KEYS_SQL} LIMIT 1`,
    );
    return rows.length > 0;
  }

  /** How many listeners have each key, counted up to `limit`. Keys that none has are left out. */
  async counts(keys: readonly string[], limit: number): Promise<Map<string, number>> {
    if (keys.length === 0) return new Map();
    const rows = await this.query<{ key: string; count: number }>(
      `SELECT q.key, c.count FROM unnest($1::bigint[]) q(key), LATERAL (
         SELECT count(*)::int AS count FROM (SELECT FROM ${this.tables.key} k WHERE k.key = q.key LIMIT ${limit}) f
       ) c WHERE c.count > 0`,
      [`{${keys.join()}}`],
    );
    return new Map(rows.map(({ key, count }) => [key, count]));
  }

  /** Stores key shapes that are missing, and locks the others until the transaction ends, so that no reindex deletes them meanwhile. */
  async holdShapes(shapes: readonly KeyShapeRow[]): Promise<void> {
    const { plan } = this.tables;
    await this.query(
      `WITH wanted AS (
         SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::int[]) AS w(scope, field, operator, length)
       ), held AS MATERIALIZED (
         SELECT p.scope, p.field, p.operator, p.length FROM ${plan} p JOIN wanted w
         ON w.scope = p.scope AND w.field = p.field AND w.operator = p.operator AND w.length = p.length FOR KEY SHARE OF p
       )
       INSERT INTO ${plan} (scope, field, operator, length)
       SELECT scope, field, operator, length FROM wanted EXCEPT SELECT scope, field, operator, length FROM held`,
      [
        shapes.map(({ scope }) => scope),
        shapes.map(({ field }) => field),
        shapes.map(({ operator }) => operator),
        shapes.map(({ length }) => length),
      ],
    );
  }

  /** The fields that listeners of these scopes have conditions on, now or in the past. */
  filterFields(
    scopes: readonly string[],
  ): Promise<{ readonly scope: string; readonly field: string }[]> {
    return this.query(
      `SELECT DISTINCT scope, field FROM ${this.tables.plan} WHERE operator = 'filter' AND scope = ANY($1)`,
      [scopes],
    );
  }

  /** Locks the listeners that are to get new match keys, and reads what these are made from. */
  lockWanted(ids: readonly string[]): Promise<(WantedRow & { readonly id: string })[]> {
    const { listener } = this.tables;
    return this.query(
      `SELECT l.id, l.hook, l.pattern, l.operations, l.owner, ${conditionsSql(this.tables)} AS match
       FROM ${listener} l WHERE l.id = ANY($1) AND NOT l.dynamic ORDER BY l.id FOR UPDATE`,
      [ids],
    );
  }

  /** Gives listeners new match keys. Those that are not active note them, but are not found by them. */
  async replace(rows: readonly RekeyedRow[]): Promise<void> {
    const { listener, key } = this.tables;
    await this.query(
      `WITH fresh AS (
         SELECT * FROM json_to_recordset($1::json) AS r(id uuid, keys bigint[], filters text)
       ), gone AS (
         DELETE FROM ${key} k USING (
           SELECT l.id, unnest(l.keys) AS key FROM ${listener} l JOIN fresh USING (id)
         ) old WHERE k.key = old.key AND k.listener_id = old.id
           AND NOT EXISTS (SELECT FROM fresh f WHERE f.id = old.id AND old.key = ANY(f.keys))
       ), put AS (
         INSERT INTO ${key} (key, listener_id) SELECT unnest(f.keys), f.id FROM fresh f
         JOIN ${listener} l USING (id) WHERE l.active ON CONFLICT DO NOTHING
       )
       UPDATE ${listener} l SET keys = f.keys, filters = f.filters::json, key_version = ${MATCH_KEY_VERSION}
       FROM fresh f WHERE f.id = l.id`,
      [JSON.stringify(rows)],
    );
  }

  /** Locks all key shapes but those that another transaction holds. */
  lockShapes(): Promise<(KeyShapeRow & { readonly id: number })[]> {
    return this.query(
      `SELECT id, scope, field, operator, length FROM ${this.tables.plan} WHERE operator <> 'filter' FOR UPDATE SKIP LOCKED`,
    );
  }

  /** Deletes the shapes that no key has. `low` is the lowest key of a shape. */
  async deleteUnusedShapes(
    shapes: readonly { readonly id: number; readonly low: string }[],
  ): Promise<void> {
    const { plan, key } = this.tables;
    await this.query(
      `DELETE FROM ${plan} p USING unnest($1::int[], $2::bigint[]) AS u(id, low)
       WHERE p.id = u.id AND NOT EXISTS (SELECT FROM ${key} k WHERE k.key BETWEEN u.low AND u.low + ${MAX_VALUE})`,
      [shapes.map(({ id }) => id), shapes.map(({ low }) => low)],
    );
  }

  /** Updates PostgreSQL's statistics if the table of keys has grown by a quarter since they were made, as after a bulk load. */
  async analyse(): Promise<void> {
    const { listener, filter, key } = this.tables;
    const [row] = await this.query<{ grown: boolean }>(
      `SELECT pg_relation_size(oid) > 1.25 * relpages * current_setting('block_size')::int AS grown FROM pg_class WHERE oid = $1::regclass`,
      [key],
    );
    if (!row?.grown) return;
    await this.query(`ANALYZE ${listener}, ${filter}, ${key}`);
  }
}
