import { hostname } from 'node:os';
import type { DataSource, EntitySubscriberInterface, QueryRunner } from 'typeorm';
import { v4 as uuidv4 } from 'uuid';
import { Capture } from '../capture/capture';
import { capturePlans } from '../capture/entity/hooked-entity';
import { rowId } from '../capture/entity/row-id';
import { Outbox, type ReadyEvent, type WrittenEvent } from '../capture/outbox/outbox';
import { SizeLimits } from '../capture/outbox/size-limits';
import { sentEvent } from '../capture/sent';
import { AfterSubscriber } from '../capture/typeorm/after-subscriber';
import { BeforeSubscriber } from '../capture/typeorm/before-subscriber';
import { CriteriaWarnings, watchInsertBuilders } from '../capture/typeorm/criteria';
import { OldRows } from '../capture/typeorm/old-rows';
import { Sender } from '../delivery/attempt/sender';
import { TruncationWarnings } from '../delivery/attempt/truncation-warnings';
import { ChunkLoader } from '../delivery/chunk/loading';
import type { Wakeup } from '../delivery/chunk/wakeup';
import { Breakers } from '../delivery/origins/breakers';
import { ListenerHealth } from '../delivery/record/listener-health';
import { Recorder } from '../delivery/record/recorder';
import { Carrier } from '../dispatch/carrier';
import { Claims } from '../dispatch/claim/claims';
import { LocalDispatcher } from '../dispatch/dispatcher';
import { DeliveryEngine } from '../dispatch/engine';
import { Planner } from '../dispatch/plan/planner';
import { Pruning } from '../dispatch/pruning';
import { TrialWaits } from '../dispatch/trial-waits';
import type { HookCatalog } from '../hook/catalog';
import type { Hook } from '../hook/hook';
import { providedValues } from '../hook/provided-values';
import type { SendOptions } from '../listener/attached-hook';
import type { ListenerMatching } from '../listener/matching/matching';
import { loggable } from '../logging/loggable';
import type { Reporter } from '../logging/reports';
import { maxDataBytes } from '../options/delivery-defaults';
import type { Policies } from '../recipient/policies';
import type { Store } from '../store/store';
import { afterRelease } from './after-release';
import type { ResolvedOptions } from './options';

/** What outlives a session. */
export interface SessionParts {
  readonly dataSource: DataSource;
  readonly options: ResolvedOptions;
  readonly store: Store;
  readonly wakeup: Wakeup;
  readonly matching: ListenerMatching;
  readonly reporter: Reporter;
  readonly policies: Policies;
}

/** Everything that lives as long as a DataSource is initialised: its hooks, their capture, and the engine that sends. */
export class Session {
  readonly processId = uuidv4();
  readonly outbox: Outbox;
  readonly #written = new WeakMap<QueryRunner, string[]>();
  readonly #oldRows: OldRows;
  readonly #waits: TrialWaits;
  readonly #claims: Claims;
  readonly #subscribers: EntitySubscriberInterface[] = [];
  #engine: DeliveryEngine | undefined;
  /** By the clock of the database. */
  startedAt = new Date();

  constructor(
    private readonly parts: SessionParts,
    readonly catalog: HookCatalog,
  ) {
    const { dataSource, store, options } = parts;
    const skipped = options.dispatcher === 'disabled' ? 'the dispatcher was disabled' : null;
    const limits = new SizeLimits((hook) =>
      maxDataBytes(options.delivery, catalog.find(hook)?.declared.delivery),
    );
    this.outbox = new Outbox(dataSource, store.tables, this.processId, skipped, limits);
    this.#oldRows = new OldRows(dataSource);
    this.#waits = new TrialWaits(store);
    this.#claims = new Claims(store, this.processId, options.leaseMs);
  }

  get engine(): DeliveryEngine | undefined {
    return this.#engine;
  }

  /** Captures from now on, until the DataSource is destroyed. */
  subscribe(): void {
    const { dataSource, options } = this.parts;
    const plans = capturePlans(dataSource, this.catalog);
    const capture = new Capture(dataSource, this.outbox, options, {
      logger: options.logger,
      captured: (runner, events) => this.noteWritten(runner, events),
    });
    watchInsertBuilders(dataSource);
    this.#subscribers.push(
      new BeforeSubscriber(dataSource, plans, this.#oldRows),
      new AfterSubscriber(
        dataSource,
        plans,
        capture,
        this.#oldRows,
        new CriteriaWarnings(options.logger),
        (runner) => this.#committed(runner),
        (runner) => this.#rolledBack(runner),
      ),
    );
    // First of all: where another subscriber throws, and the caller commits all the same, ours has heard of the row.
    dataSource.subscribers.unshift(...this.#subscribers);
  }

  unsubscribe(): void {
    const { subscribers } = this.parts.dataSource;
    for (const ours of this.#subscribers.splice(0))
      subscribers.splice(subscribers.indexOf(ours), 1);
  }

  /** Sends from now on, unless this process is not to. */
  async work(): Promise<void> {
    const { options } = this.parts;
    this.startedAt = await this.#claims.heartbeat(hostname(), process.pid);
    if (!options.work || options.dispatcher === 'disabled') return;
    this.#engine = this.#newEngine();
    this.parts.wakeup.bind(this.#engine);
    await this.#engine.start();
  }

  async stop(): Promise<void> {
    const engine = this.#engine;
    this.#engine = undefined;
    this.parts.wakeup.bind(undefined);
    const { timeoutMs } = this.parts.options.delivery;
    if (engine) await engine.stop(timeoutMs);
    else await this.#claims.sayGoodbye();
  }

  /** Notes events that were written on a runner, to be told when it commits. */
  noteWritten(runner: QueryRunner, events: readonly WrittenEvent[]): void {
    const ids = this.#written.get(runner) ?? [];
    this.#written.set(runner, ids);
    for (const { id, hook, event, operation } of events) {
      ids.push(id);
      this.parts.reporter.emit('captured', { eventId: id, hook, event, operation });
    }
  }

  /** Stores an event of a defined hook and has it told. Gives its id; none where a function of the hook threw and that is only logged. */
  async send(
    hook: Hook,
    data: Readonly<Record<string, unknown>>,
    { sender, ref, headers, manager }: SendOptions,
  ): Promise<string> {
    const { dataSource, options } = this.parts;
    const sent: ReadyEvent = {
      hook,
      operation: null,
      ref: ref ?? null,
      sender: sender ?? null,
      headers: headers ?? null,
      data: providedValues(hook, data),
      previous: null,
      // A resource that is named has an order of events as a row has.
      rowId: ref === undefined ? null : rowId(hook, [ref]),
    };
    const { limits } = this.outbox;
    const event = await sentEvent(dataSource, sent, { ...options, limits });
    if (!event) return '';
    const joined = manager?.queryRunner;
    if (joined?.isTransactionActive) return this.#write(joined, event);
    const runner = dataSource.createQueryRunner();
    const id = await this.#write(runner, event).finally(() => runner.release());
    await this.tell([id]);
    return id;
  }

  async #write(runner: QueryRunner, event: ReadyEvent): Promise<string> {
    const written = await this.outbox.write(runner, [], [event]);
    this.noteWritten(runner, written);
    return written[0]?.id ?? '';
  }

  /** Has committed events told; resolves at once, or with `'inline'` when they were tried. */
  tell(eventIds: readonly string[]): Promise<void> {
    const { dispatcher, waitMs } = this.parts.options;
    const tried =
      dispatcher === 'inline' && this.#engine?.isRunning
        ? this.#waits.tried(eventIds, waitMs)
        : Promise.resolve();
    this.#engine?.committed();
    return tried.catch((error: unknown) => {
      this.parts.options.logger.error('Waiting for inline deliveries failed.', {
        error: loggable(error),
      });
    });
  }

  #committed(runner: QueryRunner): void {
    const eventIds = this.#written.get(runner);
    this.#rolledBack(runner);
    if (!eventIds) return;
    const told = this.tell(eventIds);
    if (this.parts.options.dispatcher === 'inline') afterRelease(runner, told);
  }

  #rolledBack(runner: QueryRunner): void {
    this.#written.delete(runner);
    this.#oldRows.forget(runner);
  }

  #newEngine(): DeliveryEngine {
    const { dataSource, options, store, wakeup, matching, reporter, policies } = this.parts;
    const { logger, leaseMs, dispatcher } = options;
    const { catalog } = this;
    const health = new ListenerHealth(store, this.processId, reporter, logger, wakeup);
    const recorder = new Recorder(store, health, reporter, logger, wakeup);
    const loader = new ChunkLoader(dataSource, store, catalog, options.vault);
    const lease = { processId: this.processId, leaseMs };
    const breakers = new Breakers(store, logger, wakeup);
    const warnings = new TruncationWarnings(logger);
    const sender = new Sender(
      loader,
      recorder,
      breakers,
      policies,
      reporter,
      options.delivery,
      wakeup,
      warnings,
    );
    return new DeliveryEngine(
      new Planner(dataSource, store, matching, catalog, lease, logger),
      this.#claims,
      new Carrier(
        this.#claims,
        sender,
        recorder,
        typeof dispatcher === 'object' ? dispatcher : new LocalDispatcher(),
        logger,
      ),
      new Pruning(store, options.retention),
      this.#waits,
      options,
      logger,
    );
  }
}
