import { installedVersion } from '../../lib/attach/checks';
import { type Application, startApplication } from '../support/application/application';
import { Person, person } from '../support/entities/person';
import { startReceiver } from '../support/receivers/receiver';

/** The events of an application on TypeORM 0.3.20 for each kind of write, as one line of JSON. */
export interface Seen {
  readonly version: string | null;
  /** The bodies, in the order of their events. */
  readonly told: readonly { readonly event: string; readonly data: unknown }[];
  /** The operations that vetoes rejected. */
  readonly rejected: readonly string[];
  readonly migrationsLeft: boolean;
  readonly warnings: readonly string[];
}

async function flow(): Promise<Seen> {
  const warnings: string[] = [];
  const warn = (message: string): number => warnings.push(message);
  const logger = { debug: () => undefined, info: () => undefined, warn, error: warn };
  const receiver = await startReceiver();
  const application = await startApplication({ entities: [Person], attach: { logger } });
  const { dataSource, hooks } = application;
  try {
    const format = 'envelope';
    await hooks.for(Person).listener({ url: receiver.url, format }).save();
    await hooks.for(Person).listener({ url: receiver.url, format }).save();
    const people = dataSource.getRepository(Person);
    const [joe, ann] = await people.save([person({ address: 'Rome' }), person({ name: 'Ann' })]);
    await people.save({ id: joe!.id, name: 'Jo' });
    await rollBack(() =>
      dataSource.transaction(async (manager) => {
        await manager.save(person({ name: 'nobody' }));
        throw new Error('undo');
      }),
    );
    await people.remove(ann!);
    const rejected = await refused(application, joe!);
    await hooks.idle();
    const bodies = receiver.received.map(
      ({ body }) => body as Seen['told'][number] & { id: string },
    );
    bodies.sort((one, other) => (one.id < other.id ? -1 : 1));
    return {
      version: installedVersion(),
      told: bodies.map(({ event, data }) => ({ event, data })),
      rejected,
      migrationsLeft: await dataSource.showMigrations(),
      warnings,
    };
  } finally {
    await application.stop();
    await receiver.close();
  }
}

/** Writes that vetoes reject: by save(), by remove(), and in a transaction. */
async function refused({ dataSource, hooks }: Application, joe: Person): Promise<string[]> {
  for (const operation of ['insert', 'update', 'remove'] as const)
    hooks.for(Person).interactive(operation, () => ({ status: 'fail' }));
  const { manager } = dataSource;
  const writes = [
    () => manager.save([person(), person()]),
    () => manager.save(Person, { id: joe.id, name: 'refused' }),
    () => manager.remove(Person, { ...joe } as Person),
    () => dataSource.transaction((own) => own.save([person(), person()], { chunk: 1 })),
  ];
  const rejected: string[] = [];
  for (const write of writes)
    await (write() as Promise<unknown>).catch((error: { operation: string }) =>
      rejected.push(error.operation),
    );
  return rejected;
}

async function rollBack(work: () => Promise<unknown>): Promise<void> {
  await work().catch(() => undefined);
}

flow().then(
  (seen) => console.log(JSON.stringify(seen)),
  (error) => {
    console.error(error);
    process.exitCode = 1;
  },
);
