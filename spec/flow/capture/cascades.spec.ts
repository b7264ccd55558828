import {
  Column,
  Entity,
  type EntitySubscriberInterface,
  type InsertEvent,
  ManyToOne,
  OneToMany,
  PrimaryGeneratedColumn,
  type Relation,
} from 'typeorm';
import { ModelHook } from '../../../lib';
import { ReceivingFlow } from '../../support/application/receiving-flow';

@Entity()
@ModelHook({ provides: ['name'] })
class Order {
  @PrimaryGeneratedColumn()
  id!: number;

  @Column({ type: 'varchar' })
  name!: string;

  @OneToMany(
    () => Line,
    (line) => line.order,
    { cascade: true },
  )
  lines!: Line[];
}

/** Two hooks that want different columns of the old row. */
@Entity()
@ModelHook({ name: 'line', provides: ['sku', 'amount', 'order.id'] })
@ModelHook({ name: 'exact', provides: ['amount'], exactPrevious: true })
class Line {
  @PrimaryGeneratedColumn()
  id!: number;

  @Column({ type: 'varchar' })
  sku!: string;

  @Column({ type: 'int' })
  amount!: number;

  @ManyToOne(
    () => Order,
    (order) => order.lines,
    { orphanedRowAction: 'delete' },
  )
  order!: Relation<Order>;
}

let flow: ReceivingFlow;
beforeAll(async () => {
  flow = await ReceivingFlow.start({ entities: [Order, Line] });
});
afterAll(() => flow.stop());

const line = (sku: string, amount = 1) => Object.assign(new Line(), { sku, amount });

async function storedOrder(): Promise<Order> {
  const lines = [line('a'), line('b')];
  const order = await flow.dataSource.manager.save(
    Object.assign(new Order(), { name: 'one', lines }),
  );
  await flow.forget();
  return order;
}

describe('a cascade', () => {
  it('Each row that a cascade inserts has an event with its parent', async () => {
    await flow.forget();
    const lines = [line('a', 1), line('b', 2)];
    const order = await flow.dataSource.manager.save(
      Object.assign(new Order(), { name: 'one', lines }),
    );
    const told = await flow.received();
    expect(told.filter(({ event }) => event === 'order.created')).toMatchObject([
      { data: { name: 'one' } },
    ]);
    expect(told.filter(({ event }) => event === 'line.created')).toMatchObject([
      { data: { sku: 'a', amount: 1, order: { id: order.id } } },
      { data: { sku: 'b', amount: 2, order: { id: order.id } } },
    ]);
    expect(told).toHaveLength(5);
  });

  it('Rows that a cascade inserts, updates and removes in one save() each have an event', async () => {
    const order = await storedOrder();
    const [kept] = order.lines;
    order.lines = [Object.assign(kept!, { amount: 5 }), line('c')];
    await flow.dataSource.manager.save(order);
    const of = { order: { id: order.id } };
    const told = await flow.received();
    expect(told.filter(({ event }) => event === 'line.created')).toMatchObject([
      { data: { sku: 'c', amount: 1, ...of }, previous: null },
    ]);
    expect(told.filter(({ event }) => event === 'line.updated')).toMatchObject([
      { data: { sku: 'a', amount: 5, ...of }, previous: { sku: 'a', amount: 1, ...of } },
    ]);
    expect(told.filter(({ event }) => event === 'line.removed')).toMatchObject([
      { data: { sku: 'b', amount: 1, ...of }, previous: null },
    ]);
    expect(told.filter(({ event }) => event.startsWith('exact.'))).toMatchObject([
      { event: 'exact.created', data: { amount: 1 } },
      { event: 'exact.updated', data: { amount: 5 }, previous: { amount: 1 } },
      { event: 'exact.removed', data: { amount: 1 } },
    ]);
    expect(told).toHaveLength(6);
  });

  it('A cascade that is rolled back has no events', async () => {
    const order = await storedOrder();
    const run = flow.dataSource.transaction(async (manager) => {
      order.lines = [line('c')];
      await manager.save(order);
      throw new RangeError('enough');
    });
    await expect(run).rejects.toThrow(RangeError);
    expect(await flow.received()).toEqual([]);
    expect(await flow.stored()).toEqual([]);
  });
});

describe('a subscriber of the application', () => {
  /** Runs `work` with this subscriber, called after that of the package. */
  async function beside<T>(
    subscriber: EntitySubscriberInterface<Order>,
    work: () => Promise<T>,
  ): Promise<T> {
    const { subscribers } = flow.dataSource;
    subscribers.push({ listenTo: () => Order, ...subscriber });
    try {
      return await work();
    } finally {
      subscribers.pop();
    }
  }

  it('The writes of another subscriber in the same transaction have events too', async () => {
    await flow.forget();
    const order = await beside(
      {
        afterInsert: async ({ manager, entity }: InsertEvent<Order>) => {
          const gifts = [line('gift'), line('card')];
          await manager.save(gifts.map((gift) => Object.assign(gift, { order: entity })));
        },
      },
      () => flow.dataSource.manager.save(Object.assign(new Order(), { name: 'one', lines: [] })),
    );
    const told = await flow.received();
    expect(told.map(({ event }) => event).sort()).toEqual([
      'exact.created',
      'exact.created',
      'line.created',
      'line.created',
      'order.created',
    ]);
    expect(told.find(({ event }) => event === 'line.created')?.data).toEqual({
      sku: 'gift',
      amount: 1,
      order: { id: order.id },
    });
  });

  it('The event contains the values that another subscriber has changed', async () => {
    const order = await storedOrder();
    await beside(
      {
        beforeUpdate: ({ entity }) => {
          if (entity) entity.name = `${entity.name}, checked`;
        },
      },
      () => flow.dataSource.manager.save(Object.assign(order, { name: 'two' })),
    );
    expect(await flow.received()).toMatchObject([
      { event: 'order.updated', data: { name: 'two, checked' }, previous: { name: 'one' } },
    ]);
  });
});
