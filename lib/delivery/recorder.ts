import type { Database } from '../database';
import { storable } from '../json';
import type { Logger } from '../logger';
import type { Reporter } from '../reports';
import type { Tables } from '../tables';
import type { Chunk } from './chunk';
import type { ListenerHealth } from './listener-health';
import type { DeliveryState, Outcome, RecordedEffect } from './outcome';

/** One delivery's outcome, with what is kept of the attempt. */
export interface OutcomeRecord {
  readonly chunk: Chunk;
  readonly deliveryId: string;
  readonly eventId: string;
  readonly event: string;
  readonly listenerId: string;
  /** After this outcome. */
  readonly state: DeliveryState;
  readonly outcome: Outcome;
  /** Null where nothing was sent. */
  readonly attempted: Attempted | null;
  readonly effect: RecordedEffect;
  /** The last one of its chunk. */
  readonly closes: boolean;
}

export interface Attempted {
  readonly at: Date;
  readonly durationMs: number;
  readonly httpStatus: number | null;
  readonly response: string | null;
}

const MAX_BATCH = 100;
/** How long an outcome waits for others to be recorded with, while requests are under way. */
const LINGER_MS = 25;
const RETRY_MS = 1_000;

/** Writes outcomes in bulk: each one once, and the last of a chunk closes it. */
export class Recorder {
  #queue: OutcomeRecord[] = [];
  #flushing: Promise<void> | undefined;
  #timer: NodeJS.Timeout | undefined;
  #isStopped = false;

  constructor(
    private readonly database: Database,
    private readonly tables: Tables,
    private readonly health: ListenerHealth,
    private readonly reporter: Reporter,
    private readonly logger: Logger,
    /** Called with what was recorded, and with the chunks that somebody else has taken over. */
    private readonly recorded: (
      records: readonly OutcomeRecord[],
      lost: ReadonlySet<string>,
    ) => void,
  ) {}

  get size(): number {
    return this.#queue.length;
  }

  /** `isLast`: no request is under way that could end soon, so waiting for it would be in vain. */
  add(record: OutcomeRecord, isLast: boolean): void {
    this.#queue.push(record);
    if (isLast || this.#queue.length >= MAX_BATCH) void this.flush();
    else this.#later(LINGER_MS);
  }

  /** Ends a chunk of which every outcome is recorded already. */
  async close({ id, token }: Chunk): Promise<void> {
    await this.database.query(`DELETE FROM ${this.tables.chunk} WHERE id = $1 AND token = $2`, [
      id,
      token,
    ]);
  }

  /** Writes all that is there. Trouble with the database is logged and tried again later. */
  flush(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#flushing ??= this.#flushAll().finally(() => {
      this.#flushing = undefined;
    });
    return this.#flushing;
  }

  async #flushAll(): Promise<void> {
    while (this.#queue.length > 0) {
      const batch = this.#queue;
      this.#queue = [];
      try {
        await this.#write(batch);
      } catch (error) {
        this.#queue.unshift(...batch);
        this.logger.error('Outcomes could not be recorded; trying again.', { error });
        this.#later(RETRY_MS);
        return;
      }
    }
  }

  /** Writes what is there, once. What cannot be written is sent again by whoever takes its chunk over. */
  async stop(): Promise<void> {
    await this.flush();
    this.#isStopped = true;
    clearTimeout(this.#timer);
  }

  #later(delayMs: number): void {
    if (!this.#isStopped) this.#timer ??= setTimeout(() => void this.flush(), delayMs);
  }

  async #write(batch: readonly OutcomeRecord[]): Promise<void> {
    const chunks = new Map(batch.map(({ chunk }) => [chunk.id + chunk.token, chunk]));
    const held = await this.database.query<{ id: string; token: string }>(this.#sql(), [
      JSON.stringify(batch.map(rowOf)),
      JSON.stringify([...chunks.values()].map(({ id, token }) => ({ id, token }))),
    ]);
    const kept = new Set(held.map(({ id, token }) => id + token));
    const lost = new Set([...chunks.keys()].filter((key) => !kept.has(key)));
    const recorded = batch.filter(({ chunk }) => kept.has(chunk.id + chunk.token));
    await this.health.note(recorded);
    for (const record of recorded) this.#report(record);
    this.recorded(batch, lost);
  }

  #sql(): string {
    const { chunk, delivery, attempt } = this.tables;
    return `WITH r AS (
      SELECT * FROM json_to_recordset($1::json) AS r(id uuid, chunk_id uuid, token bigint, event_id uuid,
        listener_id uuid, event text, status text, attempt int, retries int, reschedules int, after_ms float8,
        http_status int, reason text, response text, retval text, duration_ms int, attempted_at timestamptz,
        is_kept boolean, closes boolean)
    ), held AS (
      SELECT c.id, c.token FROM ${chunk} c
      JOIN json_to_recordset($2::json) AS h(id uuid, token bigint) ON c.id = h.id AND c.token = h.token
      ORDER BY c.id FOR UPDATE OF c
    ), mine AS (
      SELECT r.* FROM r JOIN held ON held.id = r.chunk_id AND held.token = r.token
    ), written AS (
      INSERT INTO ${delivery} AS d (id, event_id, listener_id, event, status, attempt, retries, reschedules,
        next_at, http_status, reason, response, retval, duration_ms, attempted_at)
      SELECT id, event_id, listener_id, event, status, attempt, retries, reschedules,
        clock_timestamp() + after_ms * interval '1 millisecond', http_status, reason, response, retval::json,
        duration_ms, attempted_at FROM mine
      ON CONFLICT (id) DO UPDATE SET status = excluded.status, attempt = excluded.attempt,
        retries = excluded.retries, reschedules = excluded.reschedules, next_at = excluded.next_at,
        chunk_id = NULL, reason = excluded.reason, retval = excluded.retval,
        http_status = CASE WHEN excluded.attempted_at IS NULL THEN d.http_status ELSE excluded.http_status END,
        response = CASE WHEN excluded.attempted_at IS NULL THEN d.response ELSE excluded.response END,
        duration_ms = coalesce(excluded.duration_ms, d.duration_ms),
        attempted_at = coalesce(excluded.attempted_at, d.attempted_at), updated_at = clock_timestamp()
    ), tried AS (
      INSERT INTO ${attempt} (delivery_id, number, outcome, http_status, reason, response, duration_ms, attempted_at)
      SELECT id, attempt, status, http_status, reason, response, duration_ms, attempted_at FROM mine WHERE is_kept
      ON CONFLICT DO NOTHING
    ), closed AS (
      DELETE FROM ${chunk} WHERE id IN (SELECT chunk_id FROM mine WHERE closes)
    ) SELECT id, token FROM held`;
  }

  #report({ deliveryId, eventId, event, listenerId, outcome }: OutcomeRecord): void {
    this.reporter.emit('outcome', {
      deliveryId,
      eventId,
      event,
      listenerId,
      status: outcome.kind,
      reason: reasonOf(outcome),
    });
  }
}

function isFinal({ kind }: Outcome): boolean {
  return kind === 'done' || kind === 'failed' || kind === 'skipped';
}

function reasonOf(outcome: Outcome): string | null {
  return 'reason' in outcome ? storable(outcome.reason) : null;
}

export function afterMsOf(outcome: Outcome): number | null {
  return 'afterMs' in outcome ? outcome.afterMs : null;
}

function rowOf(record: OutcomeRecord): Record<string, unknown> {
  const { chunk, outcome, attempted, state } = record;
  return {
    id: record.deliveryId,
    chunk_id: chunk.id,
    token: chunk.token,
    event_id: record.eventId,
    listener_id: record.listenerId,
    event: record.event,
    status: outcome.kind,
    ...state,
    after_ms: afterMsOf(outcome),
    http_status: attempted?.httpStatus ?? null,
    reason: reasonOf(outcome),
    response: attempted?.response == null ? null : storable(attempted.response),
    // JSON as text: an escaped NUL in it would be refused here.
    retval:
      outcome.kind === 'done' && outcome.retval !== undefined
        ? JSON.stringify(outcome.retval)
        : null,
    duration_ms: attempted && Math.round(attempted.durationMs),
    attempted_at: attempted?.at.toISOString(),
    // The only attempt of a delivery that ended at once is its row itself.
    is_kept: attempted !== null && !(state.attempt === 1 && isFinal(outcome)),
    closes: record.closes,
  };
}
