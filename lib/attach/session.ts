import { v4 as uuidv4 } from 'uuid';
import { endsWithin } from '../base/deadline';
import { Buffering } from '../capture/buffering';
import { Capture } from '../capture/capture';
import type { ChangeSource } from '../capture/change-source';
import {
  type HookedEntities,
  hookedEntities,
  relatedTables,
} from '../capture/entity/hooked-entity';
import { TableCatalog } from '../capture/entity/table-facts';
import { Outbox } from '../capture/outbox/outbox';
import { SizeLimits } from '../capture/outbox/size-limits';
import { TriggerSource } from '../capture/triggers/trigger-source';
import { withoutTriggers } from '../capture/triggers/trigger-table';
import { StatementSource } from '../capture/typeorm/statement-source';
import type { UnseenWrite } from '../capture/typeorm/warnings';
import { PresentCode } from '../capture/writing-code';
import { Buffers } from '../dispatch/buffers';
import { dispatcherOf, type ResolvedDispatcher } from '../dispatch/dispatcher';
import type { DeliveryEngine } from '../dispatch/engine';
import type { BufferOptions, EventBuffer } from '../dispatch/event-buffer';
import { Housekeeping } from '../dispatch/housekeeping';
import { Notifier } from '../dispatch/notifier';
import { Pruning } from '../dispatch/pruning';
import { TrialWaits } from '../dispatch/trial-waits';
import { loggable } from '../logging/loggable';
import type { Scheduler } from '../schedule/scheduler';
import type { Lease } from '../store/chunks';
import { Listening } from '../store/listening';
import type { TaskEngine } from '../task/engine';
import { Commits } from './commits';
import { newEngine, newScheduler, type SessionParts } from './engine-parts';
import { Notified, NotifyingWakeup } from './hand-over';
import { type Stoppable, stopAll } from './stoppable';

/** Time to store outcomes after the deadline of `stop()`. */
const RECORDING_MS = 2_000;

/** How a session works. */
export interface SessionWork {
  /** The most requests in flight at once. */
  readonly concurrency: number;
  /** Whether other processes leave the sending to this one. */
  readonly isWorker: boolean;
}

/** One life of a DataSource, from `initialize()` to `destroy()`: captures changes, and runs the engine that sends their events. */
export class Session {
  /** Names this process in rows. */
  readonly processId = uuidv4();
  readonly #lease: Lease;
  readonly #dispatcher: ResolvedDispatcher;
  readonly #outbox: Outbox;
  readonly #commits: Commits;
  readonly #waits: TrialWaits;
  readonly #buffering = new Buffering();
  readonly #code: PresentCode;
  readonly #buffers: Buffers;
  readonly #notifier: Notifier;
  readonly #sources: ChangeSource[] = [];
  readonly #hooked: HookedEntities;
  readonly #tables: TableCatalog;
  #housekeeping: Housekeeping;
  #statements: StatementSource | undefined;
  #listening: Listening | undefined;
  #engine: DeliveryEngine | undefined;
  #scheduler: Scheduler | undefined;
  #taskEngine: TaskEngine | undefined;
  #startedAt = new Date();
  /** How often `stop()` was called. */
  #stops = 0;

  constructor(private readonly parts: SessionParts) {
    const { dataSource, store, options, catalog } = parts;
    this.#hooked = withoutTriggers(hookedEntities(dataSource, catalog), options);
    this.#tables = new TableCatalog(dataSource, this.#hooked.keys(), relatedTables(this.#hooked));
    const limits = new SizeLimits(options.delivery, catalog);
    this.#lease = { processId: this.processId, leaseMs: options.leaseMs };
    this.#dispatcher = dispatcherOf(options.dispatcher);
    const origin = { processId: this.#lease.processId, skipped: this.#dispatcher.skipped };
    this.#code = new PresentCode(this.#buffering, parts.contexts, parts.telemetry.activeTrace);
    this.#outbox = new Outbox(store, origin, limits, this.#code);
    this.#waits = new TrialWaits(store);
    this.#buffers = new Buffers(
      {
        store,
        catalog,
        buffering: this.#buffering,
        logger: options.logger,
        wake: (eventIds) => this.#commits.wake(eventIds),
      },
      this.#lease,
    );
    this.#commits = new Commits(parts, {
      outbox: this.#outbox,
      dispatcher: this.#dispatcher,
      waits: this.#waits,
      buffering: this.#buffering,
      buffers: () => this.#buffers,
      engine: () => this.#engine,
      scheduler: () => this.#scheduler,
    });
    this.#housekeeping = this.#newHousekeeping();
    this.#notifier = new Notifier({ store, logger: options.logger });
  }

  /** Undefined if this process does not send. */
  get engine(): DeliveryEngine | undefined {
    return this.#engine;
  }

  /** Undefined if this process does not send. */
  get scheduler(): Scheduler | undefined {
    return this.#scheduler;
  }

  /** Undefined if this process runs no tasks. */
  get taskEngine(): TaskEngine | undefined {
    return this.#taskEngine;
  }

  /** When this process attached, by the clock of the database. */
  get startedAt(): Date {
    return this.#startedAt;
  }

  /** The kinds of writes that made no event since this process attached. */
  get unseenWrites(): readonly UnseenWrite[] {
    return this.#statements?.unseen ?? [];
  }

  /** Stores events of defined hooks. */
  get commits(): Pick<Commits, 'send'> {
    return this.#commits;
  }

  /** Runs `fn`; its events are handed on when it ends. Where events are never sent, there is nothing to hold back. */
  buffer<T>(
    fn: (buffer: EventBuffer) => T | Promise<T>,
    options: Required<BufferOptions>,
  ): Promise<T> {
    return this.#buffers.run(fn, options);
  }

  /** Captures changes from now on. */
  subscribe(): void {
    const { dataSource, options } = this.parts;
    this.#leaveToOthers();
    const capture = new Capture(dataSource, this.#outbox, options, {
      logger: options.logger,
      captured: (runner, events) => this.#commits.noteWritten(runner, events),
    });
    this.#statements = new StatementSource(dataSource, this.#hooked, {
      ...options,
      catalog: this.#tables,
      capture,
      transactions: this.#commits,
    });
    this.#sources.push(
      this.#statements,
      new TriggerSource(dataSource, this.parts.catalog, options, {
        buffering: this.#buffering,
        recording: this.parts.recording,
        code: this.#code,
        wake: () => {
          this.#buffers.look();
          this.parts.wakeup.committed();
        },
      }),
    );
    for (const source of this.#sources) source.start();
  }

  unsubscribe(): void {
    for (const source of this.#sources.splice(0)) source.stop();
  }

  /** Shows that this process is attached. */
  async attend(): Promise<void> {
    this.#startedAt = await this.#housekeeping.heartbeat();
  }

  /** Sends events from now on. */
  async work({ concurrency, isWorker }: SessionWork): Promise<void> {
    const { options } = this.parts;
    const stops = this.#stops;
    await this.#housekeeping.heartbeat();
    // The session may have been stopped meanwhile.
    if (this.#stops !== stops) return;
    const delivery = { ...options.delivery, maxConcurrency: concurrency };
    const engine = newEngine({
      ...this.parts,
      options: { ...options, delivery },
      lease: this.#lease,
      dispatcher: this.#dispatcher,
      housekeeping: this.#housekeeping,
      waits: this.#waits,
      buffers: this.#buffers,
    });
    this.#engine = engine;
    const notifies = options.notify === true || (isWorker && options.notify !== false);
    this.parts.wakeup.bind(
      notifies ? new NotifyingWakeup(engine, this.#notifier, options.notify === true) : engine,
    );
    const scheduler = newScheduler(this.parts, this.#lease);
    this.#scheduler = scheduler;
    const taskEngine = this.parts.task.newEngine(this.#lease, concurrency);
    this.#taskEngine = taskEngine;
    await engine.start();
    if (this.#engine !== engine) return;
    scheduler.start();
    this.parts.task.link.bind(taskEngine);
    taskEngine.start();
    if (notifies) await this.#listen();
  }

  /**
   * Stops sending; requests in flight have until the deadline to end. Never rejects, and ends soon after the deadline, whatever the
   * database does: outcomes that are not stored by then are lost, so that other processes send these deliveries again.
   */
  async stop(deadlineMs: number): Promise<void> {
    const { store, task, options } = this.parts;
    this.#stops += 1;
    const hasWorked = this.#engine !== undefined;
    const engines = [this.#engine, this.#scheduler, this.#taskEngine];
    this.#engine = undefined;
    this.#scheduler = undefined;
    this.#taskEngine = undefined;
    task.rest();
    this.#leaveToOthers();
    const stopping = this.#stopped(engines, deadlineMs);
    if (await endsWithin(stopping, deadlineMs + RECORDING_MS)) {
      if (hasWorked && options.notify !== false) this.#notifier.due(0);
      return this.#notifier.flush();
    }
    store.abandon();
    options.logger.warn(
      'Sending stopped before the database had stored everything; other processes send the rest, some of it again.',
    );
  }

  /** Hands on what buffers hold, and stops: the DataSource is destroyed. */
  async end(deadlineMs: number): Promise<void> {
    await endsWithin(this.#buffers.endAll(), deadlineMs);
    await this.stop(deadlineMs);
  }

  async #stopped(engines: readonly (Stoppable | undefined)[], deadlineMs: number): Promise<void> {
    const { logger } = this.parts.options;
    const [listening, housekeeping] = [this.#listening, this.#housekeeping];
    this.#listening = undefined;
    this.#housekeeping = this.#newHousekeeping();
    await Promise.all([listening?.stop(), stopAll(engines, deadlineMs, logger)]);
    // Without its row, this process would be taken for dead, and the events of its open buffers would be sent.
    const keepsRow = this.#buffers.isOpen;
    // A row that stays is deleted after a day; the tables may be gone already.
    await housekeeping.goodbye({ keepsRow }).catch((error: unknown) => {
      logger.debug('The row of this process could not be deleted.', { error: loggable(error) });
    });
  }

  #newHousekeeping(): Housekeeping {
    const { store, options } = this.parts;
    const pruning = new Pruning(store, options.retention, { logger: options.logger });
    return new Housekeeping(store, this.#lease, pruning);
  }

  /** While this process only captures, other processes are notified of its events and tasks. */
  #leaveToOthers(): void {
    const { wakeup, task, options } = this.parts;
    const notifies = options.notify !== false && this.#dispatcher.skipped === null;
    wakeup.bind(notifies ? this.#notifier : undefined);
    task.link.bindOthers(notifies ? { wake: () => this.#notifier.tasks() } : undefined);
  }

  async #listen(): Promise<void> {
    const { dataSource, store, options } = this.parts;
    const notified = new Notified(store.notifications.channel, this);
    this.#listening = new Listening(dataSource, notified, options.logger);
    await this.#listening.start();
  }
}
