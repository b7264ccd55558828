import type { DataSource } from 'typeorm';
import type {
  AttachOptions,
  DeliveryWithAttempts,
  Listener,
  ListenerOptions,
  ModelHooks,
} from '../../../lib';
import { Person, person } from '../entities/person';
import { type Receiver, type Respond, startReceiver } from '../receivers/receiver';
import { type Application, type ApplicationOptions, startApplication } from './application';

/** Options of the first application of a flow. The default entity is `Person`. */
export type FlowOptions = Partial<ApplicationOptions>;

/**
 * The way to start an application in a spec. A flow holds the application, further attachments to its
 * database and the receivers of its listeners, and `stop()` ends all of them.
 */
export class Flow implements Application {
  readonly #besides: Flow[] = [];
  readonly #receivers: Receiver[] = [];
  readonly #entities: ApplicationOptions['entities'];

  protected constructor(
    readonly application: Application,
    { entities = [Person] }: FlowOptions = {},
  ) {
    this.#entities = entities;
  }

  static async start(options: FlowOptions = {}): Promise<Flow> {
    return new Flow(await startApplication({ entities: [Person], ...options }), options);
  }

  get dataSource(): DataSource {
    return this.application.dataSource;
  }

  get hooks(): ModelHooks {
    return this.application.hooks;
  }

  get url(): string {
    return this.application.url;
  }

  /** Another attachment to the same database, as another process would have it. */
  async beside(attach: AttachOptions = {}): Promise<Flow> {
    const beside = await Flow.start({ entities: this.#entities, attach, url: this.url });
    this.#besides.push(beside);
    return beside;
  }

  /** A listener to people, at a receiver of its own. */
  async listen(
    respond?: Respond,
    options: Omit<ListenerOptions, 'url'> = {},
  ): Promise<{ readonly listener: Listener; readonly receiver: Receiver }> {
    const receiver = await startReceiver(respond);
    this.#receivers.push(receiver);
    return { receiver, listener: await this.listenAt(receiver.url, options) };
  }

  listenAt(origin: string, options: Omit<ListenerOptions, 'url'> = {}): Promise<Listener> {
    return this.hooks
      .for(Person)
      .listener({ url: `${origin}/hook`, ...options })
      .save();
  }

  /** Saves that many people in one `save()`. */
  async savePeople(count: number, name = 'Joe'): Promise<readonly Person[]> {
    const people = Array.from({ length: count }, () => person({ name }));
    return this.dataSource.manager.save(people);
  }

  /** The only delivery of a listener. */
  async deliveryOf(listener: string): Promise<DeliveryWithAttempts> {
    const { items } = await this.hooks.deliveries.find({ listener });
    expect(items).toHaveLength(1);
    return (await this.hooks.deliveries.get(items[0]?.id ?? '')) as DeliveryWithAttempts;
  }

  /** Makes the next attempt of a delivery due now. The next sweep finds it. */
  async makeDue({ id }: { readonly id: string }): Promise<void> {
    await this.query('UPDATE model_hook_delivery SET next_at = now() WHERE id = $1', [id]);
  }

  /** Number of events that are not planned yet. */
  async pendingEvents(): Promise<number> {
    const rows = await this.query('SELECT 1 FROM model_hook_event WHERE planned_at IS NULL');
    return rows.length;
  }

  query<Row>(sql: string, parameters: readonly unknown[] = []): Promise<Row[]> {
    return this.dataSource.query(sql, [...parameters]);
  }

  /** Removes the listeners and closes their receivers. */
  async clear(): Promise<void> {
    for (const { id } of await this.hooks.listeners.find()) await this.hooks.listeners.remove(id);
    await this.#closeReceivers();
  }

  /** Ends the attachments first: the application drops the database that they use. */
  async stop(): Promise<void> {
    await this.#closeReceivers();
    for (const beside of this.#besides.splice(0).reverse()) await beside.stop();
    await this.application.stop();
  }

  async #closeReceivers(): Promise<void> {
    for (const receiver of this.#receivers.splice(0)) await receiver.close();
  }
}
