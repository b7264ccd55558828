import type { Query } from './database';
import { firstOfRowSql, isHeadlessSql, UNENDED } from './due-sql';
import type { Tables } from './tables';

/** Listeners that one statement looks at. */
const LISTENERS = 1_000;
/** Ordered listeners whose rows one statement looks at, and the rows that it shares among them. */
const ORDERED_LISTENERS = 200;
const ROWS = 500;
const ROWS_EACH = 5;
/** Turns of one listener that are merged in one statement. */
const MERGED_AT_ONCE = 1_000;
/** A younger turn may stand for deliveries that a running claim does not see. */
const MERGED_AFTER_MS = 10_000;

/** Where the next step of a walk begins; null: at the beginning. */
export type Place = string | null;

/** How far the rows of each ordered listener were looked at; the next step goes on there. */
export type RowPlaces = ReadonlyMap<string, string>;

export interface MendedHeads {
  readonly next: Place;
  /** The listeners that were looked at, and where their rows are looked at next. */
  readonly places: ReadonlyMap<string, Place>;
  /** Heads that were missing. */
  readonly added: number;
}

interface HeadsRow {
  readonly next: Place;
  readonly listener_id: string | null;
  readonly row_id: Place;
  readonly added: number;
}

/**
 * Statements that repair turns and heads. Each looks at a bounded number of listeners, one after another in an index, whatever number of
 * deliveries they have, and returns the place where the next one begins. So they see every listener in the end.
 */
export class Mending {
  constructor(
    protected readonly query: Query,
    protected readonly tables: Tables,
  ) {}

  /** Adds turns for due deliveries that have none: those of an earlier release, or whose `next_at` was changed by hand. */
  async turns(after: Place): Promise<Place> {
    const { delivery, turn, head } = this.tables;
    const next = (place: string) => `least(
      (SELECT d.listener_id FROM ${delivery} d WHERE d.next_at IS NOT NULL AND d.row_id IS NULL AND d.listener_id > ${place}
        ORDER BY d.listener_id, d.next_at LIMIT 1), (${nextOrderedSql(this.tables, place)}))`;
    const [row] = await this.query<{ next: Place }>(
      `WITH RECURSIVE ${walkSql(next, LISTENERS)}, late AS (
         SELECT w.listener_id FROM walk w WHERE w.listener_id IS NOT NULL AND least(
           (SELECT d.next_at FROM ${delivery} d WHERE d.listener_id = w.listener_id AND d.next_at IS NOT NULL AND d.row_id IS NULL
             ORDER BY d.next_at LIMIT 1),
           (SELECT d.next_at FROM ${delivery} d WHERE ${isHeadlessSql('w.listener_id')} ORDER BY d.next_at LIMIT 1),
           (SELECT h.ready_at FROM ${head} h WHERE h.listener_id = w.listener_id ORDER BY h.ready_at LIMIT 1)) <= now()
         AND (SELECT true FROM ${turn} t WHERE t.listener_id = w.listener_id AND t.ready_at <= now() LIMIT 1) IS NULL
       ), added AS (
         INSERT INTO ${turn} (listener_id, ready_at) SELECT listener_id, now() FROM late
       ) ${nextPlaceSql(LISTENERS)}`,
      [after],
    );
    return row?.next ?? null;
  }

  /**
   * Adds heads for rows whose first delivery is due and has none, with a turn: an earlier release ended the delivery before, or `next_at`
   * was changed by hand. Looks at some rows of each listener, from its place on.
   */
  async heads(after: Place, places: RowPlaces): Promise<MendedHeads> {
    const { delivery, turn, head } = this.tables;
    const nextRow = (row: string) =>
      `SELECT d.row_id FROM ${delivery} d WHERE d.listener_id = a.listener_id AND d.row_id > ${row} AND d.${UNENDED}
       ORDER BY d.row_id, d.sequence LIMIT 1`;
    const first = firstOfRowSql(this.tables, 'CASE WHEN d.headed THEN d.next_at END', [
      'r.listener_id',
      'r.row_id',
    ]);
    const rows = await this.query<HeadsRow>(
      `WITH RECURSIVE ${walkSql((place) => `(${nextOrderedSql(this.tables, place)})`, ORDERED_LISTENERS)}, asked AS (
         SELECT w.listener_id, coalesce(p.row_id, ${ZERO}) AS row_id, greatest(${ROWS_EACH}, ${ROWS} / count(*) OVER ()) AS most
         FROM walk w LEFT JOIN unnest($2::uuid[], $3::uuid[]) AS p(listener_id, row_id) USING (listener_id)
         WHERE w.listener_id IS NOT NULL
       ), rows AS (
         SELECT a.listener_id, s.row_id, s.n FROM asked a CROSS JOIN LATERAL (
           WITH RECURSIVE step(row_id, n) AS (
             SELECT (${nextRow('a.row_id')}), 1
             UNION ALL SELECT (${nextRow('s.row_id')}), s.n + 1 FROM step s WHERE s.row_id IS NOT NULL AND s.n < a.most
           ) SELECT * FROM step WHERE row_id IS NOT NULL) s
       ), added AS (
         INSERT INTO ${head} (listener_id, row_id, ready_at)
         SELECT r.listener_id, r.row_id, now() FROM rows r WHERE (${first}) <= now() AND (
           SELECT true FROM ${head} h WHERE h.listener_id = r.listener_id AND h.row_id = r.row_id AND h.ready_at <= now() LIMIT 1) IS NULL
         RETURNING listener_id
       ), turns AS (
         INSERT INTO ${turn} (listener_id, ready_at) SELECT DISTINCT listener_id, now() FROM added
       ) SELECT place.next, (SELECT count(*)::int FROM added) AS added, a.listener_id, r.row_id
         FROM (${nextPlaceSql(ORDERED_LISTENERS)}) place LEFT JOIN asked a ON true
         LEFT JOIN rows r ON r.listener_id = a.listener_id AND r.n = a.most`,
      [after, [...places.keys()], [...places.values()]],
    );
    return {
      next: rows[0]?.next ?? null,
      places: new Map(
        rows.flatMap(({ listener_id, row_id }) => (listener_id ? [[listener_id, row_id]] : [])),
      ),
      added: rows[0]?.added ?? 0,
    };
  }

  /**
   * Deletes all but the first old turn of each listener, because they add nothing. The first one is locked meanwhile. A claim that
   * began earlier could take it without seeing the deliveries that the deleted turns stand for; such a claim ends within milliseconds,
   * so only turns of a certain age are deleted.
   */
  async merge(after: Place): Promise<Place> {
    const { turn } = this.tables;
    const next = (place: string) =>
      `(SELECT t.listener_id FROM ${turn} t WHERE t.listener_id > ${place} ORDER BY t.listener_id, t.ready_at LIMIT 1)`;
    const [row] = await this.query<{ next: Place }>(
      `WITH RECURSIVE ${walkSql(next, LISTENERS)}, kept AS (
         SELECT k.id, k.listener_id FROM walk w CROSS JOIN LATERAL (
           SELECT t.id FROM ${turn} t WHERE t.listener_id = w.listener_id AND t.ready_at <= now()
           ORDER BY t.ready_at, t.id LIMIT 1) f CROSS JOIN LATERAL (
           SELECT t.id, t.listener_id FROM ${turn} t WHERE t.id = f.id FOR UPDATE SKIP LOCKED) k
       ), merged AS (
         DELETE FROM ${turn} WHERE id = ANY(ARRAY(
           SELECT m.id FROM kept k CROSS JOIN LATERAL (
             SELECT t.id FROM ${turn} t WHERE t.listener_id = k.listener_id AND t.id <> k.id
               AND t.ready_at <= now() - ${MERGED_AFTER_MS} * interval '1 millisecond'
             ORDER BY t.ready_at LIMIT ${MERGED_AT_ONCE}) m))
       ) ${nextPlaceSql(LISTENERS)}`,
      [after],
    );
    return row?.next ?? null;
  }
}

const ZERO = `'00000000-0000-0000-0000-000000000000'::uuid`;

/** The next listener with deliveries in an order that have not ended. The whole key is in the order, so that only one index has it. */
function nextOrderedSql({ delivery }: Tables, place: string): string {
  return `SELECT d.listener_id FROM ${delivery} d WHERE d.row_id IS NOT NULL AND d.${UNENDED} AND d.listener_id > ${place}
    ORDER BY d.listener_id, d.row_id, d.sequence LIMIT 1`;
}

/** Listeners one after another, each by one look into an index: at most so many, after $1. The last one is null if there are no more. */
function walkSql(next: (place: string) => string, most: number): string {
  return `walk(listener_id, n) AS (
    SELECT ${next(`coalesce($1::uuid, ${ZERO})`)}, 1
    UNION ALL SELECT ${next('w.listener_id')}, w.n + 1 FROM walk w WHERE w.listener_id IS NOT NULL AND w.n < ${most}
  )`;
}

function nextPlaceSql(most: number): string {
  return `SELECT (SELECT w.listener_id FROM walk w WHERE w.n = ${most}) AS next`;
}
