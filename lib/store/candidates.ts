import type { Query } from './database';
import { LaterRows } from './later-rows';
import { conditionsSql, LACKS_MATCH_KEYS_SQL } from './listener-sql';
import { type KeyShapeRow, MAX_VALUE, type WantedRow } from './match-keys';
import type { Tables } from './tables';

/** Candidates that one statement returns for one key, or for a range of keys. */
export const CANDIDATES_PER_PAGE = 1_000;

/** A listener that may want some events of a batch. */
export interface CandidateRow extends WantedRow {
  readonly id: string;
  /** It has several match keys, so it may be found more than once. */
  readonly several: boolean;
  readonly select: readonly string[] | null;
  readonly ordered: boolean;
  /** It is ordered or has a rate limit, so its deliveries are stored one by one and take turns. */
  readonly inTurn: boolean;
}

/** A match key that was found, and its listener. */
export interface KeyedCandidateRow extends Omit<CandidateRow, 'id'> {
  /** Position of the key among those that were looked for, counted from 1. */
  readonly n: string;
  readonly key: string;
  readonly listener_id: string;
  /** Null if the listener was removed or is not active. */
  readonly id: string | null;
}

/** The values of the keys of one shape, each in 8 bytes. `n`: position of the shape, counted from 1. */
export interface StoredValuesRow {
  readonly n: string;
  readonly size: number;
  readonly values: Buffer;
}

/** A key shape of a scope; there is a row also if there are no shapes. */
export interface ScopeRow extends KeyShapeRow {
  /** Null: there are no shapes. */
  readonly id: number | null;
  /** Whether any listener lacks match keys of today's version. */
  readonly unkeyed: boolean;
}

const IN_TURN_SQL =
  'l.ordered, l.ordered OR l.max_per_second IS NOT NULL OR l.batch IS NOT NULL AS "inTurn"';

/**
 * Statements that find the listeners of events by their match keys. Each walks an index key by key: there is no join that PostgreSQL
 * could run in the other direction.
 */
export class CandidateRows {
  constructor(
    private readonly query: Query,
    private readonly tables: Tables,
  ) {}

  /** The key shapes of these scopes, and whether any listener lacks match keys of today's version. */
  shapes(scopes: readonly string[]): Promise<readonly ScopeRow[]> {
    return this.query<ScopeRow>(this.#shapesSql, [scopes], 'frequent');
  }

  /** The same, with the next statement of the transaction. */
  shapesLater(scopes: readonly string[]): LaterRows<ScopeRow> {
    const later = new LaterRows<ScopeRow>();
    void this.query(this.#shapesSql, [scopes], later);
    return later;
  }

  get #shapesSql(): string {
    return `SELECT p.id, p.scope, p.field, p.operator, p.length,
         EXISTS (SELECT FROM ${this.tables.listener} l WHERE ${LACKS_MATCH_KEYS_SQL}) AS unkeyed
       FROM (SELECT) one LEFT JOIN ${this.tables.plan} p ON p.scope = ANY($1) AND p.operator <> 'filter'`;
  }

  /** At most `limit` values of the keys of each shape, which is given by its lowest key. Shapes without keys are left out. */
  values(lowest: readonly string[], limit: number): Promise<StoredValuesRow[]> {
    return this.query(
      `SELECT p.n, count(*)::int AS size, string_agg(int8send(g.value), '') AS values
       FROM unnest($1::bigint[]) WITH ORDINALITY p(low, n), LATERAL (
         SELECT DISTINCT k.key - p.low AS value FROM ${this.tables.key} k
         WHERE k.key BETWEEN p.low AND p.low + ${MAX_VALUE} LIMIT $2
       ) g GROUP BY p.n`,
      [`{${lowest.join()}}`, limit],
    );
  }

  /** One page of candidates for each key; with `after`, those after that listener id for each key. */
  byKey(keys: readonly string[], after: readonly string[] | null): Promise<KeyedCandidateRow[]> {
    const parameters = after ? [`{${keys.join()}}`, after] : [`{${keys.join()}}`];
    return this.query(this.#byKeySql(after !== null), parameters, 'frequent');
  }

  /** `OFFSET 0` and `LIMIT` make PostgreSQL run each step as a look-up of its own. */
  #byKeySql(hasAfter: boolean): string {
    const probes = hasAfter
      ? 'unnest($1::bigint[], $2::uuid[]) WITH ORDINALITY q(key, after, n)'
      : 'unnest($1::bigint[]) WITH ORDINALITY q(key, n)';
    return `SELECT q.n, q.key, k.listener_id, l.* FROM ${probes}
      CROSS JOIN LATERAL (SELECT k.listener_id FROM ${this.tables.key} k WHERE k.key = q.key
        ${hasAfter ? 'AND k.listener_id > q.after ' : ''}ORDER BY k.listener_id LIMIT ${CANDIDATES_PER_PAGE}) k
      LEFT JOIN LATERAL (${this.#listenerSql()}) l ON true`;
  }

  /** One page of candidates whose key is at most `highest`, after a key and listener id. */
  inRange(
    after: { readonly key: string; readonly listener_id: string },
    highest: string,
  ): Promise<KeyedCandidateRow[]> {
    return this.query(
      `SELECT 1 AS n, k.key, k.listener_id, l.* FROM (
        SELECT k.key, k.listener_id FROM ${this.tables.key} k
        WHERE (k.key, k.listener_id) > ($1::bigint, $2::uuid) AND k.key <= $3::bigint
        ORDER BY k.key, k.listener_id LIMIT ${CANDIDATES_PER_PAGE}) k
      LEFT JOIN LATERAL (${this.#listenerSql()}) l ON true ORDER BY k.key, k.listener_id`,
      [after.key, after.listener_id, highest],
      'frequent',
    );
  }

  /** One page of listeners that lack match keys of today's version, after an id. */
  withoutKeys(after: string): Promise<CandidateRow[]> {
    return this.query(
      `SELECT l.id, l.hook, l.pattern, l.operations, l.owner, l.selected AS "select", ${conditionsSql(this.tables)} AS match, true AS several,
         ${IN_TURN_SQL}
       FROM ${this.tables.listener} l
       WHERE ${LACKS_MATCH_KEYS_SQL} AND l.id > $1 ORDER BY l.id LIMIT ${CANDIDATES_PER_PAGE}`,
      [after],
    );
  }

  #listenerSql(): string {
    return `SELECT l.id, l.hook, l.pattern, l.operations, l.owner, l.selected AS "select", l.filters AS match, cardinality(l.keys) > 1 AS several,
        ${IN_TURN_SQL}
      FROM ${this.tables.listener} l WHERE l.id = k.listener_id AND l.active OFFSET 0`;
  }
}
