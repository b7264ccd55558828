import type { JsonValue } from '../base/json';
import { CALLED } from './calls';
import { cursorAfter, type LastRow } from './cursor';
import type { Query } from './database';
import { type DeliveryGroup, deliveryGroupsSql, listenersPageSql } from './delivery-groups';
import {
  type DeliveryConditions,
  lastLookedAtSql,
  type PagedConditions,
  pageSql,
} from './delivery-page';
import type { Tables } from './tables';

/** The status of a delivery is the kind of its last outcome. */
export const DELIVERY_STATUSES = [
  'waiting',
  'retrying',
  'rescheduled',
  'done',
  'skipped',
  'failed',
] as const;

/** Those of deliveries that have ended. */
export const ENDED_STATUSES = ['done', 'skipped', 'failed'] as const;

/** Those of the others. */
export const OPEN_STATUSES = ['waiting', 'retrying', 'rescheduled'] as const;

/** The state of a delivery. `done`, `skipped` and `failed` are final. */
export type DeliveryStatus = (typeof DELIVERY_STATUSES)[number];

export interface DeliveryRow {
  readonly id: string;
  readonly event_id: string;
  readonly listener_id: string;
  readonly event: string;
  readonly status: DeliveryStatus;
  readonly attempt: number;
  readonly next_at: Date | null;
  readonly http_status: number | null;
  readonly reason: string | null;
  readonly response: string | null;
  readonly retval: JsonValue;
  readonly duration_ms: number | null;
  readonly attempted_at: Date | null;
  readonly created_at: Date;
  readonly updated_at: Date;
}

export interface AttemptRow {
  readonly number: number;
  readonly outcome: DeliveryStatus;
  readonly http_status: number | null;
  readonly reason: string | null;
  readonly response: string | null;
  readonly detail: string | null;
  readonly duration_ms: number;
  readonly attempted_at: Date;
}

/** What `page` asks for. */
export interface PageConditions extends DeliveryConditions {
  /** Left out: any. */
  readonly status?: DeliveryStatus | undefined;
  /** Several statuses in place of one. */
  readonly statuses?: readonly DeliveryStatus[];
}

/** How often a stored delivery of a chunk was tried. */
export interface DeliveryStateRow {
  readonly id: string;
  /** Null, or another chunk, if this delivery has an outcome since the chunk was made. */
  readonly chunk_id: string | null;
  readonly attempt: number;
  readonly retries: number;
  readonly reschedules: number;
  readonly ordered: boolean;
}

/** Statements on stored deliveries and their attempts. */
export class DeliveryRows {
  constructor(
    protected readonly query: Query,
    protected readonly tables: Tables,
  ) {}

  /**
   * Newest first, unless the conditions say otherwise. A page without any condition but times has deliveries of all statuses. Rejects with
   * `OPTION_INVALID` if the cursor is not one of `cursorAfter`.
   */
  async page(conditions: PageConditions, limit: number): Promise<readonly DeliveryRow[]> {
    const { sql, parameters } = pageSql(this.tables, pagedConditions(conditions), limit);
    return this.query<DeliveryRow>(sql, parameters);
  }

  /** The same of several listeners; see `listenersPageSql`. Null if these have too many deliveries of different names and statuses. */
  async pageOfListeners(
    { listeners, ...conditions }: PageConditions & { readonly listeners: readonly string[] },
    limit: number,
  ): Promise<readonly DeliveryRow[] | null> {
    const wanted = { ...pagedConditions(conditions), listeners };
    const { sql, parameters } = listenersPageSql(this.tables, wanted, limit);
    const rows = await this.query<GroupedRow>(sql, parameters);
    return rows[0]?.too_many ? null : rows.filter(isDelivery);
  }

  /** The groups of the deliveries of several listeners, at most so many; see `listenersPageSql`. */
  groups(listeners: readonly string[], most: number): Promise<readonly DeliveryGroup[]> {
    const { sql, parameters } = deliveryGroupsSql(this.tables, listeners, most);
    return this.query<DeliveryGroup>(sql, parameters);
  }

  /** The last delivery that `page` looks at for an owner. Undefined if it looks at all that fit the other conditions. */
  async lastLookedAt({ owner, ...conditions }: PageConditions): Promise<LastRow | undefined> {
    const { sql, parameters } = lastLookedAtSql(this.tables, pagedConditions(conditions));
    const [row] = await this.query<Pick<DeliveryRow, 'id' | 'created_at'>>(sql, parameters);
    return row && { id: row.id, createdAt: row.created_at };
  }

  /** The cursor of the page after this delivery. */
  cursorAfter(last: LastRow): Promise<string> {
    return cursorAfter(this.query, this.tables.delivery, last);
  }

  /** Undefined if it is not stored, or if an owner is given that its listener does not have. */
  async get(id: string, owner?: string): Promise<DeliveryRow | undefined> {
    const { delivery, listener } = this.tables;
    const isOwned = `AND EXISTS (SELECT FROM ${listener} l WHERE l.id = d.listener_id AND l.owner = $2)`;
    const [row] = await this.query<DeliveryRow>(
      `SELECT d.* FROM ${delivery} d WHERE d.id = $1 ${owner === undefined ? '' : isOwned}`,
      owner === undefined ? [id] : [id, owner],
    );
    return row;
  }

  /** The stored attempts of a delivery, first to last. */
  attempts(id: string): Promise<readonly AttemptRow[]> {
    return this.query<AttemptRow>(
      `SELECT * FROM ${this.tables.attempt} WHERE delivery_id = $1 ORDER BY number`,
      [id],
    );
  }

  /** How often these deliveries were tried. A delivery without a row is not in the result. */
  states(ids: readonly string[]): Promise<readonly DeliveryStateRow[]> {
    return this.query<DeliveryStateRow>(
      `SELECT id, chunk_id, attempt, retries, reschedules, row_id IS NOT NULL AS ordered
       FROM ${this.tables.delivery} WHERE id = ANY($1::uuid[])`,
      [ids],
    );
  }

  /**
   * Makes a delivery due now, with all its retries, and gives its listener a turn. False if the delivery or its event is not stored, and
   * for a call, whose caller would not get the answer. A delivery that is being sent keeps its status and only gets its retries back. An
   * only attempt is copied to a row of its own, because the next attempt overwrites the delivery's row. With an owner, also false if the
   * listener does not have it.
   */
  async retry(id: string, owner?: string): Promise<boolean> {
    if (owner !== undefined && !(await this.get(id, owner))) return false;
    const { delivery, attempt, event, turn, head } = this.tables;
    const rows = await this.query(
      `WITH kept AS (
         INSERT INTO ${attempt} (delivery_id, number, outcome, http_status, reason, response, duration_ms, attempted_at)
         SELECT id, attempt, status, http_status, reason, response, duration_ms, attempted_at
         FROM ${delivery} WHERE id = $1 AND attempted_at IS NOT NULL ON CONFLICT DO NOTHING
       ), again AS (UPDATE ${delivery} d SET status = CASE WHEN d.chunk_id IS NULL THEN 'waiting' ELSE d.status END,
         next_at = CASE WHEN d.chunk_id IS NULL THEN now() END, retries = 0, reschedules = 0, updated_at = clock_timestamp()
       WHERE d.id = $1 AND EXISTS (SELECT FROM ${event} e WHERE e.id = d.event_id AND e.skipped IS DISTINCT FROM '${CALLED}') RETURNING d.id, d.listener_id, d.row_id
       ), heads AS (
         INSERT INTO ${head} (listener_id, row_id, ready_at) SELECT listener_id, row_id, now() FROM again WHERE row_id IS NOT NULL
       ), turns AS (INSERT INTO ${turn} (listener_id, ready_at) SELECT listener_id, now() FROM again)
       SELECT id FROM again`,
      [id],
    );
    return rows.length > 0;
  }
}

function pagedConditions({ status, statuses, ...conditions }: PageConditions): PagedConditions {
  return {
    ...conditions,
    statuses: status === undefined ? (statuses ?? DELIVERY_STATUSES) : [status],
  };
}

type GroupedRow = { readonly too_many: boolean } & (DeliveryRow | { readonly id: null });

function isDelivery(row: GroupedRow): row is GroupedRow & DeliveryRow {
  return row.id !== null;
}
