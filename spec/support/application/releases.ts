import type { EntityTarget, ObjectLiteral } from 'typeorm';
import type { AttachOptions, Logger } from '../../../lib';
import { type Receiver, startReceiver } from '../receivers/receiver';
import { type Application, startApplication } from './application';
import type { Envelope } from './receiving-flow';

/** What a release logged. */
export type Logged = readonly { readonly level: 'warn' | 'error'; readonly message: string }[];

export interface Release extends Application {
  readonly logged: Logged;
}

/** One database that applications of several releases share, and a receiver for their listeners. */
export class Releases {
  readonly #running: Release[] = [];

  private constructor(
    private readonly first: Application,
    readonly receiver: Receiver,
  ) {}

  /** Makes the tables of these entities. */
  static async start(entities: readonly EntityTarget<ObjectLiteral>[]): Promise<Releases> {
    const first = await startApplication({ entities, attach: { work: false } });
    return new Releases(first, await startReceiver());
  }

  /** A process of a release with this entity. It sweeps often. */
  async run(
    entity: EntityTarget<ObjectLiteral> | null,
    attach: AttachOptions = {},
  ): Promise<Release> {
    const logged: { level: 'warn' | 'error'; message: string }[] = [];
    const logger: Logger = {
      debug: () => {},
      info: () => {},
      warn: (message) => logged.push({ level: 'warn', message }),
      error: (message) => logged.push({ level: 'error', message }),
    };
    const application = await startApplication({
      entities: entity === null ? [] : [entity],
      url: this.first.url,
      // Short leases would limit statements to a time that a busy machine exceeds.
      attach: { sweepMs: 100, statementTimeoutMs: 30_000, logger, ...attach },
    });
    const release = { ...application, logged };
    this.#running.push(release);
    return release;
  }

  /** Lets 20 leases pass for the events that are stored. */
  async wait(): Promise<void> {
    await this.query(
      "UPDATE model_hook_event SET occurred_at = occurred_at - interval '11 minutes'",
    );
  }

  query<Row>(sql: string, parameters: readonly unknown[] = []): Promise<Row[]> {
    return this.first.dataSource.query(sql, [...parameters]);
  }

  /** The data of the events that are not planned yet, in the order of capture. */
  async unplanned(): Promise<readonly unknown[]> {
    const rows = await this.query<{ readonly data: unknown }>(
      'SELECT data FROM model_hook_event WHERE planned_at IS NULL ORDER BY id',
    );
    return rows.map(({ data }) => data);
  }

  /** What came at a path, in the order of arrival. */
  received(path: string): readonly Envelope[] {
    const requests = this.receiver.received.filter((request) => request.path === path);
    return requests.map(({ body }) => body as Envelope);
  }

  async stop(): Promise<void> {
    for (const release of this.#running.splice(0)) await release.stop();
    await this.receiver.close();
    await this.first.stop();
  }
}
