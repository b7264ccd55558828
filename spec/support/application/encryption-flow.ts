import { Column, Entity, PrimaryGeneratedColumn } from 'typeorm';
import {
  type AttachOptions,
  type EncryptionKeys,
  type Listener,
  ModelHook,
  type Targets,
} from '../../../lib';
import { Person, person } from '../entities/person';
import { type Receiver, startReceiver } from '../receivers/receiver';
import { type Application, startApplication } from './application';

/** What the hook of `Job` resolves. */
let targets: Targets = [];

@Entity()
@ModelHook({ provides: ['name'], resolve: () => targets })
class Job {
  @PrimaryGeneratedColumn()
  id!: number;

  @Column({ type: 'varchar' })
  name!: string;
}

export const NONE: EncryptionKeys = {};
export const OLD: EncryptionKeys = { old: 'o'.repeat(32) };
export const NEW: EncryptionKeys = { new: 'n'.repeat(32) };
export const BOTH: EncryptionKeys = { ...NEW, ...OLD };

export interface Start extends AttachOptions {
  /** Beside an application of this database. */
  readonly url?: string;
}

/** Applications of one test, with keys that change from one to the next, and a receiver for all of them. */
export class EncryptionFlow {
  readonly logger = { debug: jest.fn(), info: jest.fn(), warn: jest.fn(), error: jest.fn() };
  readonly #started: Application[] = [];

  private constructor(readonly receiver: Receiver) {}

  static async begin(): Promise<EncryptionFlow> {
    return new EncryptionFlow(await startReceiver());
  }

  async start(
    encryptionKeys: EncryptionKeys,
    { url, ...attach }: Start = {},
  ): Promise<Application> {
    const application = await startApplication({
      entities: [Person, Job],
      attach: { encryptionKeys, logger: this.logger, ...attach },
      ...(url && { url }),
    });
    this.#started.push(application);
    return application;
  }

  /** The same database with other keys, as after a new deployment. */
  async restart(
    before: Application,
    keys: EncryptionKeys,
    attach: AttachOptions = {},
  ): Promise<Application> {
    await before.dataSource.destroy();
    return this.start(keys, { url: before.url, ...attach });
  }

  listen({ hooks }: Application, options = {}): Promise<Listener> {
    return hooks
      .for(Person)
      .listener({ url: `${this.receiver.url}/hook`, ...options })
      .save();
  }

  async tell({ dataSource, hooks }: Application): Promise<void> {
    await dataSource.manager.save(person());
    await hooks.idle();
  }

  /** An event with these targets. */
  async resolve({ dataSource }: Application, named: Targets): Promise<void> {
    targets = named;
    await dataSource.manager.save(Job, { name: 'waits' });
  }

  get paths(): readonly string[] {
    return this.receiver.received.map(({ path }) => path).toSorted();
  }

  /** In reverse: a database is dropped after those who use it. */
  async end(): Promise<void> {
    for (const application of this.#started.reverse()) await application.stop();
    await this.receiver.close();
  }
}
