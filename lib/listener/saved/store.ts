import { validate as isUuid, v7 as uuidv7 } from 'uuid';
import { grouped } from '../../base/grouped';
import { ListenerNotFoundError } from '../../errors/listener-errors';
import { cursorAfter } from '../../store/cursor';
import type { Query } from '../../store/database';
import {
  KEY_VERSION,
  keyIdsSql,
  matchSql,
  previousSecretSql,
  withoutKeysSql,
} from '../../store/listener-sql';
import type { Tables } from '../../store/tables';
import type { Vault } from '../../vault/vault';
import type { Listener } from '../declared/listener';
import type { KeyStore } from '../keys/key-store';
import { COLUMNS, definition, record, sharedColumns, valueSql } from './columns';
import { deleteFilters, insertFilters } from './filter-rows';
import { type Saved, type StoredListener, type StoredRow, toListener } from './listener-row';
import type { NormalListener } from './normal';
import { StoredSecrets, sealed } from './sealing';

/** The SQL of listeners. Everything runs on the `query` that it is given, so that a save can join a transaction. */
export class ListenerStore {
  constructor(
    private readonly tables: Tables,
    private readonly keys: KeyStore,
    private readonly vault: Vault,
  ) {}

  /** Creates or updates; gives what is stored of each. */
  async upsert(query: Query, listeners: readonly NormalListener[]): Promise<readonly Saved[]> {
    const saved: Saved[] = [];
    if (listeners.length > 1) await this.#lock(query, listeners);
    for (const group of grouped(listeners, ({ named }) => named.join()).values())
      saved.push(...(await this.#upsertGroup(query, group)));
    const replaced = saved.filter(({ created, listener }) => created || replacesMatch(listener));
    // One listener may be saved twice, naming different columns; its later conditions count.
    const latest = [...new Map(replaced.map((one) => [one.id, one])).values()];
    if (latest.length > 0) await this.#replaceFilters(query, latest);
    // A key names a listener of which everything else may change, hook and conditions among them.
    const changed = saved.filter(({ created, listener }) => !created && listener.row.key !== null);
    if (changed.length > 0)
      await this.keys.rekey(
        query,
        changed.map(({ id }) => id),
      );
    return saved;
  }

  /** In the order in which a reindex locks them: whoever takes the same rows in another order would wait for it, and it for them. */
  async #lock(query: Query, listeners: readonly NormalListener[]): Promise<void> {
    await query(
      `SELECT FROM ${this.tables.listener} WHERE identity = ANY($1) ORDER BY id FOR UPDATE`,
      [listeners.map(({ identity }) => identity)],
    );
  }

  async #upsertGroup(query: Query, group: readonly NormalListener[]): Promise<readonly Saved[]> {
    const distinct = new Map(group.map((listener) => [listener.identity, listener]));
    const unique = [...distinct.values()];
    const keys = await this.keys.choose(
      query,
      unique.map(({ row, match }) => ({ ...row, match })),
    );
    const records = unique.map(({ identity, row }) => record(sealed(this.vault, identity, row)));
    const shared = sharedColumns(records);
    const own = COLUMNS.filter((column) => !shared.includes(column));
    const rows = unique.map(({ identity, match }, n) => ({
      ...pick(records[n], own),
      id: uuidv7(),
      identity,
      filters: JSON.stringify(match),
      keys: keys[n],
    }));
    const named = assignments(group[0]?.named ?? []);
    const values = COLUMNS.map((column) => valueSql(column, shared.includes(column) ? 's' : 'r'));
    const written = await query<Omit<Saved, 'listener'> & { identity: string }>(
      `WITH saved AS (
         INSERT INTO ${this.tables.listener} AS l (id, identity, ${COLUMNS.join(', ')}, filters, keys, key_version, declared_at)
         SELECT r.id, r.identity, ${values.join(', ')}, r.filters::json, r.keys, ${KEY_VERSION}, now()
         FROM json_to_recordset($1::json) AS r(id uuid, identity text, ${definition(own)}, filters text, keys bigint[]),
           json_to_record($2::json) AS s(${definition(shared)})
         ORDER BY identity
         ON CONFLICT (identity) DO UPDATE SET ${named} declared_at = now(), updated_at = now()
         RETURNING id, identity, xmax = 0 AS created, keys, created_at
       ), keyed AS (
         INSERT INTO ${this.tables.key} (key, listener_id) SELECT unnest(keys), id FROM saved WHERE created
       ) SELECT id, identity, created, created_at AS "createdAt" FROM saved`,
      [JSON.stringify(rows), JSON.stringify(pick(records[0], shared))],
    );
    return written.map(({ identity, ...saved }) => ({
      ...saved,
      listener: distinct.get(identity) as NormalListener,
    }));
  }

  async #replaceFilters(query: Query, saved: readonly Saved[]): Promise<void> {
    const updated = saved.filter(({ created }) => !created).map(({ id }) => id);
    await deleteFilters(query, this.tables, updated);
    const filtered = saved.map(({ id, listener: { match } }) => ({ id, match }));
    await insertFilters(query, this.tables, filtered);
  }

  /**
   * Keeps listeners that no key finds, made for single events; gives their ids by identity. Those that are there are only read, so that
   * plans of one target do not wait for each other; now and then they are marked as still in use.
   */
  async keepDynamic(
    query: Query,
    listeners: readonly NormalListener[],
  ): Promise<ReadonlyMap<string, string>> {
    const { listener } = this.tables;
    const known = await query<{ id: string; identity: string; old: boolean }>(
      `SELECT id, identity, updated_at < now() - interval '1 day' AS old FROM ${listener} WHERE identity = ANY($1)`,
      [listeners.map(({ identity }) => identity)],
    );
    const ids = new Map(known.map(({ id, identity }) => [identity, id]));
    const old = known.filter((row) => row.old).map(({ id }) => id);
    if (old.length > 0)
      await query(`UPDATE ${listener} SET updated_at = now() WHERE id = ANY($1)`, [old]);
    const fresh = listeners.filter(({ identity }) => !ids.has(identity));
    if (fresh.length === 0) return ids;
    const rows = fresh.map(({ identity, row }) => ({
      id: uuidv7(),
      identity,
      ...record(sealed(this.vault, identity, row)),
    }));
    await query(
      `INSERT INTO ${listener} (id, identity, ${COLUMNS.join(', ')}, dynamic)
       SELECT id, identity, ${COLUMNS.map((column) => valueSql(column, 'r')).join(', ')}, true
       FROM json_to_recordset($1::json) AS r(id uuid, identity text, ${definition(COLUMNS)}) ORDER BY identity
       ON CONFLICT DO NOTHING`,
      [JSON.stringify(rows)],
    );
    return new Map([...ids, ...rows.map(({ id, identity }) => [identity, id] as const)]);
  }

  /** Overwrites a listener as a whole. False where there is none, or another one has that identity. */
  async replace(
    query: Query,
    { listener: { id }, secrets }: StoredListener,
    { identity, row, match }: NormalListener,
  ): Promise<boolean> {
    // Sealed for another identity, none of it would open.
    const values = sealed(this.vault, identity, row, secrets.previousSecret);
    const replaced = COLUMNS.map((column) => `${column} = ${valueSql(column, 'r')}`).join(', ');
    const updated = await query(
      `UPDATE ${this.tables.listener} l SET identity = $2, updated_at = now(), ${replaced}
       FROM json_to_record($3::json) AS r(${definition(COLUMNS)}) WHERE l.id = $1
       AND NOT EXISTS (SELECT FROM ${this.tables.listener} o WHERE o.identity = $2 AND o.id <> $1)
       RETURNING l.id`,
      [id, identity, JSON.stringify(record(values))],
    );
    if (updated.length === 0) return false;
    await deleteFilters(query, this.tables, [id]);
    await insertFilters(query, this.tables, [{ id, match }]);
    await this.keys.rekey(query, [id]);
    return true;
  }

  async find(
    query: Query,
    where: string,
    parameters: readonly unknown[],
    order = 'ORDER BY l.created_at, l.id',
  ): Promise<readonly StoredListener[]> {
    const rows = await query<StoredRow>(
      `SELECT l.*, ${previousSecretSql('l')} AS previous_secret, ${matchSql(this.tables)} AS match FROM ${this.tables.listener} l
       WHERE ${where} ${order}`,
      parameters,
    );
    return rows.map((row) => ({
      listener: toListener(row),
      identity: row.identity,
      secrets: new StoredSecrets(this.vault, row),
      failingSince: row.failing_since,
    }));
  }

  /** The cursor of the page of listeners after this one. */
  cursorAfter(query: Query, last: Listener): Promise<string> {
    return cursorAfter(query, this.tables.listener, last);
  }

  /** The listener of that id, if there is one. */
  async one(query: Query, id: string): Promise<StoredListener | undefined> {
    return isUuid(id) ? (await this.find(query, 'l.id = $1', [id]))[0] : undefined;
  }

  /** The same, held until the transaction ends. */
  async locked(query: Query, id: string): Promise<StoredListener | undefined> {
    if (!isUuid(id)) return undefined;
    // Before it is read: a statement that waits for a lock would still see the conditions of before it waited.
    await query(`SELECT FROM ${this.tables.listener} WHERE id = $1 FOR UPDATE`, [id]);
    return this.one(query, id);
  }

  /** Nothing finds them any more; gives how many there were. `where` is about a listener `l`, its parameters begin at $2. */
  async deactivate(
    query: Query,
    why: string,
    { where, parameters }: { readonly where: string; readonly parameters: readonly unknown[] },
  ): Promise<number> {
    const rows = await query(
      `WITH off AS (
         UPDATE ${this.tables.listener} l SET active = false, inactive_reason = $1, inactive_since = now(), updated_at = now()
         WHERE ${where} RETURNING l.id, l.keys
       ), ${withoutKeysSql(this.tables, 'off')} SELECT id FROM off`,
      [why, ...parameters],
    );
    return rows.length;
  }

  async activate(query: Query, id: string): Promise<boolean> {
    const rows = await query(
      `UPDATE ${this.tables.listener} SET active = true, inactive_reason = NULL, inactive_since = NULL,
         paused_until = NULL, failing_since = NULL, updated_at = now() WHERE id = $1 RETURNING id`,
      [id],
    );
    await this.keys.rekey(query, [id]);
    return rows.length > 0;
  }

  async remove(query: Query, id: string): Promise<boolean> {
    const rows = await query(
      `WITH gone AS (DELETE FROM ${this.tables.listener} WHERE id = $1 RETURNING id, keys),
       ${withoutKeysSql(this.tables, 'gone')} SELECT id FROM gone`,
      [id],
    );
    return rows.length > 0;
  }
}

function pick<Row extends object>(
  row: Row | undefined,
  columns: readonly (keyof Row)[],
): Partial<Row> {
  const picked: Partial<Row> = {};
  for (const column of columns) if (row) picked[column] = row[column];
  return picked;
}

/** What a save of a listener that is stored changes. */
function assignments(named: NormalListener['named']): string {
  const columns = named.map((column) => `${column} = excluded.${column}, `);
  if (!named.includes('secret') && !named.includes('headers')) return columns.join('');
  return `${columns.join('')}key_ids = ${keyIdsSql('excluded.key_ids')}, `;
}

function replacesMatch({ row, namesMatch }: NormalListener): boolean {
  return row.key !== null && namesMatch;
}

/** The error for an id that no listener has. */
export function unknownListener(id: string): ListenerNotFoundError {
  return new ListenerNotFoundError(id);
}
