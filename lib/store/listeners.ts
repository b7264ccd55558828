import { v7 as uuidv7 } from 'uuid';
import { cursorAfter, positionOf } from './cursor';
import type { Query } from './database';
import {
  definition,
  LISTENER_COLUMNS,
  type ListenerValues,
  picked,
  recordsetRow,
  type SealedValues,
  sharedColumns,
  storedFormatSql,
  valueSql,
} from './listener-columns';
import { type ListenerCriteria, newestSql, whereSql } from './listener-criteria';
import type {
  DeactivatedRow,
  Deactivation,
  ListenerPageQuery,
  NewListenerRow,
  StoredListenerRow,
  UpsertedRow,
} from './listener-rows';
import {
  conditionsSql,
  encryptionKeyIdsSql,
  MATCH_KEY_VERSION,
  previousSecretSql,
  withoutKeysSql,
} from './listener-sql';
import type { Tables } from './tables';

/** Statements on listeners. `FilterRows` stores their conditions, `MatchKeyRows` their match keys. */
export class ListenerRows {
  constructor(
    protected readonly query: Query,
    protected readonly tables: Tables,
  ) {}

  /** In the order of creation. */
  find(criteria: ListenerCriteria): Promise<StoredListenerRow[]> {
    const { sql, parameters } = whereSql(criteria);
    return this.#select(`WHERE ${sql} ORDER BY l.created_at, l.id`, parameters);
  }

  /** The newest first. Rejects with `OPTION_INVALID` for an invalid cursor. */
  async page(
    criteria: Omit<ListenerCriteria, 'declaredBefore'>,
    { limit, cursor }: ListenerPageQuery,
  ): Promise<StoredListenerRow[]> {
    const { sql, parameters } = whereSql(criteria);
    const { order, before } = newestSql(criteria, parameters.length + 1);
    const isAfter = cursor === undefined ? '' : `AND ${before}`;
    return this.#select(
      `WHERE ${sql} ${isAfter} ORDER BY ${order} LIMIT ${limit}`,
      cursor === undefined ? parameters : [...parameters, ...positionOf(cursor)],
    );
  }

  /** The cursor of the page after this listener. */
  cursorAfter(last: { readonly id: string; readonly createdAt: Date }): Promise<string> {
    return cursorAfter(this.query, this.tables.listener, last);
  }

  #select(rest: string, parameters: readonly unknown[]): Promise<StoredListenerRow[]> {
    return this.query(
      `SELECT l.*, ${previousSecretSql('l')} AS previous_secret, ${conditionsSql(this.tables)} AS match
       FROM ${this.tables.listener} l ${rest}`,
      parameters,
    );
  }

  /** The id of the listener of that identity. Undefined if it is not stored. */
  async idOf(identity: string): Promise<string | undefined> {
    const [row] = await this.query<{ id: string }>(
      `SELECT id FROM ${this.tables.listener} WHERE identity = $1`,
      [identity],
    );
    return row?.id;
  }

  /** Locks a listener until the transaction ends. */
  async lock(id: string): Promise<void> {
    await this.query(`SELECT FROM ${this.tables.listener} WHERE id = $1 FOR UPDATE`, [id]);
  }

  /** Locks listeners in the order in which a reindex locks them. In another order, each could wait for the other. */
  async lockIdentities(identities: readonly string[]): Promise<void> {
    await this.query(
      `SELECT FROM ${this.tables.listener} WHERE identity = ANY($1) ORDER BY id FOR UPDATE`,
      [identities],
    );
  }

  /** Locks a page of listeners, those after an id; returns their ids. */
  async lockPage(after: string | null, limit: number): Promise<readonly string[]> {
    const rows = await this.query<{ id: string }>(
      `SELECT id FROM ${this.tables.listener} WHERE $1::uuid IS NULL OR id > $1
       ORDER BY id LIMIT ${limit} FOR UPDATE`,
      [after],
    );
    return rows.map(({ id }) => id);
  }

  /** Ids of the active listeners of a hook that have a condition on a field. */
  async filteringOn(hook: string, field: string): Promise<readonly string[]> {
    const { listener, filter } = this.tables;
    const rows = await this.query<{ id: string }>(
      `SELECT l.id FROM ${listener} l WHERE l.active AND l.hook = $1
         AND EXISTS (SELECT FROM ${filter} f WHERE f.listener_id = l.id AND f.field = $2)
       ORDER BY l.id`,
      [hook, field],
    );
    return rows.map(({ id }) => id);
  }

  /**
   * Creates listeners, or updates the columns `named` of those whose identity is stored. The match keys of created ones are stored in the
   * same statement, because an active listener without them is never found. `xmax` is 0 only in rows that were inserted.
   */
  upsert(
    listeners: readonly NewListenerRow[],
    named: readonly (keyof ListenerValues)[],
  ): Promise<UpsertedRow[]> {
    const records = listeners.map(({ values }) => recordsetRow(values));
    const shared = sharedColumns(records);
    const own = LISTENER_COLUMNS.filter((column) => !shared.includes(column));
    const rows = listeners.map(({ identity, match, keys }, n) =>
      Object.assign(picked(records[n], own), {
        id: uuidv7(),
        identity,
        filters: JSON.stringify(match),
        keys,
      }),
    );
    const values = LISTENER_COLUMNS.map((column) =>
      valueSql(column, shared.includes(column) ? 's' : 'r'),
    );
    return this.query(
      `WITH saved AS (
         INSERT INTO ${this.tables.listener} AS l (id, identity, ${LISTENER_COLUMNS.join(', ')}, filters, keys, key_version, declared_at)
         SELECT r.id, r.identity, ${values.join(', ')}, r.filters::json, r.keys, ${MATCH_KEY_VERSION}, now()
         FROM json_to_recordset($1::json) AS r(id uuid, identity text, ${definition(own)}, filters text, keys bigint[]),
           json_to_record($2::json) AS s(${definition(shared)})
         ORDER BY identity
         ON CONFLICT (identity) DO UPDATE SET ${assignments(named)} declared_at = now(), updated_at = now()
         RETURNING id, identity, xmax = 0 AS created, keys, created_at
       ), keyed AS (
         INSERT INTO ${this.tables.key} (key, listener_id) SELECT unnest(keys), id FROM saved WHERE created
       ) SELECT id, identity, created, created_at AS "createdAt" FROM saved`,
      [JSON.stringify(rows), JSON.stringify(picked(records[0], shared))],
    );
  }

  /** Overwrites the columns of a listener. False if it does not exist, or if another one has that identity. */
  async replace(id: string, identity: string, values: SealedValues): Promise<boolean> {
    const { listener } = this.tables;
    const replaced = LISTENER_COLUMNS.map((column) => `${column} = ${valueSql(column, 'r')}`);
    const updated = await this.query(
      `UPDATE ${listener} l SET identity = $2, updated_at = now(), ${replaced.join(', ')}
       FROM json_to_record($3::json) AS r(${definition(LISTENER_COLUMNS)}) WHERE l.id = $1
       AND NOT EXISTS (SELECT FROM ${listener} o WHERE o.identity = $2 AND o.id <> $1)
       RETURNING l.id`,
      [id, identity, JSON.stringify(recordsetRow(values))],
    );
    return updated.length > 0;
  }

  /** The stored listeners of these identities. `old`: not marked as used for a day. */
  findDynamic(
    identities: readonly string[],
  ): Promise<{ readonly id: string; readonly identity: string; readonly old: boolean }[]> {
    return this.query(
      `SELECT id, identity, updated_at < now() - interval '1 day' AS old
       FROM ${this.tables.listener} WHERE identity = ANY($1)`,
      [identities],
    );
  }

  /** Marks dynamic listeners as still used, so that they are not pruned. */
  async touch(ids: readonly string[]): Promise<void> {
    if (ids.length === 0) return;
    await this.query(`UPDATE ${this.tables.listener} SET updated_at = now() WHERE id = ANY($1)`, [
      ids,
    ]);
  }

  /** Creates listeners without match keys; returns their ids by identity. An identity that is stored already is skipped. */
  async insertDynamic(
    listeners: readonly { readonly identity: string; readonly values: SealedValues }[],
  ): Promise<ReadonlyMap<string, string>> {
    const rows = listeners.map(({ identity, values }) => ({
      id: uuidv7(),
      identity,
      ...recordsetRow(values),
    }));
    if (rows.length > 0)
      await this.query(
        `INSERT INTO ${this.tables.listener} (id, identity, ${LISTENER_COLUMNS.join(', ')}, dynamic)
         SELECT id, identity, ${LISTENER_COLUMNS.map((column) => valueSql(column, 'r')).join(', ')}, true
         FROM json_to_recordset($1::json) AS r(id uuid, identity text, ${definition(LISTENER_COLUMNS)}) ORDER BY identity
         ON CONFLICT DO NOTHING`,
        [JSON.stringify(rows)],
      );
    return new Map(rows.map(({ id, identity }) => [identity, id]));
  }

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

  /** Clears all state of failure too. The caller stores the match keys, which `deactivate` deleted. */
  async activate(id: string): Promise<boolean> {
    const rows = await this.query(
      `UPDATE ${this.tables.listener} SET active = true, inactive_reason = NULL, inactive_since = NULL,
         paused_until = NULL, failing_since = NULL, updated_at = now() WHERE id = $1 RETURNING id`,
      [id],
    );
    return rows.length > 0;
  }

  async remove(id: string): Promise<boolean> {
    const rows = await this.query(
      `WITH gone AS (DELETE FROM ${this.tables.listener} WHERE id = $1 RETURNING id, keys),
       ${withoutKeysSql(this.tables, 'gone')} SELECT id FROM gone`,
      [id],
    );
    return rows.length > 0;
  }
}

/** The columns that a save of an existing listener changes. */
function assignments(named: readonly (keyof ListenerValues)[]): string {
  const others = named.filter((column) => column !== 'format');
  const columns = others.map((column) => `${column} = excluded.${column}, `);
  const valueSqlOf = (column: 'format' | 'selected') =>
    `${named.includes(column) ? 'excluded' : 'l'}.${column}`;
  if (named.includes('format') || named.includes('selected'))
    columns.push(`format = ${storedFormatSql(valueSqlOf('format'), valueSqlOf('selected'))}, `);
  if (!named.includes('secret') && !named.includes('headers')) return columns.join('');
  return `${columns.join('')}key_ids = ${encryptionKeyIdsSql('excluded.key_ids')}, `;
}
