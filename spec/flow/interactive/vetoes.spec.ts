import { setTimeout as sleep } from 'node:timers/promises';
import {
  ChildEntity,
  Column,
  DeleteDateColumn,
  Entity,
  JoinTable,
  ManyToMany,
  ManyToOne,
  OneToMany,
  PrimaryGeneratedColumn,
  TableInheritance,
} from 'typeorm';
import {
  HookRejectedError,
  InteractiveResponse,
  ModelHook,
  type Operation,
  type VetoEvent,
  type VetoFunction,
} from '../../../lib';

import { ReceivingFlow } from '../../support/application/receiving-flow';

@Entity()
class Label {
  @PrimaryGeneratedColumn()
  id!: number;

  @Column({ type: 'varchar' })
  text!: string;
}

@Entity()
@ModelHook({ provides: ['title', 'price', 'day', 'labels.id', 'length'], compute: { length } })
class Book {
  @PrimaryGeneratedColumn()
  id!: number;

  @Column({ type: 'varchar' })
  title!: string;

  @Column({ type: 'numeric', nullable: true })
  price!: string | null;

  @Column({ type: 'date', nullable: true })
  day!: string | null;

  @Column({ type: 'varchar', nullable: true })
  secret!: string | null;

  @DeleteDateColumn({ type: 'timestamptz' })
  deletedAt!: Date | null;

  @ManyToOne(
    () => Shelf,
    (shelf) => shelf.books,
  )
  shelf!: Shelf | null;

  @ManyToMany(() => Label)
  @JoinTable()
  labels!: Label[];
}

@Entity()
class Shelf {
  @PrimaryGeneratedColumn()
  id!: number;

  @OneToMany(
    () => Book,
    (book) => book.shelf,
    { cascade: true },
  )
  books!: Book[];
}

@Entity()
@TableInheritance({ column: { type: 'varchar', name: 'kind' } })
@ModelHook({ provides: ['name'] })
class Animal {
  @PrimaryGeneratedColumn()
  id!: number;

  @Column({ type: 'varchar' })
  name!: string;
}

@ChildEntity()
class Dog extends Animal {}

function length({ title }: Book): number {
  return title.length;
}

const logger = { debug: jest.fn(), info: jest.fn(), warn: jest.fn(), error: jest.fn() };
let flow: ReceivingFlow;
const ends: (() => void)[] = [];
beforeAll(async () => {
  flow = await ReceivingFlow.start({
    entities: [Book, Shelf, Label, Animal, Dog],
    attach: { logger },
  });
});
afterAll(() => flow.stop());
beforeEach(() => logger.warn.mockClear());
afterEach(async () => {
  for (const end of ends.splice(0)) end();
  await flow.query('TRUNCATE book, shelf, label, animal CASCADE');
});

const book = (values: Partial<Book> = {}) =>
  Object.assign(new Book(), { title: 'Emma', ...values });
const books = () => flow.dataSource.getRepository(Book);
const count = () => books().count({ withDeleted: true });

function veto(operation: Operation, fn: VetoFunction, options = {}): void {
  ends.push(flow.hooks.for(Book).interactive(operation, fn, options));
}

/** Asks and allows; gives the questions. */
function asked(...operations: readonly Operation[]): readonly VetoEvent[] {
  const events: VetoEvent[] = [];
  for (const operation of operations)
    veto(operation, (event) => {
      events.push(event);
      return InteractiveResponse.done();
    });
  return events;
}

const refuse: VetoFunction = () =>
  InteractiveResponse.fail(422, { 'x-why': 'because' }, { message: 'no' }, 'the reason');

describe('hook.interactive', () => {
  it('A veto that fails rejects the save, and nothing is written', async () => {
    veto('insert', refuse);
    await expect(books().save(book())).rejects.toMatchObject({
      code: 'HOOK_REJECTED',
      hook: 'book',
      operation: 'insert',
      httpStatus: 422,
      headers: { 'x-why': 'because' },
      body: { message: 'no' },
    });
    expect(await count()).toBe(0);
    expect(await flow.received()).toEqual([]);
  });

  it('A veto that succeeds lets the write go on', async () => {
    const events = asked('insert');
    const saved = await books().save(book({ price: 12.5 as never, secret: 's' }));
    expect(saved.id).toEqual(expect.any(Number));
    expect(events).toEqual([
      {
        id: expect.any(String),
        hook: 'book',
        name: 'book.created',
        operation: 'insert',
        ref: null,
        sender: null,
        headers: {},
        occurredAt: expect.any(Date),
        data: { title: 'Emma', price: '12.5', length: 4 },
        previous: null,
        changed: ['title', 'price', 'length'],
        row: { title: 'Emma', price: 12.5, secret: 's' },
      },
    ]);
  });

  it('An update is asked about with the whole row, although the caller gave a part of it', async () => {
    const { id } = await books().save(book({ price: '1.50', day: '2024-02-29' }));
    const events = asked('update');
    await books().save({ id, title: 'Persuasion' });
    expect(events[0]).toMatchObject({
      operation: 'update',
      data: { title: 'Persuasion', price: '1.50', day: '2024-02-29', length: 10 },
      previous: { title: 'Emma', price: '1.50', day: '2024-02-29', length: 4 },
      changed: ['title', 'length'],
      row: { id, title: 'Persuasion', price: '1.50' },
    });
  });

  it.each([
    ['update', (row: Book) => books().save(Object.assign(row, { title: 'b' }))],
    ['remove', (row: Book) => books().remove(row)],
    ['softRemove', (row: Book) => books().softRemove(row)],
    ['recover', (row: Book) => books().recover(row)],
  ] as const)('A veto on "%s" rejects it, and the row stays as it is', async (operation, write) => {
    const row = await books().save(book());
    if (operation === 'recover') await books().softDelete(row.id);
    const stored = () => flow.query('SELECT * FROM book');
    const before = await stored();
    veto(operation, refuse);
    const entity = await books().findOneOrFail({ where: { id: row.id }, withDeleted: true });
    await expect(write(entity)).rejects.toThrow(HookRejectedError);
    expect(await stored()).toEqual(before);
  });

  it('A removed row is asked about with the values that it has in the database', async () => {
    const { id } = await books().save(book());
    const events = asked('remove');
    await books().remove(Object.assign(new Book(), { id, title: 'other' }));
    expect(events[0]).toMatchObject({ data: { title: 'Emma' }, previous: null, changed: [] });
  });

  it('A recovered row is asked about without its delete date', async () => {
    const row = await books().save(book());
    await books().softRemove(row);
    const events = asked('recover');
    await books().recover(row);
    expect(events[0]?.row.deletedAt).toBeNull();
  });

  it('A save that sets or clears the delete date is a softRemove or a recover', async () => {
    const saved = await books().save(book());
    const asked: string[] = [];
    for (const operation of ['update', 'softRemove', 'recover'] as const)
      veto(operation, (event) => {
        asked.push(event.operation);
        return InteractiveResponse.done();
      });
    await books().save({ id: saved.id, deletedAt: new Date() });
    await books().save({ id: saved.id, title: 'Other' });
    await books().save({ id: saved.id, deletedAt: new Date(0) });
    await books().save({ id: saved.id, deletedAt: null });
    expect(asked).toEqual(['softRemove', 'update', 'update', 'recover']);
  });

  it('A save that changes nothing and a remove of no row ask nothing', async () => {
    const row = await books().save(book());
    const events = asked('update', 'remove');
    await books().save(row);
    await books().remove(book({ id: 4_711 }));
    expect(events).toEqual([]);
  });

  it('A change of a many-to-many relation alone is an update of its owner', async () => {
    const label = await flow.dataSource.manager.save(Label, { text: 'new' });
    const row = await books().save(book({ labels: [] }));
    const events = asked('update');
    await books().save(Object.assign(row, { labels: [label] }));
    expect(events.map(({ changed, data }) => [changed, data['labels.id']])).toEqual([
      [['labels.id'], [label.id]],
    ]);
  });

  it('A cascaded row is asked about, and its rejection undoes the whole save', async () => {
    veto('insert', ({ data }) =>
      data.title === 'bad' ? InteractiveResponse.fail() : InteractiveResponse.done(),
    );
    const shelf = Object.assign(new Shelf(), { books: [book(), book({ title: 'bad' })] });
    await expect(flow.dataSource.manager.save(shelf)).rejects.toThrow(HookRejectedError);
    expect([await count(), await flow.dataSource.manager.count(Shelf)]).toEqual([0, 0]);
  });

  it('Each row is asked about once, in chunks and in a transaction of the caller too', async () => {
    const events = asked('insert');
    const rows = () => Array.from({ length: 5 }, (_, n) => book({ title: `title ${n}` }));
    await books().save(rows(), { chunk: 2 });
    await flow.dataSource.transaction((manager) => manager.save(rows(), { chunk: 2 }));
    await flow.dataSource.transaction((manager) =>
      Promise.all(rows().map((row) => manager.save(row))),
    );
    const titles = rows().map(({ title }) => title);
    expect(events.map(({ data }) => data.title)).toEqual([...titles, ...titles, ...titles]);
  });

  it('A rejected chunk in a transaction of the caller leaves no chunk behind', async () => {
    veto('insert', ({ data }) =>
      data.title === 'bad' ? InteractiveResponse.fail() : InteractiveResponse.done(),
    );
    await flow.dataSource.transaction(async (manager) => {
      const rows = [book(), book({ title: 'bad' })];
      await expect(manager.save(rows, { chunk: 1 })).rejects.toThrow(HookRejectedError);
      await manager.save(book({ title: 'good' }));
    });
    expect((await books().find()).map(({ title }) => title)).toEqual(['good']);
  });

  it('A write waits for its own answer in a transaction of the caller', async () => {
    veto('insert', async ({ data }) => {
      await sleep(5);
      return data.title === 'bad' ? InteractiveResponse.fail() : InteractiveResponse.done();
    });
    await flow.dataSource.transaction(async (manager) => {
      const saves = [manager.save(book()), manager.save(book({ title: 'bad' }))];
      const [good, bad] = await Promise.allSettled(saves);
      expect([good?.status, bad?.status]).toEqual(['fulfilled', 'rejected']);
    });
    expect(await count()).toBe(1);
  });

  it('A subclass is asked about by the hook of its parent', async () => {
    const names: unknown[] = [];
    ends.push(
      flow.hooks.for(Animal).interactive('insert', ({ data }) => {
        names.push(data.name);
        return InteractiveResponse.done();
      }),
    );
    await flow.dataSource.manager.save(Object.assign(new Dog(), { name: 'Rex' }));
    expect(names).toEqual(['Rex']);
  });

  it('Several vetoes are asked in order, and the first that fails ends it', async () => {
    const seen: number[] = [];
    const answer =
      (n: number, response: InteractiveResponse): VetoFunction =>
      () => {
        seen.push(n);
        return response;
      };
    veto('insert', answer(1, InteractiveResponse.done()));
    veto('insert', answer(2, InteractiveResponse.fail(409)));
    veto('insert', answer(3, InteractiveResponse.fail(410)));
    await expect(books().save(book())).rejects.toMatchObject({ httpStatus: 409 });
    expect(seen).toEqual([1, 2]);
  });

  it('The function that it returns ends the veto', async () => {
    const end = flow.hooks.for(Book).interactive('insert', refuse);
    await expect(books().save(book())).rejects.toThrow();
    end();
    end();
    await books().save(book());
    expect(await count()).toBe(1);
  });

  it('A veto that is ended while another one is asked is not asked any more', async () => {
    const refused = jest.fn(refuse);
    veto('insert', async () => {
      end();
      return InteractiveResponse.done();
    });
    const end = flow.hooks.for(Book).interactive('insert', refused);
    await books().save(book());
    expect(refused).not.toHaveBeenCalled();
    expect(await count()).toBe(1);
  });

  it('A silenced write is asked about', async () => {
    veto('insert', refuse);
    const write = flow.hooks.silence(() => books().save(book()));
    await expect(write).rejects.toThrow(HookRejectedError);
  });

  it('The argument is a copy of the entity', async () => {
    const entity = book({ price: '1' });
    veto('insert', ({ data, row }) => {
      Object.assign(data, { title: 'changed' });
      Object.assign(row, { title: 'changed' });
      return InteractiveResponse.done();
    });
    await books().save(entity);
    expect((await books().find()).map(({ title }) => title)).toEqual(['Emma']);
  });
});

describe('a veto that gives no answer', () => {
  const unanswering: readonly (readonly [string, VetoFunction])[] = [
    [
      'throws',
      () => {
        throw new Error('broken');
      },
    ],
    [
      'throws null',
      () => {
        throw null;
      },
    ],
    ['does not end', () => new Promise(() => undefined)],
    ['returns nothing', () => undefined as never],
    ['reschedules', () => ({ status: 'reschedule', countdown: 30 }) as never],
  ];

  it.each(unanswering)('A veto that %s rejects the write with 503 and a cause', async (_, fn) => {
    veto('insert', fn, { timeoutMs: 20 });
    await expect(books().save(book())).rejects.toMatchObject({
      code: 'HOOK_REJECTED',
      httpStatus: 503,
      headers: null,
      body: null,
      cause: expect.any(Error),
    });
    expect(await count()).toBe(0);
  });

  it.each(unanswering)(
    'A veto that %s and is not needed is logged, and the write goes on',
    async (_, fn) => {
      veto('insert', fn, { timeoutMs: 20, onUnavailable: 'allow' });
      await books().save(book());
      expect(await count()).toBe(1);
      expect(logger.warn).toHaveBeenCalledTimes(1);
    },
  );

  it('The signal of a veto is aborted at its time limit', async () => {
    const signals: AbortSignal[] = [];
    const hanging: VetoFunction = (_event, { signal }) => {
      signals.push(signal);
      return new Promise(() => undefined);
    };
    veto('insert', hanging, { timeoutMs: 20 });
    await expect(books().save(book())).rejects.toThrow(HookRejectedError);
    expect(signals[0]).toMatchObject({ aborted: true, reason: expect.any(Error) });
  });

  it('A registered handler is asked, within its own time limit', async () => {
    const handler = flow.hooks.handler('veto', () => new Promise(() => undefined), {
      timeoutMs: 20,
    });
    ends.push(flow.hooks.for(Book).interactive('insert', handler));
    await expect(books().save(book())).rejects.toMatchObject({
      cause: { message: expect.stringContaining('20 ms') },
    });
    flow.hooks.handler('veto', () => InteractiveResponse.fail(418));
    await expect(books().save(book())).rejects.toMatchObject({ httpStatus: 418 });
  });

  it('A handler that this process does not know counts as unavailable', async () => {
    ends.push(flow.hooks.for(Book).interactive('insert', 'handler:nobody'));
    await expect(books().save(book())).rejects.toMatchObject({
      cause: { message: expect.stringContaining('nobody') },
    });
  });
});

describe('a write by criteria', () => {
  it('A write by criteria is not asked about, and warned of once', async () => {
    const events = asked('insert', 'update', 'remove');
    for (let n = 0; n < 2; n += 1) {
      await books().insert({ title: 'a' });
      await books().update({ title: 'a' }, { title: 'b' });
      await books().delete({ title: 'b' });
    }
    expect(events).toEqual([]);
    expect(logger.warn.mock.calls.map(([, facts]) => facts.operation)).toEqual([
      'insert',
      'update',
      'remove',
    ]);
  });
});

describe('the life of a veto', () => {
  it('A veto stays in force after detach(), and after the DataSource was destroyed and initialised again', async () => {
    veto('insert', refuse);
    await flow.hooks.detach();
    await expect(books().save(book())).rejects.toThrow(HookRejectedError);
    await flow.dataSource.destroy();
    await flow.dataSource.initialize();
    await expect(books().save(book())).rejects.toThrow(HookRejectedError);
  });
});

describe('the arguments of a veto', () => {
  it.each([
    ['HOOK_UNKNOWN_OPERATION', 'delete', refuse, {}],
    ['OPTION_INVALID', 'insert', 'https://example.com', {}],
    ['OPTION_INVALID', 'insert', refuse, { timeoutMs: 0 }],
    ['OPTION_INVALID', 'insert', refuse, { onUnavailable: 'ignore' }],
    ['OPTION_INVALID', 'insert', refuse, { timeout: 5 }],
  ] as const)('A veto throws %s for (%j, %p, %j)', (code, operation, fn, options) => {
    const add = () => flow.hooks.for(Book).interactive(operation as never, fn, options as never);
    expect(add).toThrow(expect.objectContaining({ code }));
  });
});
