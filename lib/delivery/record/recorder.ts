import { storable } from '../../base/json';
import { loggable } from '../../logging/loggable';
import type { Logger } from '../../logging/logger';
import type { Reporter } from '../../logging/reports';
import type { Store } from '../../store/store';
import { type Chunk, chunkKey } from '../chunk/chunk';
import type { Outcome } from '../chunk/outcome';
import type { OutcomeRecord } from '../chunk/outcome-record';
import type { Wakeup } from '../chunk/wakeup';
import { KnownTurns } from './known-turns';
import type { ListenerHealth } from './listener-health';
import { Places } from './places';
import { recordSql } from './record-sql';

interface Recorded {
  /** Of a chunk that is still held. */
  readonly place: number | null;
  readonly repeated: string | null;
}

const MAX_BATCH = 500;
/** Outcomes written in one statement: while the database is at it, more can be made ready. */
const MAX_WRITTEN = 1_000;
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
  readonly #turns = new KnownTurns();

  constructor(
    private readonly store: Store,
    private readonly health: ListenerHealth,
    private readonly reporter: Reporter,
    private readonly logger: Logger,
    private readonly wakeup: Pick<Wakeup, 'recorded'>,
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
    await this.store.database.query(
      `DELETE FROM ${this.store.tables.chunk} WHERE id = $1 AND token = $2`,
      [id, token],
    );
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
      const batch = this.#queue.splice(0, MAX_WRITTEN);
      this.#writing = batch.length;
      try {
        await this.#write(batch);
      } catch (error) {
        this.#queue.unshift(...batch);
        this.logger.error('Outcomes could not be recorded; trying again.', {
          error: loggable(error),
        });
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
    const chunks = new Places(batch, ({ chunk }) => chunk);
    const events = new Places(batch, ({ eventId }) => eventId);
    const rows = batch.map((record) => ({
      ...rowOf(record, chunks.of(record), events.of(record)),
      gives_turn: this.#givesTurn(record) || undefined,
    }));
    const answers = await this.store.database.query<Recorded>(recordSql(this.store.tables), [
      JSON.stringify(rows),
      JSON.stringify(chunks.list(({ chunk: { id, token } }) => ({ id, token }))),
      JSON.stringify(events.list(({ eventId, event }) => ({ id: eventId, name: event }))),
    ]);
    const kept = new Set(answers.map(({ place }) => place));
    const repeated = new Set(answers.map(({ repeated }) => repeated));
    const isKept = (record: OutcomeRecord) => kept.has(chunks.of(record));
    // What was recorded before, and not answered, is no news any more: much may have happened since.
    const news = batch.filter((record) => isKept(record) && !repeated.has(record.deliveryId));
    this.#noteTurns(news);
    const lost = batch.filter((record) => !isKept(record)).map(({ chunk }) => chunkKey(chunk));
    this.#writing = 0;
    await this.health.note(news);
    if (this.reporter.isHeard('outcome')) for (const record of news) this.#report(record);
    this.wakeup.recorded(batch, new Set(lost));
  }

  /** Whether its listener is to have a turn: when the delivery is due again, or now for the next one about its row. */
  #givesTurn({ listenerId, outcome, ordered }: OutcomeRecord): boolean {
    if (isFinal(outcome)) return ordered;
    const afterMs = afterMsOf(outcome);
    return afterMs !== null && !this.#turns.covers(listenerId, afterMs);
  }

  #noteTurns(records: readonly OutcomeRecord[]): void {
    for (const { listenerId, outcome } of records) {
      const afterMs = afterMsOf(outcome);
      if (afterMs !== null) this.#turns.note(listenerId, afterMs);
    }
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

/** Whether the delivery has ended. */
export function isFinal({ kind }: Outcome): boolean {
  return kind === 'done' || kind === 'failed' || kind === 'skipped';
}

function reasonOf(outcome: Outcome): string | null {
  return 'reason' in outcome ? storable(outcome.reason) : null;
}

export function afterMsOf(outcome: Outcome): number | null {
  return 'afterMs' in outcome ? outcome.afterMs : null;
}

/** What is null or nothing is left out: to read that would take the database as long as all the rest. */
function rowOf(
  { deliveryId, listenerId, state, outcome, attempted, closes }: OutcomeRecord,
  chunk: number,
  event: number,
): Record<string, unknown> {
  return {
    chunk,
    event,
    id: deliveryId,
    listener_id: listenerId,
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
    closes: closes || undefined,
  };
}
