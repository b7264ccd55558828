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

const MAX_BATCH = 500;
/** How long an outcome waits for others to be recorded with, while requests are under way. */
const LINGER_MS = 25;
const RETRY_MS = 1_000;

/** Writes outcomes in bulk: each one once, and the last of a chunk closes it. */
export class Recorder {
  #queue: OutcomeRecord[] = [];
  #writing = 0;
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

  /** Outcomes that are not stored yet. */
  get size(): number {
    return this.#queue.length + this.#writing;
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
      this.#writing = batch.length;
      try {
        await this.#write(batch);
      } catch (error) {
        this.#queue.unshift(...batch);
        this.logger.error('Outcomes could not be recorded; trying again.', { error });
        this.#later(RETRY_MS);
        return;
      } finally {
        this.#writing = 0;
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
    const chunks = [...new Map(batch.map(({ chunk }) => [keyOf(chunk), chunk])).values()];
    const places = new Map(chunks.map((chunk, place) => [keyOf(chunk), place]));
    const held = await this.database.query<{ place: number }>(this.#sql(), [
      JSON.stringify(batch.map((record) => rowOf(record, places.get(keyOf(record.chunk)) ?? 0))),
      JSON.stringify(chunks.map(({ id, token }, place) => ({ place, id, token }))),
    ]);
    const kept = new Set(held.map(({ place }) => place));
    const lost = new Set(chunks.filter((_, place) => !kept.has(place)).map(keyOf));
    const recorded = batch.filter(({ chunk }) => !lost.has(keyOf(chunk)));
    this.#writing = 0;
    await this.health.note(recorded);
    if (this.reporter.isHeard('outcome')) for (const record of recorded) this.#report(record);
    this.recorded(batch, lost);
  }

  #sql(): string {
    const { chunk, delivery, attempt } = this.tables;
    return `WITH held AS (
      SELECT h.place, c.id FROM ${chunk} c
      JOIN json_to_recordset($2::json) AS h(place int, id uuid, token bigint) ON c.id = h.id AND c.token = h.token
      ORDER BY c.id FOR UPDATE OF c
    ), mine AS (
      SELECT r.*, held.id AS chunk_id FROM json_to_recordset($1::json) AS r(place int, id uuid, event_id uuid,
        listener_id uuid, event text, status text, attempt int, retries int, reschedules int, after_ms float8,
        http_status int, reason text, response text, retval text, duration_ms int, attempted_at timestamptz,
        is_kept boolean, closes boolean)
      JOIN held USING (place)
    ), written AS (
      INSERT INTO ${delivery} AS d (id, event_id, listener_id, event, status, attempt, retries, reschedules,
        next_at, http_status, reason, response, retval, duration_ms, attempted_at)
      SELECT id, event_id, listener_id, event, status, attempt, coalesce(retries, 0), coalesce(reschedules, 0),
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
    ) SELECT place FROM held`;
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

/** What tells a chunk from the same one in other hands. */
export function keyOf({ id, token }: Chunk): string {
  return id + token;
}

/** What is null or nothing is left out: the database would take as long to read that as all the rest. */
function rowOf(record: OutcomeRecord, place: number): Record<string, unknown> {
  const { outcome, attempted, state } = record;
  return {
    place,
    id: record.deliveryId,
    event_id: record.eventId,
    listener_id: record.listenerId,
    event: record.event,
    status: outcome.kind,
    attempt: state.attempt,
    retries: state.retries || undefined,
    reschedules: state.reschedules || undefined,
    after_ms: afterMsOf(outcome) ?? undefined,
    http_status: attempted?.httpStatus ?? undefined,
    reason: reasonOf(outcome) ?? undefined,
    response: attempted?.response == null ? undefined : storable(attempted.response),
    // JSON as text: an escaped NUL in it would be refused here.
    retval:
      outcome.kind === 'done' && outcome.retval !== undefined
        ? JSON.stringify(outcome.retval)
        : undefined,
    duration_ms: attempted ? Math.round(attempted.durationMs) : undefined,
    attempted_at: attempted?.at.toISOString(),
    // The only attempt of a delivery that ended at once is its row itself.
    is_kept: (attempted !== null && !(state.attempt === 1 && isFinal(outcome))) || undefined,
    closes: record.closes || undefined,
  };
}
