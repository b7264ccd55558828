import { grouped } from '../../base/grouped';
import type { Query } from '../../store/database';
import { matchSql, UNKEYED_SQL } from '../../store/listener-sql';
import type { Tables } from '../../store/tables';
import { type KeyPlan, keyOf, MAX_VALUE, planName } from '../keys/match-key';
import type { Candidate } from './checks';
import { GramSet } from './gram-set';
import type { Probes, RangeProbe, StoredGrams } from './keys-of-event';

/** A listener that may want some events of a batch. */
export interface CandidateRow extends Candidate {
  readonly id: string;
  /** Other keys may find it as well. */
  readonly several: boolean;
  readonly ordered: boolean;
  /** Its deliveries have their turns: see `QueuedListener`. */
  readonly queued: boolean;
}

/** Listeners found by one key, range, or the lack of both. */
export interface Found {
  /** The events that have what it was found by; null: all of them. */
  readonly events: readonly number[] | null;
  readonly listener: CandidateRow;
}

/** Rows fetched for one key at once. */
const PAGE = 1_000;
const KEYS_AT_ONCE = 10_000;
const QUEUED_SQL = 'l.ordered, l.ordered OR l.max_per_second IS NOT NULL AS queued';
const NOBODY = '00000000-0000-0000-0000-000000000000';

export interface KeyPlans {
  readonly plans: readonly KeyPlan[];
  /** There are listeners without keys of today's making. */
  readonly hasUnkeyed: boolean;
}

/** The statements of matching. Each one walks an index, key by key: no join that PostgreSQL could turn round. */
export class Candidates {
  constructor(private readonly tables: Tables) {}

  async plans(query: Query, scopes: readonly string[]): Promise<KeyPlans> {
    const rows = await query<KeyPlan & { unkeyed: boolean; id: number | null }>(
      `SELECT p.id, p.scope, p.field, p.operator, p.length,
         EXISTS (SELECT FROM ${this.tables.listener} l WHERE ${UNKEYED_SQL}) AS unkeyed
       FROM (SELECT) one LEFT JOIN ${this.tables.plan} p ON p.scope = ANY($1) AND p.operator <> 'filter'`,
      [scopes],
    );
    const plans = rows.filter(({ id }) => id !== null);
    const byName = new Map(plans.map((plan) => [planName(plan), plan]));
    return { plans: [...byName.values()], hasUnkeyed: rows.some(({ unkeyed }) => unkeyed) };
  }

  /** The stored grams of plans, at most so many of each; plans that have more are left out. */
  async grams(query: Query, prefixes: readonly string[], limit: number): Promise<StoredGrams> {
    const rows = await query<{ n: string; size: number; grams: Buffer }>(
      `SELECT p.n, count(*)::int AS size, string_agg(int8send(g.value), '') AS grams
       FROM unnest($1::bigint[]) WITH ORDINALITY p(low, n), LATERAL (
         SELECT DISTINCT k.key - p.low AS value FROM ${this.tables.key} k
         WHERE k.key BETWEEN p.low AND p.low + ${MAX_VALUE} LIMIT $2
       ) g GROUP BY p.n`,
      [`{${prefixes.map((prefix) => keyOf(prefix, 0)).join()}}`, limit + 1],
    );
    const found = new Map(rows.map(({ n, size, grams }) => [Number(n), { size, grams }]));
    const stored = prefixes.map((prefix, n) => [prefix, found.get(n + 1)] as const);
    return new Map(
      stored
        .filter(([, rows]) => !rows || rows.size <= limit)
        .map(([prefix, rows]) => [prefix, new GramSet(rows ? integers(rows.grams) : [])]),
    );
  }

  /** Pages of candidates. A listener may be found more than once. */
  async *of(query: Query, probes: Probes, hasUnkeyed: boolean): AsyncGenerator<readonly Found[]> {
    for (let at = 0; at < probes.keys.length; at += KEYS_AT_ONCE)
      yield* this.#byKey(query, probes, at);
    for (const range of probes.ranges) yield* this.#inRange(query, range);
    if (hasUnkeyed) yield* this.#unkeyed(query);
  }

  async *#byKey(query: Query, probes: Probes, at: number): AsyncGenerator<readonly Found[]> {
    const keys = probes.keys.slice(at, at + KEYS_AT_ONCE);
    let wanted = keys.map((_, n) => ({ n, after: NOBODY }));
    for (let isFurther = false; wanted.length > 0; isFurther = true) {
      const asked = wanted;
      const rows = await query<KeyRow>(this.keySql(isFurther), [
        `{${asked.map(({ n }) => keys[n]).join()}}`,
        ...(isFurther ? [asked.map(({ after }) => after)] : []),
      ]);
      const placeOf = (n: string) => asked[Number(n) - 1]?.n ?? 0;
      yield found(rows, ({ n }) => probes.eventsOfKey[at + placeOf(n)] ?? []);
      wanted = unfinished(rows).map(({ n, after }) => ({ n: placeOf(n), after }));
    }
  }

  async *#inRange(query: Query, range: RangeProbe): AsyncGenerator<readonly Found[]> {
    const high = keyOf(range.prefix, range.high);
    let after: Pick<KeyRow, 'key' | 'listener_id'> | undefined = {
      key: keyOf(range.prefix, range.low),
      listener_id: NOBODY,
    };
    while (after) {
      const parameters: readonly string[] = [after.key, after.listener_id, high];
      const rows: readonly KeyRow[] = await query<KeyRow>(this.rangeSql(), parameters);
      yield found(rows, ({ key }) => eventsWithin(range, Number(key.slice(range.prefix.length))));
      after = rows.length === PAGE ? rows.at(-1) : undefined;
    }
  }

  async *#unkeyed(query: Query): AsyncGenerator<readonly Found[]> {
    let after: string | undefined = NOBODY;
    while (after !== undefined) {
      const rows: readonly CandidateRow[] = await query<CandidateRow>(
        `SELECT l.id, l.hook, l.pattern, l.operations, l.owner, ${matchSql(this.tables)} AS match, true AS several,
           ${QUEUED_SQL}
         FROM ${this.tables.listener} l
         WHERE ${UNKEYED_SQL} AND l.id > $1 ORDER BY l.id LIMIT ${PAGE}`,
        [after],
      );
      yield rows.map((listener) => ({ events: null, listener }));
      after = rows.length === PAGE ? rows.at(-1)?.id : undefined;
    }
  }

  /** `OFFSET 0` and `LIMIT` keep each step a look-up of its own. */
  keySql(isFurther: boolean): string {
    const probes = isFurther
      ? 'unnest($1::bigint[], $2::uuid[]) WITH ORDINALITY q(key, after, n)'
      : 'unnest($1::bigint[]) WITH ORDINALITY q(key, n)';
    return `SELECT q.n, q.key, k.listener_id, l.* FROM ${probes}
      CROSS JOIN LATERAL (SELECT k.listener_id FROM ${this.tables.key} k WHERE k.key = q.key
        ${isFurther ? 'AND k.listener_id > q.after ' : ''}ORDER BY k.listener_id LIMIT ${PAGE}) k
      LEFT JOIN LATERAL (${this.#listenerSql()}) l ON true`;
  }

  rangeSql(): string {
    return `SELECT 1 AS n, k.key, k.listener_id, l.* FROM (
        SELECT k.key, k.listener_id FROM ${this.tables.key} k
        WHERE (k.key, k.listener_id) > ($1::bigint, $2::uuid) AND k.key <= $3::bigint
        ORDER BY k.key, k.listener_id LIMIT ${PAGE}) k
      LEFT JOIN LATERAL (${this.#listenerSql()}) l ON true ORDER BY k.key, k.listener_id`;
  }

  #listenerSql(): string {
    return `SELECT l.id, l.hook, l.pattern, l.operations, l.owner, l.filters AS match, cardinality(l.keys) > 1 AS several,
        ${QUEUED_SQL}
      FROM ${this.tables.listener} l WHERE l.id = k.listener_id AND l.active OFFSET 0`;
  }
}

interface KeyRow extends Omit<CandidateRow, 'id'> {
  readonly n: string;
  readonly key: string;
  readonly listener_id: string;
  /** Null where the listener is gone, or not active. */
  readonly id: string | null;
}

function found(
  rows: readonly KeyRow[],
  eventsOf: (row: KeyRow) => readonly number[],
): readonly Found[] {
  return rows.flatMap((row) =>
    row.id === null ? [] : [{ events: eventsOf(row), listener: { ...row, id: row.id } }],
  );
}

/** The keys of which a full page came, and the last listener of each. */
function unfinished(rows: readonly KeyRow[]): readonly { n: string; after: string }[] {
  const byKey = grouped(rows, ({ n }) => n);
  return [...byKey]
    .filter(([, page]) => page.length === PAGE)
    .map(([n, page]) => ({ n, after: lastOf(page) }));
}

function lastOf(rows: readonly KeyRow[]): string {
  return rows.reduce((last, { listener_id: id }) => (id > last ? id : last), NOBODY);
}

function integers(bytes: Buffer): number[] {
  return Array.from({ length: bytes.length / 8 }, (_, n) => Number(bytes.readBigInt64BE(n * 8)));
}

function eventsWithin({ bounds }: RangeProbe, value: number): readonly number[] {
  const within = bounds.filter(({ low, high }) => low <= value && value <= high);
  return [...new Set(within.map(({ event }) => event))];
}
