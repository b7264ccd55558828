import { validate as isUuid } from 'uuid';
import { DeliveryNotFoundError } from '../../errors/delivery-errors';
import { checkedOptions } from '../../options/checked';
import { DATE, oneOf, type Shape, TEXT, wholeNumberFrom } from '../../options/rules';
import { cursorAfter, positionOf } from '../../store/cursor';
import type { Store } from '../../store/store';
import { DELIVERY_STATUSES, type DeliveryStatus } from '../chunk/outcome';
import type { Wakeup } from '../chunk/wakeup';
import {
  type AttemptRow,
  type Delivery,
  type DeliveryRow,
  type DeliveryWithAttempts,
  onlyAttempt,
  toAttempt,
  toDelivery,
} from './delivery';

export interface DeliveryWhere {
  /** A listener's id. */
  readonly listener?: string;
  /** An event's name or id. */
  readonly event?: string;
  /** Its status. */
  readonly status?: DeliveryStatus;
  /** Created then or later. */
  readonly since?: Date;
  /** Created before. */
  readonly until?: Date;
  /** 1 to 1,000. @defaultValue `100` */
  readonly limit?: number;
  /** `nextCursor` of the page before. */
  readonly cursor?: string;
}

export interface DeliveryPage {
  /** Newest first. */
  readonly items: readonly Delivery[];
  /** Null on the last page. */
  readonly nextCursor: string | null;
}

const DEFAULT_PAGE_SIZE = 100;

/** What became of events: `hooks.deliveries`. */
export class Deliveries {
  constructor(
    private readonly store: Store,
    private readonly wakeup: Pick<Wakeup, 'due'>,
  ) {}

  /** Rejects with `OPTION_INVALID` for an unknown name or a value that cannot be. */
  async find(given: DeliveryWhere = {}): Promise<DeliveryPage> {
    const { limit = DEFAULT_PAGE_SIZE, ...where } = checkedOptions(given, WHERE_SHAPE);
    const { sql, parameters } = conditions(where);
    const rows = await this.store.database.query<DeliveryRow>(
      `SELECT * FROM ${this.store.tables.delivery} d WHERE ${sql}
       ORDER BY d.created_at DESC, d.id DESC LIMIT ${limit + 1}`,
      parameters,
    );
    const items = rows.slice(0, limit).map(toDelivery);
    const last = rows.length > limit ? items.at(-1) : undefined;
    const { database, tables } = this.store;
    return {
      items,
      nextCursor: last ? await cursorAfter(database.query, tables.delivery, last) : null,
    };
  }

  /** With its attempts, first to last. Null where there is none. */
  async get(id: string): Promise<DeliveryWithAttempts | null> {
    if (!isUuid(id)) return null;
    const { query } = this.store.database;
    const { delivery, attempt } = this.store.tables;
    const [row] = await query<DeliveryRow>(`SELECT * FROM ${delivery} WHERE id = $1`, [id]);
    if (!row) return null;
    const tried = `SELECT * FROM ${attempt} WHERE delivery_id = $1 ORDER BY number`;
    const rows = await query<AttemptRow>(tried, [id]);
    const attempts = rows.length > 0 ? rows.map(toAttempt) : onlyAttempt(row);
    return { ...toDelivery(row), attempts };
  }

  /**
   * Sends the same delivery once more, soon: same id, next attempt, with all its retries. Rejects with `DELIVERY_NOT_FOUND`. One that
   * is being sent at this moment is left alone.
   */
  async retry(id: string): Promise<void> {
    const { delivery, attempt, event, turn } = this.store.tables;
    if (!isUuid(id)) throw new DeliveryNotFoundError(id);
    // The only attempt of a delivery that ended at once is its row itself, which the next attempt overwrites.
    const rows = await this.store.database.query(
      `WITH kept AS (
         INSERT INTO ${attempt} (delivery_id, number, outcome, http_status, reason, response, duration_ms, attempted_at)
         SELECT id, attempt, status, http_status, reason, response, duration_ms, attempted_at
         FROM ${delivery} WHERE id = $1 AND attempted_at IS NOT NULL ON CONFLICT DO NOTHING
       ), again AS (UPDATE ${delivery} d SET status = CASE WHEN d.chunk_id IS NULL THEN 'waiting' ELSE d.status END,
         next_at = CASE WHEN d.chunk_id IS NULL THEN now() END, retries = 0, reschedules = 0, updated_at = clock_timestamp()
       WHERE d.id = $1 AND EXISTS (SELECT FROM ${event} e WHERE e.id = d.event_id) RETURNING d.id, d.listener_id
       ), turns AS (INSERT INTO ${turn} (listener_id, ready_at) SELECT listener_id, now() FROM again)
       SELECT id FROM again`,
      [id],
    );
    if (rows.length === 0) throw new DeliveryNotFoundError(id);
    this.wakeup.due();
  }
}

const WHERE_SHAPE: Shape<DeliveryWhere> = {
  listener: TEXT,
  event: TEXT,
  status: oneOf(...DELIVERY_STATUSES),
  since: DATE,
  until: DATE,
  limit: wholeNumberFrom(1, 1_000),
  cursor: TEXT,
};

function conditions(where: Omit<DeliveryWhere, 'limit'>): { sql: string; parameters: unknown[] } {
  const { listener, event, status, since, until, cursor } = where;
  const parameters: unknown[] = [];
  const said: string[] = [];
  const add = (sql: (parameter: string) => string, value: unknown) => {
    if (value === undefined) return;
    parameters.push(value);
    said.push(sql(`$${parameters.length}`));
  };
  add((p) => (isUuid(listener ?? '') ? `d.listener_id = ${p}` : `${p}::text IS NULL`), listener);
  add((p) => (isUuid(event ?? '') ? `d.event_id = ${p}` : `d.event = ${p}`), event);
  add((p) => `d.status = ${p}`, status);
  add((p) => `d.created_at >= ${p}`, since);
  add((p) => `d.created_at < ${p}`, until);
  if (cursor !== undefined) {
    const [at, id] = positionOf(cursor);
    parameters.push(at, id);
    said.push(
      `(d.created_at, d.id) < ($${parameters.length - 1}::timestamptz, $${parameters.length}::uuid)`,
    );
  }
  return { sql: said.join(' AND ') || 'true', parameters };
}
