import { monotonicMs } from '../../base/clock';
import { loggable } from '../../logging/loggable';
import type { Logger } from '../../logging/logger';
import type { Reporter } from '../../logging/reports';
import type { Outcomes } from '../../store/outcomes';
import { isRefusal, refusalCode, storeApart, type UnstoredError } from '../../store/refusal';
import { type Chunk, chunkKey } from '../chunk/chunk';
import { afterMsOf, reasonOf } from '../chunk/outcome';
import type { OutcomeRecord } from '../chunk/outcome-record';
import type { Wakeup } from '../chunk/wakeup';
import { KnownTurns } from './known-turns';
import type { ListenerHealth } from './listener-health';
import { charactersOf, outcomeRow, Places } from './outcome-rows';
import { reduced } from './reduced';

export interface RecorderParts {
  readonly outcomes: Pick<Outcomes, 'record' | 'abandon' | 'closeChunk'>;
  readonly health: Pick<ListenerHealth, 'update'>;
  readonly reporter: Reporter;
  readonly logger: Pick<Logger, 'error'>;
  readonly wakeup: Pick<Wakeup, 'recorded'>;
}

/** Outcomes that are stored without waiting for more of them. */
const MAX_BATCH = 500;
/** Outcomes stored in one statement at most. While the database stores them, the next ones are collected. */
const MAX_WRITTEN = 1_000;
/** Characters that are stored at once, or in one statement; a single outcome may have more. */
const MAX_CHARACTERS = 4_194_304;
/** How long an outcome waits for others to be stored with, while requests are in flight. */
const LINGER_MS = 25;
const RETRY_MS = 1_000;

/** Stores outcomes in bulk, each of them once. The last outcome of a chunk closes the chunk. */
export class Recorder {
  readonly #queue: OutcomeRecord[] = [];
  #queuedCharacters = 0;
  #writing = 0;
  #flushing: Promise<void> | undefined;
  /** Whether the outcomes in the queue are stored now. Those that come while others are stored wait for more. */
  #isWanted = false;
  #timer: NodeJS.Timeout | undefined;
  #isStopped = false;
  readonly #turns: KnownTurns;

  constructor(
    private readonly parts: RecorderParts,
    now = monotonicMs,
  ) {
    this.#turns = new KnownTurns(now);
  }

  /** Outcomes that are not stored yet. */
  get size(): number {
    return this.#queue.length + this.#writing;
  }

  /** `isLast`: no request in flight can end soon, so the outcome is stored at once. */
  add(record: OutcomeRecord, isLast: boolean): void {
    this.#queue.push(record);
    this.#queuedCharacters += charactersOf(record);
    const isMuch = this.#queue.length >= MAX_BATCH || this.#queuedCharacters >= MAX_CHARACTERS;
    if (isLast || isMuch) void this.flush();
    else this.#flushAfter(LINGER_MS);
  }

  /** Ends a chunk whose outcomes are all stored already. */
  close(chunk: Chunk): Promise<void> {
    return this.parts.outcomes.closeChunk(chunk);
  }

  /** Stores all outcomes that were added. Never rejects: if the database fails, this is logged and tried again later. */
  flush(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#isWanted = true;
    this.#flushing ??= this.#flushAll().finally(() => {
      this.#flushing = undefined;
    });
    return this.#flushing;
  }

  /** Tries once to store what was added. Deliveries whose outcome stays unstored are sent again by the next process that has the chunk. */
  async stop(): Promise<void> {
    await this.flush();
    this.#isStopped = true;
    clearTimeout(this.#timer);
  }

  #flushAfter(delayMs: number): void {
    if (!this.#isStopped) this.#timer ??= setTimeout(() => void this.flush(), delayMs);
  }

  async #flushAll(): Promise<void> {
    while (this.#queue.length > 0 && this.#isWanted) {
      const batch = this.#nextBatch();
      if (this.#queue.length === 0) this.#isWanted = false;
      this.#writing = batch.length;
      try {
        await storeApart(
          batch,
          (part) => this.#record(part),
          (record, error) => this.#recordReduced(record, error),
        );
      } catch (error) {
        const { rows = batch, cause = error } = error as Partial<UnstoredError<OutcomeRecord>>;
        this.#queue.unshift(...rows);
        this.#queuedCharacters += sum(rows);
        this.parts.logger.error('Outcomes could not be recorded; trying again.', {
          error: loggable(cause),
        });
        this.#flushAfter(RETRY_MS);
        return;
      } finally {
        this.#writing = 0;
      }
    }
  }

  /** As many outcomes as one statement stores; at least one. */
  #nextBatch(): readonly OutcomeRecord[] {
    let characters = 0;
    const end = this.#queue.findIndex((record, n) => {
      characters += charactersOf(record);
      return n >= MAX_WRITTEN || (n > 0 && characters > MAX_CHARACTERS);
    });
    const batch = this.#queue.splice(0, end < 0 ? this.#queue.length : end);
    this.#queuedCharacters -= sum(batch);
    return batch;
  }

  async #record(batch: readonly OutcomeRecord[]): Promise<void> {
    const chunks = new Places<Chunk>();
    const { lostPlaces, repeated } = await this.#store(batch, chunks);
    const isLost = ({ chunk }: OutcomeRecord) => lostPlaces.has(chunks.placeOf(chunk));
    // An outcome that was stored before is not reported again: the delivery may have changed since.
    const isNew = ({ deliveryId, isStored }: OutcomeRecord) =>
      isStored || !repeated.has(deliveryId);
    const stored = batch.filter((record) => !isLost(record) && isNew(record));
    const lost = batch.filter(isLost).map(({ chunk }) => chunkKey(chunk));
    this.#addTurns(stored);
    this.#writing -= batch.length;
    await this.parts.health.update(stored);
    this.#report(stored);
    this.parts.wakeup.recorded(batch, new Set(lost));
  }

  /** The database refuses this outcome. Without the texts of the recipient, it takes it; otherwise the delivery ends without one. */
  async #recordReduced(record: OutcomeRecord, error: unknown): Promise<void> {
    const { deliveryId, listenerId } = record;
    this.parts.logger.error('The database refused an outcome, which is stored without its reply.', {
      deliveryId,
      listenerId,
      error: loggable(error),
    });
    const left = reduced(record, refusalCode(error));
    await this.#record([left]).catch((again: unknown) => {
      if (!isRefusal(again)) throw again;
      return this.#abandon(left, again);
    });
  }

  async #abandon(record: OutcomeRecord, error: unknown): Promise<void> {
    const { outcomes, logger, wakeup } = this.parts;
    const { deliveryId, listenerId, chunk, closes } = record;
    logger.error('The database refuses any outcome of a delivery, which ends without one.', {
      deliveryId,
      listenerId,
      error: loggable(error),
    });
    await outcomes.abandon(deliveryId, chunk).catch((again: unknown) => {
      if (!isRefusal(again)) throw again;
    });
    if (closes) await outcomes.closeChunk(chunk);
    this.#writing -= 1;
    this.#report([record]);
    wakeup.recorded([record], new Set());
  }

  async #store(batch: readonly OutcomeRecord[], chunks: Places<Chunk>) {
    const events = new Places<string>();
    const names: string[] = [];
    const rows = batch.map((record) => {
      const event = events.placeOf(record.eventId);
      names[event] = record.event;
      const chunk = chunks.placeOf(record.chunk);
      return outcomeRow(record, { chunk, event, givesTurn: this.#turns.needsTurn(record) });
    });
    const answers = await this.parts.outcomes.record(
      rows,
      chunks.values.map(({ id, token }, place) => ({ place, id, token })),
      events.values.map((id, place) => ({ place, id, name: names[place] ?? '' })),
      { isDurable: leavesOpen(batch) },
    );
    const leased = new Set(answers.map(({ place }) => place));
    return {
      /** Places of chunks that another process has taken over. */
      lostPlaces: new Set(chunks.values.flatMap((_, place) => (leased.has(place) ? [] : [place]))),
      repeated: new Set(answers.map((answer) => answer.repeated)),
    };
  }

  #addTurns(records: readonly OutcomeRecord[]): void {
    for (const { listenerId, outcome } of records) {
      const afterMs = afterMsOf(outcome);
      if (afterMs !== null) this.#turns.add(listenerId, afterMs);
    }
  }

  #report(records: readonly OutcomeRecord[]): void {
    const { reporter } = this.parts;
    if (!reporter.isHeard('outcome')) return;
    for (const { deliveryId, eventId, hook, event, listenerId, outcome } of records)
      reporter.emit('outcome', {
        deliveryId,
        eventId,
        hook,
        event,
        listenerId,
        status: outcome.kind,
        reason: reasonOf(outcome),
      });
  }
}

/** Whether a chunk has further outcomes, which are stored later. */
function leavesOpen(batch: readonly OutcomeRecord[]): boolean {
  const closed = new Set(batch.flatMap(({ chunk, closes }) => (closes ? chunkKey(chunk) : [])));
  return batch.some(({ chunk }) => !closed.has(chunkKey(chunk)));
}

function sum(records: readonly OutcomeRecord[]): number {
  return records.reduce((characters, record) => characters + charactersOf(record), 0);
}
