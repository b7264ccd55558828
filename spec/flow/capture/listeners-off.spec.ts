import {
  BeforeUpdate,
  Column,
  DeleteDateColumn,
  Entity,
  type EntityManager,
  type EntitySubscriberInterface,
  EventSubscriber,
  PrimaryGeneratedColumn,
  type RemoveOptions,
  type SaveOptions,
} from 'typeorm';
import { ModelHook } from '../../../lib';
import { ReceivingFlow } from '../../support/application/receiving-flow';

const called: string[] = [];

@Entity()
@ModelHook({ provides: ['title'] })
class Page {
  @PrimaryGeneratedColumn()
  id!: number;

  @Column({ type: 'varchar' })
  title!: string;

  @DeleteDateColumn({ type: 'timestamptz' })
  deletedAt!: Date | null;

  @BeforeUpdate()
  noteUpdate(): void {
    called.push('listener');
  }
}

/** Written by a subscriber of the application, on the side. */
@Entity()
@ModelHook({ provides: ['title'] })
class Trace {
  @PrimaryGeneratedColumn()
  id!: number;

  @Column({ type: 'varchar' })
  title!: string;
}

@EventSubscriber()
class Own implements EntitySubscriberInterface {
  beforeInsert(): void {
    called.push('insert');
  }

  afterUpdate(): void {
    called.push('update');
  }

  afterRemove(): void {
    called.push('remove');
  }

  afterSoftRemove(): void {
    called.push('softRemove');
  }

  afterRecover(): void {
    called.push('recover');
  }

  async beforeTransactionCommit({ manager }: { manager: EntityManager }): Promise<void> {
    if (tracing) await manager.insert(Trace, { title: 'trace' });
  }
}

let tracing = false;
const quiet = { debug: jest.fn(), info: jest.fn(), warn: jest.fn(), error: jest.fn() };
let flow: ReceivingFlow;
beforeAll(async () => {
  flow = await ReceivingFlow.start({
    entities: [Page, Trace],
    attach: { logger: quiet },
    dataSource: { subscribers: [Own] },
  });
});
afterAll(() => flow.stop());
beforeEach(async () => {
  await flow.forget();
  called.length = 0;
});

async function writeAll(options?: SaveOptions & RemoveOptions): Promise<void> {
  const { manager } = flow.dataSource;
  const page = await manager.save(Object.assign(new Page(), { title: 'one' }), options);
  await manager.getRepository(Page).save(Object.assign(page, { title: 'two' }), options);
  await manager.softRemove([page], options);
  await manager.recover(Page, page, options);
  await manager.getRepository(Page).remove([page], options);
}

const names = async () => (await flow.received()).map(({ event }) => event);
const ALL = ['page.created', 'page.updated', 'page.softRemoved', 'page.recovered', 'page.removed'];

describe('a write with `listeners: false`', () => {
  it('A write with `listeners: false` has its events, and calls no listener of the application', async () => {
    await writeAll({ listeners: false });
    expect(await names()).toEqual(ALL);
    expect(called).toEqual([]);
  });

  it('A write without the option has the same events, and calls the listeners of the application', async () => {
    await writeAll();
    expect(await names()).toEqual(ALL);
    expect(called.filter((name) => name !== 'listener')).toEqual([
      'insert',
      'update',
      'softRemove',
      'recover',
      'remove',
    ]);
    expect(called).toContain('listener');
  });

  it('A save of an entity that has a property `listeners` is not taken for the option', async () => {
    await flow.dataSource.manager.save(Page, { title: 'one', listeners: false } as never);
    expect(called).toEqual(['insert']);
  });

  it('A write that a subscriber makes in the transaction has its listeners', async () => {
    tracing = true;
    await flow.dataSource.manager.save(Page, { title: 'one' } as Page, { listeners: false });
    tracing = false;
    expect(called).toEqual(['insert']);
    expect((await names()).sort()).toEqual(['page.created', 'trace.created']);
  });

  it('A silenced write with `listeners: false` has no events', async () => {
    await flow.hooks.silence(() => writeAll({ listeners: false }));
    expect(await names()).toEqual([]);
  });
});

describe('dataSource.subscribers', () => {
  it('The subscribers of a DataSource are those of the application', () => {
    const { subscribers } = flow.dataSource;
    expect(subscribers).toHaveLength(1);
    expect(subscribers[0]).toBeInstanceOf(Own);
  });
});
