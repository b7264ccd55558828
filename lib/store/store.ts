import type { QueryRunner } from 'typeorm';
import { BufferRows } from './buffers';
import { BulkRows } from './bulk';
import { CallRows } from './calls';
import { CandidateRows } from './candidates';
import { Chunks } from './chunks';
import { type Database, type Query, runLogged, runOn } from './database';
import { DeliveryRows } from './deliveries';
import { EventLogRows } from './event-log';
import { EventSources } from './event-sources';
import { Events } from './events';
import { FilterRows } from './filters';
import { ForeignEvents } from './foreign-events';
import { Forwarding } from './forwarding';
import { HistoryRows } from './history';
import { Inspection } from './inspection';
import { Lag } from './lag';
import { ListenerHooks } from './listener-hooks';
import { ListenerRows } from './listeners';
import { MatchKeyRows } from './match-keys';
import { Mending } from './mending';
import { namingMissingTable, namingMissingTables } from './missing-tables';
import { Notifications } from './notifications';
import { Origins } from './origins';
import { OutboxRows } from './outbox';
import { Outcomes } from './outcomes';
import { OwnerRows } from './owners';
import { Processes } from './processes';
import { RecipientRows } from './recipients';
import { RecordedEventRows } from './recorded-events';
import { ScheduleRows } from './schedules';
import { SecretRows } from './secrets';
import type { Tables } from './tables';
import { TaskRows } from './tasks';
import { Turns } from './turns';
import { UnjudgedRows } from './unjudged';
import { Upkeep } from './upkeep';

/**
 * All statements on our own tables, one module for each kind of thing. A store runs its statements in one way: on the pooled connections
 * of the engine, in one transaction, or on the query runner of a caller.
 */
export class Store {
  readonly outbox: OutboxRows;
  readonly events: Events;
  readonly eventLog: EventLogRows;
  readonly recorded: RecordedEventRows;
  readonly sources: EventSources;
  readonly foreign: ForeignEvents;
  readonly forwarding: Forwarding;
  readonly buffers: BufferRows;
  readonly chunks: Chunks;
  readonly turns: Turns;
  readonly mending: Mending;
  readonly unjudged: UnjudgedRows;
  readonly processes: Processes;
  readonly notifications: Notifications;
  readonly outcomes: Outcomes;
  readonly origins: Origins;
  readonly calls: CallRows;
  readonly deliveries: DeliveryRows;
  readonly bulk: BulkRows;
  readonly recipients: RecipientRows;
  readonly listeners: ListenerRows;
  readonly listenerHooks: ListenerHooks;
  readonly owners: OwnerRows;
  readonly filters: FilterRows;
  readonly schedules: ScheduleRows;
  readonly secrets: SecretRows;
  readonly keys: MatchKeyRows;
  readonly candidates: CandidateRows;
  readonly upkeep: Upkeep;
  readonly history: HistoryRows;
  readonly lag: Lag;
  readonly inspection: Inspection;
  readonly tasks: TaskRows;

  constructor(
    private readonly database: Database,
    private readonly tables: Tables,
    query: Query = database.query,
    /** For what is done again if a crash of the database has undone it. */
    repeatable: Query = query,
  ) {
    this.outbox = new OutboxRows(query, tables);
    this.events = new Events(query, tables);
    this.eventLog = new EventLogRows(query, tables);
    this.recorded = new RecordedEventRows(query, tables);
    this.sources = new EventSources(query, tables);
    this.foreign = new ForeignEvents(query, tables);
    this.forwarding = new Forwarding(query, tables);
    this.buffers = new BufferRows(query, tables);
    this.chunks = new Chunks(query, tables);
    this.turns = new Turns(query, tables);
    this.mending = new Mending(query, tables);
    this.unjudged = new UnjudgedRows(query, tables);
    this.processes = new Processes(query, tables);
    this.notifications = new Notifications(query, tables);
    this.outcomes = new Outcomes(query, tables, repeatable);
    this.origins = new Origins(query, tables);
    this.calls = new CallRows(query, tables);
    this.bulk = new BulkRows(query, tables);
    this.deliveries = new DeliveryRows(query, tables);
    this.recipients = new RecipientRows(repeatable, tables);
    this.listeners = new ListenerRows(query, tables);
    this.listenerHooks = new ListenerHooks(query, tables);
    this.owners = new OwnerRows(query, tables);
    this.filters = new FilterRows(query, tables);
    this.schedules = new ScheduleRows(query, tables);
    this.secrets = new SecretRows(query, tables);
    this.keys = new MatchKeyRows(query, tables);
    this.candidates = new CandidateRows(query, tables);
    this.upkeep = new Upkeep(query, tables);
    this.history = new HistoryRows(query, tables);
    this.lag = new Lag(query, tables);
    this.inspection = new Inspection(query, tables);
    this.tasks = new TaskRows(query, tables);
  }

  /** Runs everything that `work` does with its store in one transaction, on one connection. */
  transaction<T>(work: (store: Store) => Promise<T>): Promise<T> {
    return this.database.transaction((query) => work(this.#on(query)));
  }

  /** A transaction whose statements all see what was committed before the first one; see `Database.snapshot`. */
  snapshot<T>(work: (store: Store) => Promise<T>): Promise<T> {
    return this.database.snapshot((query) => work(this.#on(query)));
  }

  /** A snapshot whose commit need not wait for the disk; see `Database.repeatableSnapshot`. */
  repeatableSnapshot<T>(work: (store: Store) => Promise<T>): Promise<T> {
    return this.database.repeatableSnapshot((query) => work(this.#on(query)));
  }

  /** Runs `work` while none of our statements runs; they wait. */
  exclusively<T>(work: () => Promise<T>): Promise<T> {
    return this.database.exclusively(work);
  }

  /** Gives up all statements in work; see `Database.abandon`. */
  abandon(): void {
    this.database.abandon();
  }

  /** Runs statements on tables of the application; see `Database.queryOfApplication`. */
  get ofApplication(): Query {
    return this.database.queryOfApplication;
  }

  /** The same statements in the transaction of a query runner. */
  joining(runner: QueryRunner): Store {
    return this.#inTransaction((sql, parameters) => runOn(runner, sql, parameters));
  }

  /** As `joining`, through TypeORM's logger, which prints the parameters: for statements without secrets. */
  logged(runner: QueryRunner): Store {
    return this.#inTransaction((sql, parameters) => runLogged(runner, sql, parameters));
  }

  /** An error of a statement of the application that writes into our tables too, so it says what to do if they do not exist. */
  explained(error: unknown): unknown {
    return namingMissingTable(error, this.tables);
  }

  /** The caller gets the error, so it says what to do. */
  #inTransaction(query: Query): Store {
    return this.#on(namingMissingTables(query, this.tables));
  }

  #on(query: Query): Store {
    return new Store(this.database, this.tables, query);
  }
}
