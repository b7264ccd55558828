import { inspect } from 'node:util';
import {
  type DataSource,
  DeleteResult,
  type EntityManager,
  type EntitySubscriberInterface,
  UpdateResult,
} from 'typeorm';
import { ModelHooks } from '../../../lib';
import { newDataSource, specOptions } from '../application/application';
import { createDatabaseToMigrate, type Database } from '../application/database';
import { type AuditedChange, auditedChanges, installAudit, rawSql } from './audit';
import { Listening } from './listening';
import { type Model, modelOf, SEED, TABLE_TRIGGERS, TRUTHS } from './models/model';
import { articleEvents, type Related, relatedRows } from './related-truth';
import { Statements } from './statements';
import { storedEvents } from './stored-events';
import { eventsOf, type Told } from './truth';

export type CaptureName = 'subscribers' | 'triggers';

/** What a case works with: in one turn the hooked database, in the other its twin without hooks. */
export interface World {
  readonly m: EntityManager;
  readonly e: Model;
  readonly dataSource: DataSource;
  /** Runs SQL on a connection of its own, which is no write of TypeORM. */
  readonly raw: (sql: string) => Promise<unknown>;
  /** Runs `work` inside `hooks.silence`. */
  readonly silently: <T>(work: () => Promise<T>) => Promise<T>;
  /** Runs `work` with a subscriber of the application. */
  readonly beside: <T>(subscriber: EntitySubscriberInterface, work: () => Promise<T>) => Promise<T>;
}

export interface Write {
  /** Completes the title: "… has the events of the rows that changed". */
  readonly title: string;
  readonly write: (world: World) => Promise<unknown>;
  /** Makes rows that are not judged, and what the write needs. */
  readonly prepare?: (world: World) => Promise<unknown>;
}

export interface Seen {
  /** What follows from the audited changes, for this capture. */
  readonly expected: readonly Told[];
  readonly told: readonly Told[];
  /** What the caller got from the write, as text: of the hooked entities, and of their twins. */
  readonly got: string;
  readonly gotWithout: string;
  readonly statements: readonly string[];
  readonly statementsWithout: readonly string[];
  /** The calls of a subscriber of the application. */
  readonly calls: readonly string[];
  readonly callsWithout: readonly string[];
  readonly logged: readonly string[];
  /** As `server_version_num` has it. */
  readonly serverVersion: number;
}

/** A database whose entities are hooked, and one with equal entities that are not. */
export class EveryWrite {
  readonly #logged: string[] = [];

  private constructor(
    private readonly capture: CaptureName,
    private readonly hooked: Side,
    private readonly twin: Side,
  ) {}

  static async start(capture: CaptureName): Promise<EveryWrite> {
    const every = new EveryWrite(capture, await Side.start(true), await Side.start(false));
    await every.#attach();
    return every;
  }

  async #attach(): Promise<void> {
    const log = (message: string): number => this.#logged.push(message);
    const logger = { debug: () => {}, info: () => {}, warn: log, error: log };
    const { capture } = this;
    const options = { work: false, logger, capture, installTriggers: capture === 'triggers' };
    this.hooked.hooks = await ModelHooks.attach(this.hooked.dataSource, specOptions(options));
  }

  async run(write: Write): Promise<Seen> {
    const { hooked, twin } = this;
    const got = await hooked.run(write, this.#logged);
    const [statements, calls] = [[...hooked.statements.seen], hooked.calls()];
    const gotWithout = await twin.run(write);
    const changes = await auditedChanges(hooked.dataSource);
    const isSeen = ({ isRaw }: AuditedChange): boolean => this.capture === 'triggers' || !isRaw;
    const articles = articleEvents(hooked.related, changes, isSeen);
    return {
      expected: [...eventsOf(TRUTHS, changes.filter(isSeen)), ...articles],
      told: await storedEvents(hooked.dataSource),
      got,
      gotWithout,
      statements,
      calls,
      callsWithout: twin.calls(),
      statementsWithout: [...twin.statements.seen],
      logged: [...this.#logged],
      serverVersion: await serverVersionOf(hooked.dataSource),
    };
  }

  async stop(): Promise<void> {
    await this.hooked.stop();
    await this.twin.stop();
  }
}

async function serverVersionOf(dataSource: DataSource): Promise<number> {
  const [row] = await dataSource.query(
    "SELECT current_setting('server_version_num')::int AS version",
  );
  return row.version;
}

/** One of the two databases. */
class Side {
  readonly statements = new Statements();
  readonly #listening = new Listening();
  hooks: ModelHooks | undefined;
  #related: Related | undefined;
  readonly dataSource: DataSource;

  private constructor(
    private readonly database: Database,
    private readonly model: Model,
  ) {
    this.dataSource = newDataSource(database.url, {
      entities: Object.values(model).filter((entity) => entity !== model.Home) as never,
      dataSource: {
        logger: this.statements,
        logging: ['query'],
        poolSize: 4,
        extra: { statement_timeout: 20_000 },
      },
    });
  }

  static async start(isHooked: boolean): Promise<Side> {
    const side = new Side(await createDatabaseToMigrate(), modelOf(isHooked));
    const { dataSource } = side;
    await dataSource.initialize();
    dataSource.subscribers.push(side.#listening.subscriber);
    await dataSource.query('CREATE SCHEMA "odd schema"');
    await dataSource.runMigrations();
    await dataSource.synchronize();
    await dataSource.query(TABLE_TRIGGERS);
    await installAudit(dataSource);
    return side;
  }

  /** What the caller gets, as text. Times and random ids are not told apart. */
  async run({ prepare, write }: Write, logged: string[] = []): Promise<string> {
    const world = this.#world();
    await this.#reset(world);
    await prepare?.(world);
    await this.#forget();
    this.#related = await relatedRows(this.dataSource);
    this.statements.seen.length = 0;
    this.#listening.calls.length = 0;
    logged.length = 0;
    const got = await write(world).then(shown, (error: unknown) => shownError(error));
    return got;
  }

  /** The rows that articles were read from, before the write. */
  get related(): Related {
    if (!this.#related) throw new Error('Nothing was written.');
    return this.#related;
  }

  calls(): readonly string[] {
    return this.#listening.calls.map(masked);
  }

  async stop(): Promise<void> {
    await this.dataSource.destroy();
    await this.database.drop();
  }

  #world(): World {
    const { dataSource, model } = this;
    return {
      m: dataSource.manager,
      e: model,
      dataSource,
      raw: (sql) => dataSource.query(rawSql(sql)),
      silently: (work) => this.hooks?.silence(work) ?? work(),
      beside: async (subscriber, work) => {
        dataSource.subscribers.push(subscriber);
        try {
          return await work();
        } finally {
          dataSource.subscribers.pop();
        }
      },
    };
  }

  async #reset({ dataSource }: World): Promise<void> {
    const tables = dataSource.entityMetadatas
      .filter(({ tablePath }) => !/model_hook/.test(tablePath))
      .map(
        ({ tablePath }) =>
          `DELETE FROM ${tablePath
            .split('.')
            .map((part) => `"${part}"`)
            .join('.')}`,
      );
    await dataSource.query(
      `BEGIN; SET LOCAL session_replication_role = replica; ${[...new Set(tables)].join('; ')}; ${SEED}; ${SEQUENCES}; COMMIT`,
    );
  }

  async #forget(): Promise<void> {
    await this.dataSource.query('DELETE FROM model_hook_event; DELETE FROM audit.change');
  }
}

/** New rows get ids from 100 in both databases. */
const SEQUENCES = `DO $$ DECLARE s record; BEGIN
  FOR s IN SELECT c.oid::regclass AS name FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind = 'S' AND c.relname !~ 'model_hook' AND n.nspname <> 'audit'
  LOOP PERFORM setval(s.name, 99); END LOOP; END $$`;

const UUID = /[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g;
const TIME = /20[0-9]{2}-[0-9]{2}-[0-9]{2}[T ][0-9:.]+(Z|[+-][0-9:]+)?/g;

function shown(value: unknown): string {
  return masked(shownAsIs(inAnyOrder(value)));
}

/** PostgreSQL returns rows of an update or removal in the order in which it finds them, which is not that of their keys. */
function inAnyOrder(value: unknown): unknown {
  if (!(value instanceof UpdateResult || value instanceof DeleteResult)) return value;
  if (Array.isArray(value.raw)) value.raw = sorted(value.raw);
  if (value instanceof UpdateResult) value.generatedMaps = sorted(value.generatedMaps);
  return value;
}

function sorted<T>(rows: readonly T[]): T[] {
  return [...rows].sort((one, other) => (shownAsIs(one) < shownAsIs(other) ? -1 : 1));
}

function shownAsIs(value: unknown): string {
  return inspect(value, { depth: 12, breakLength: 120, maxArrayLength: 20 });
}

function masked(text: string): string {
  return text.replace(UUID, '<uuid>').replace(TIME, '<time>');
}

function shownError(error: unknown): string {
  const { name, message, code } = error as Error & { readonly code?: unknown };
  return shown({ name, message, code });
}
