import { v7 as uuidv7 } from 'uuid';
import type { Query } from '../database';
import type { StoredCondition } from '../match/operand';
import type { Tables } from '../tables';
import type { Listener } from './listener';
import type { ListenerValues, NormalListener } from './normal';

/** The SQL of listeners. Everything runs on the `query` that it is given, so that a save can join a transaction. */
export class ListenerStore {
  constructor(private readonly tables: Tables) {}

  /** Creates or updates; gives the id of each, and the secret of those that were created. */
  async upsert(query: Query, listeners: readonly NormalListener[]): Promise<readonly Saved[]> {
    const saved: Saved[] = [];
    for (const group of byNamedColumns(listeners))
      saved.push(...(await this.#upsertGroup(query, group)));
    const replaced = saved.filter(({ created, listener }) => created || replacesMatch(listener));
    // One listener may be saved twice, naming different columns; its later conditions count.
    const latest = [...new Map(replaced.map((one) => [one.id, one])).values()];
    if (latest.length > 0) await this.#replaceFilters(query, latest);
    return saved;
  }

  async #upsertGroup(query: Query, group: readonly NormalListener[]): Promise<readonly Saved[]> {
    const distinct = new Map(group.map((listener) => [listener.identity, listener]));
    const rows = [...distinct.values()].map(({ identity, row }) => ({
      id: uuidv7(),
      identity,
      ...record(row),
    }));
    const named = (group[0]?.named ?? []).map((column) => `${column} = excluded.${column}, `);
    const columns = `id, identity, ${COLUMNS.map(([column]) => column).join(', ')}`;
    const types = COLUMNS.map(([column, type]) => `${column} ${type}`).join(', ');
    const written = await query<{ id: string; identity: string; created: boolean }>(
      `INSERT INTO ${this.tables.listener} AS l (${columns}, declared_at)
       SELECT id, identity, ${COLUMNS.map(valueSql).join(', ')}, now() FROM json_to_recordset($1::json) AS r(id uuid, identity text, ${types})
       ORDER BY identity
       ON CONFLICT (identity) DO UPDATE SET ${named.join('')} declared_at = now(), updated_at = now()
       RETURNING id, identity, xmax = 0 AS created`,
      [JSON.stringify(rows)],
    );
    return written.map(({ id, identity, created }) => ({
      id,
      created,
      listener: distinct.get(identity) as NormalListener,
    }));
  }

  async #replaceFilters(query: Query, saved: readonly Saved[]): Promise<void> {
    const updated = saved.filter(({ created }) => !created).map(({ id }) => id);
    if (updated.length > 0)
      await query(`DELETE FROM ${this.tables.filter} WHERE listener_id = ANY($1)`, [updated]);
    const conditions = saved.flatMap(({ id, listener }) => filterRows(id, listener.match));
    if (conditions.length > 0) await this.#insertFilters(query, conditions);
  }

  async #insertFilters(query: Query, rows: readonly FilterRow[]): Promise<void> {
    await query(
      `INSERT INTO ${this.tables.filter} (listener_id, position, field, operator, operand)
       SELECT listener_id, position, field, operator, operand::json
       FROM json_to_recordset($1::json)
         AS r(listener_id uuid, position int, field text, operator text, operand text)`,
      [JSON.stringify(rows.map((row) => ({ ...row, operand: JSON.stringify(row.operand) })))],
    );
  }

  /** Overwrites a listener as a whole. False where there is none, or another one has that identity. */
  async replace(
    query: Query,
    id: string,
    { identity, row, match }: NormalListener,
  ): Promise<boolean> {
    const assignments = COLUMNS.map((column) => `${column[0]} = ${valueSql(column)}`).join(', ');
    const types = COLUMNS.map(([column, type]) => `${column} ${type}`).join(', ');
    const updated = await query(
      `UPDATE ${this.tables.listener} l SET identity = $2, updated_at = now(), ${assignments}
       FROM json_to_record($3::json) AS r(${types}) WHERE l.id = $1
       AND NOT EXISTS (SELECT FROM ${this.tables.listener} o WHERE o.identity = $2 AND o.id <> $1)
       RETURNING l.id`,
      [id, identity, JSON.stringify(record(row))],
    );
    if (updated.length === 0) return false;
    await query(`DELETE FROM ${this.tables.filter} WHERE listener_id = $1`, [id]);
    await this.#insertFilters(query, filterRows(id, match));
    return true;
  }

  async find(
    query: Query,
    where: string,
    parameters: readonly unknown[],
  ): Promise<readonly StoredListener[]> {
    const rows = await query<ListenerRow>(
      `SELECT l.*, ${this.matchSql()} AS match FROM ${this.tables.listener} l
       WHERE ${where} ORDER BY l.created_at, l.id`,
      parameters,
    );
    return rows.map(toListener);
  }

  /** The conditions of a listener `l`, in their order. */
  matchSql(): string {
    return `coalesce((SELECT json_agg(json_build_object('field', f.field, 'operator', f.operator, 'operand', f.operand)
      ORDER BY f.position) FROM ${this.tables.filter} f WHERE f.listener_id = l.id), '[]'::json)`;
  }

  async set(
    query: Query,
    id: string,
    assignments: string,
    parameters: readonly unknown[],
  ): Promise<boolean> {
    const rows = await query(
      `UPDATE ${this.tables.listener} SET ${assignments}, updated_at = now() WHERE id = $1 RETURNING id`,
      [id, ...parameters],
    );
    return rows.length > 0;
  }

  async remove(query: Query, id: string): Promise<boolean> {
    return (
      (await query(`DELETE FROM ${this.tables.listener} WHERE id = $1 RETURNING id`, [id])).length >
      0
    );
  }
}

/** A listener with what only the sender of its deliveries may see. */
export interface StoredListener {
  readonly listener: Listener;
  readonly secret: string;
  readonly failingSince: Date | null;
}

export interface Saved {
  readonly id: string;
  readonly created: boolean;
  readonly listener: NormalListener;
}

const COLUMNS: readonly (readonly [keyof ListenerValues, string])[] = [
  ['hook', 'text'],
  ['operations', 'text[]'],
  ['pattern', 'text'],
  ['target', 'text'],
  ['content_type', 'text'],
  ['format', 'text'],
  ['secret', 'text'],
  ['digest', 'text'],
  ['headers', 'jsonb'],
  ['owner', 'text'],
  ['key', 'text'],
  ['config', 'text'],
  ['replies', 'boolean'],
  ['delivery', 'jsonb'],
];

/** A row for `json_to_recordset`, which cannot unpack JSON with a NUL in it: what may hold one goes as text. */
function record(row: ListenerValues) {
  return { ...row, config: JSON.stringify(row.config) };
}

function valueSql([column]: readonly [keyof ListenerValues, string]): string {
  return column === 'config' ? 'r.config::json' : `r.${column}`;
}

function byNamedColumns(listeners: readonly NormalListener[]): readonly NormalListener[][] {
  const groups = new Map<string, NormalListener[]>();
  for (const listener of listeners) {
    const signature = listener.named.join();
    groups.set(signature, [...(groups.get(signature) ?? []), listener]);
  }
  return [...groups.values()];
}

function replacesMatch({ row, namesMatch }: NormalListener): boolean {
  return row.key !== null && namesMatch;
}

interface FilterRow extends StoredCondition {
  readonly listener_id: string;
  readonly position: number;
}

function filterRows(id: string, match: readonly StoredCondition[]): readonly FilterRow[] {
  return match.map((condition, position) => ({ listener_id: id, position, ...condition }));
}

interface ListenerRow extends ListenerValues {
  readonly id: string;
  readonly active: boolean;
  readonly inactive_reason: string | null;
  readonly inactive_since: Date | null;
  readonly paused_until: Date | null;
  readonly failing_since: Date | null;
  readonly created_at: Date;
  readonly updated_at: Date;
  readonly match: readonly StoredCondition[];
}

function toListener(row: ListenerRow): StoredListener {
  const listener = {
    id: row.id,
    hook: row.hook,
    operations: row.operations,
    pattern: row.pattern,
    target: row.target,
    match: row.match,
    contentType: row.content_type,
    format: row.format,
    digest: row.digest,
    headers: row.headers,
    owner: row.owner,
    key: row.key,
    config: row.config,
    replies: row.replies,
    delivery: row.delivery,
    active: row.active,
    inactiveReason: row.inactive_reason,
    inactiveSince: row.inactive_since,
    pausedUntil: row.paused_until,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  };
  // The columns hold only what validation let in.
  return { listener: listener as Listener, secret: row.secret, failingSince: row.failing_since };
}
