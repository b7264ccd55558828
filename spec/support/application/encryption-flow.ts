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
import { Flow } from './flow';

/** The targets that the hook of `Job` resolves. */
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
  /** The database of an application that exists. */
  readonly url?: string;
}

/** The applications of one test, which differ in their encryption keys, and one receiver for all of them. */
export class EncryptionFlow {
  readonly logger = { debug: jest.fn(), info: jest.fn(), warn: jest.fn(), error: jest.fn() };
  readonly #started: Flow[] = [];

  private constructor(readonly receiver: Receiver) {}

  static async begin(): Promise<EncryptionFlow> {
    return new EncryptionFlow(await startReceiver());
  }

  async start(encryptionKeys: EncryptionKeys, { url, ...attach }: Start = {}): Promise<Flow> {
    const application = await Flow.start({
      entities: [Person, Job],
      attach: { encryptionKeys, logger: this.logger, ...attach },
      ...(url && { url }),
    });
    this.#started.push(application);
    return application;
  }

  /** The same database with other keys, as after a new deployment. */
  async restart(before: Flow, keys: EncryptionKeys, attach: AttachOptions = {}): Promise<Flow> {
    await before.dataSource.destroy();
    return this.start(keys, { url: before.url, ...attach });
  }

  listen({ hooks }: Flow, options = {}): Promise<Listener> {
    return hooks
      .for(Person)
      .listener({ url: `${this.receiver.url}/hook`, ...options })
      .save();
  }

  /** Saves a person and waits until its event is sent. */
  async send({ dataSource, hooks }: Flow): Promise<void> {
    await dataSource.manager.save(person());
    await hooks.idle();
  }

  /** Stores an event with these targets. */
  async resolve({ dataSource }: Flow, named: Targets): Promise<void> {
    targets = named;
    await dataSource.manager.save(Job, { name: 'waits' });
  }

  get paths(): readonly string[] {
    return this.receiver.received.map(({ path }) => path).toSorted();
  }

  /** Stops the applications in reverse: the first one drops the database that the others use. */
  async end(): Promise<void> {
    for (const application of this.#started.reverse()) await application.stop();
    await this.receiver.close();
  }
}
