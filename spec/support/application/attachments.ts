import { type AttachOptions, ModelHooks } from '../../../lib';
import { Person, person } from '../entities/person';
import { type Receiver, startReceiver } from '../receivers/receiver';
import { type Application, newDataSource, specOptions, startApplication } from './application';

export type Attachment = Pick<Application, 'dataSource' | 'hooks'>;

/** Attachments of one test, all of which tell one receiver. */
export class Attachments {
  readonly #cleanups: (() => Promise<unknown>)[] = [];

  private constructor(readonly receiver: Receiver) {}

  static async begin(): Promise<Attachments> {
    return new Attachments(await startReceiver());
  }

  /** Ends all of them in reverse: a database is dropped after those who use it. */
  async end(): Promise<void> {
    for (const cleanup of this.#cleanups.splice(0).reverse()) await cleanup();
    await this.receiver.close();
  }

  /** An application with one listener to every event of a person. */
  async start(attach: AttachOptions = {}): Promise<Application> {
    const application = await startApplication({ entities: [Person], attach });
    this.#cleanups.push(() => application.stop());
    await application.hooks.for(Person).listener(this.receiver.url).save();
    return application;
  }

  /** A second attachment to the same database, as another process would have it. */
  async startBeside({ url }: Application, attach: AttachOptions = {}): Promise<Attachment> {
    const dataSource = newDataSource(url, { entities: [Person] });
    await dataSource.initialize();
    this.#cleanups.push(async () => dataSource.isInitialized && dataSource.destroy());
    return { dataSource, hooks: await ModelHooks.attach(dataSource, specOptions(attach)) };
  }

  /** Names of the persons that the receiver was told of. */
  names(): readonly string[] {
    return this.receiver.received.map(({ body }) => (body as Person).name).sort();
  }
}

export function savePerson({ dataSource }: Attachment, name: string): Promise<Person> {
  return dataSource.manager.save(person({ name }));
}

/** How many events wait to be planned. */
export async function pendingEvents({ dataSource }: Attachment): Promise<number> {
  const [{ count }] = await dataSource.query(
    'SELECT count(*)::int AS count FROM model_hook_event WHERE planned_at IS NULL',
  );
  return count;
}
