import type { HookCatalog } from '../../hook/catalog';
import type { FieldKind } from '../../match/field-kind';
import type { Query } from '../../store/database';
import { KEY_VERSION, matchSql } from '../../store/listener-sql';
import type { Tables } from '../../store/tables';
import { hooksHeardBy } from '../declared/pattern-hooks';
import { type Choice, choicesOf, filterPlans, type Keyable, take } from './key-choice';
import { type KeyPlan, keyOf, keyPrefix, MAX_VALUE, planName } from './match-key';
import { scopeOf } from './scope';

/** No key is counted further. */
const COUNTED = 1_000;
/** Of an option with more keys than that, none is counted. */
const MAX_COUNTED_KEYS = 32;
/** Listeners whose keys are made anew in one transaction. */
const REKEYED_AT_ONCE = 1_000;

/** The keys of stored listeners: chosen when one is saved, so that an event finds few that do not want it. */
export class KeyStore {
  constructor(
    private readonly tables: Tables,
    private readonly catalog: HookCatalog,
  ) {}

  /**
   * Chooses the keys of each listener, those that fewest others have, and sees to it that their plans are stored: a process that matches
   * learns from them what to look for. Held until the transaction ends, so that no `reindex` takes one away meanwhile.
   */
  async choose(
    query: Query,
    listeners: readonly Keyable[],
  ): Promise<readonly (readonly string[])[]> {
    const kinds = this.#kinds();
    const prefixes = new Map<string, string>();
    const choices = listeners.map((listener) => choicesOf(listener, kinds(listener), prefixes));
    const counts = await this.#counts(query, choices);
    const chosen = choices.map((options) => take(options, counts));
    const plans = new Map<string, KeyPlan>();
    const filtered = listeners.flatMap(filterPlans);
    for (const plan of [...chosen.flatMap((choice) => choice.plans), ...filtered])
      plans.set(planName(plan), plan);
    await this.#hold(query, [...plans.values()]);
    return chosen.map(({ keys }) => keys);
  }

  /** Makes the keys of these listeners anew, whatever they had. The rows are locked. */
  async rekey(query: Query, ids: readonly string[]): Promise<void> {
    const { listener } = this.tables;
    const rows = await query<Keyable & { id: string }>(
      `SELECT l.id, l.hook, l.pattern, l.operations, l.owner, ${matchSql(this.tables)} AS match
       FROM ${listener} l WHERE l.id = ANY($1) AND NOT l.dynamic ORDER BY l.id FOR UPDATE`,
      [ids],
    );
    if (rows.length === 0) return;
    const keys = await this.choose(query, rows);
    await this.#replace(
      query,
      rows.map(({ id, match }, n) => ({ id, keys: keys[n], filters: JSON.stringify(match) })),
    );
  }

  async #replace(query: Query, rows: readonly unknown[]): Promise<void> {
    const { listener, key } = this.tables;
    await query(
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
       UPDATE ${listener} l SET keys = f.keys, filters = f.filters::json, key_version = ${KEY_VERSION}
       FROM fresh f WHERE f.id = l.id`,
      [JSON.stringify(rows)],
    );
  }

  /** One page of listeners after that one; gives the last of them, and null at the end. */
  async rekeyPage(
    query: Query,
    after: string | null,
  ): Promise<{ last: string; count: number } | null> {
    // Locked before their conditions are read: a statement that waits for a lock would still see those of before it waited.
    const rows = await query<{ id: string }>(
      `SELECT id FROM ${this.tables.listener} WHERE $1::uuid IS NULL OR id > $1
       ORDER BY id LIMIT ${REKEYED_AT_ONCE} FOR UPDATE`,
      [after],
    );
    const last = rows.at(-1)?.id;
    if (last === undefined) return null;
    await this.rekey(
      query,
      rows.map(({ id }) => id),
    );
    return { last, count: rows.length };
  }

  /**
   * Takes away plans that no key has. They are locked first and looked at after: who relied on one has then committed, and its keys
   * are seen; who wants to rely on one waits, and finds it gone.
   */
  async dropUnusedPlans(query: Query): Promise<void> {
    const { plan, key } = this.tables;
    const plans = await query<KeyPlan & { id: number }>(
      `SELECT id, scope, field, operator, length FROM ${plan} WHERE operator <> 'filter' FOR UPDATE SKIP LOCKED`,
    );
    await query(
      `DELETE FROM ${plan} p USING unnest($1::int[], $2::bigint[]) AS u(id, low)
       WHERE p.id = u.id AND NOT EXISTS (SELECT FROM ${key} k WHERE k.key BETWEEN u.low AND u.low + ${MAX_VALUE})`,
      [plans.map(({ id }) => id), plans.map((one) => keyOf(keyPrefix(one), 0))],
    );
  }

  /** Has PostgreSQL look at our tables, where a bulk load has left it ignorant of them. */
  async analyse(query: Query): Promise<void> {
    const { listener, filter, key } = this.tables;
    const [row] = await query<{ grown: boolean }>(
      `SELECT pg_relation_size(oid) > 1.25 * relpages * current_setting('block_size')::int AS grown FROM pg_class WHERE oid = $1::regclass`,
      [key],
    );
    if (!row?.grown) return;
    await query(`ANALYZE ${listener}, ${filter}, ${key}`);
  }

  /** How many listeners have each key already, where they are many. */
  async #counts(
    query: Query,
    choices: readonly (readonly Choice[])[],
  ): Promise<Map<string, number>> {
    const undecided = choices.filter((options) => options.length > 1).flat();
    const keys = [
      ...new Set(undecided.flatMap(({ keys }) => (keys.length <= MAX_COUNTED_KEYS ? keys : []))),
    ];
    if (keys.length === 0) return new Map();
    const rows = await query<{ key: string; count: number }>(
      `SELECT q.key, c.count FROM unnest($1::bigint[]) q(key), LATERAL (
         SELECT count(*)::int AS count FROM (SELECT FROM ${this.tables.key} k WHERE k.key = q.key LIMIT ${COUNTED}) f
       ) c WHERE c.count > 0`,
      [`{${keys.join()}}`],
    );
    return new Map(rows.map(({ key, count }) => [key, count]));
  }

  async #hold(query: Query, plans: readonly KeyPlan[]): Promise<void> {
    const { plan } = this.tables;
    await query(
      `WITH wanted AS (
         SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::int[]) AS w(scope, field, operator, length)
       ), held AS MATERIALIZED (
         SELECT p.scope, p.field, p.operator, p.length FROM ${plan} p JOIN wanted w
         ON w.scope = p.scope AND w.field = p.field AND w.operator = p.operator AND w.length = p.length FOR KEY SHARE OF p
       )
       INSERT INTO ${plan} (scope, field, operator, length)
       SELECT scope, field, operator, length FROM wanted EXCEPT SELECT scope, field, operator, length FROM held`,
      [
        plans.map(({ scope }) => scope),
        plans.map(({ field }) => field),
        plans.map(({ operator }) => operator),
        plans.map(({ length }) => length),
      ],
    );
  }

  /** Kinds of a field in the hooks that a listener may hear; patterns are looked up once. */
  #kinds(): (listener: Keyable) => (field: string) => readonly FieldKind[] {
    const catalog = this.catalog;
    const hooks = new Map<string, ReturnType<typeof hooksHeardBy>>();
    return (listener) => {
      const scope = scopeOf(listener);
      const heard = hooks.get(scope) ?? hooksHeardBy(listener, catalog);
      hooks.set(scope, heard);
      return (field) => heard.flatMap(({ fields }) => fields.get(field)?.kind ?? []);
    };
  }
}
