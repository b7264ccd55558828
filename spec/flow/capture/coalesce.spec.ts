import fc from 'fast-check';
import {
  Column,
  type DataSource,
  DeleteDateColumn,
  Entity,
  type EntityManager,
  JoinTable,
  ManyToMany,
  MoreThan,
  PrimaryColumn,
  PrimaryGeneratedColumn,
} from 'typeorm';
import { BackgroundResponse, type HookEvent, ModelHook } from '../../../lib';
import { Flow } from '../../support/application/flow';
import { StoredFlow } from '../../support/application/stored-flow';
import { BY_TRIGGERS } from '../../support/application/triggers-flow';
import { storedEvents } from '../../support/capture/stored-events';

@Entity()
class Label {
  @PrimaryGeneratedColumn()
  id!: number;
}

@Entity()
@ModelHook({
  name: 'merged',
  provides: ['id', 'name', 'labels.id'],
  coalesce: 'transaction',
})
@ModelHook({
  name: 'computed',
  provides: ['name'],
  coalesce: 'transaction',
  compute: { loud: ({ name }) => String(name).toUpperCase() },
  sender: ({ name }) => String(name),
})
@ModelHook({ name: 'every', provides: ['id', 'name'] })
class Item {
  @PrimaryColumn({ type: 'int' })
  id!: number;

  @Column({ type: 'varchar' })
  name!: string;

  @Column({ type: 'varchar', nullable: true })
  secret!: string | null;

  @DeleteDateColumn()
  removedAt!: Date | null;

  @ManyToMany(() => Label)
  @JoinTable()
  labels!: Label[];
}

@Entity()
@ModelHook({ provides: ['name'], on: ['softRemove', 'recover', 'remove'], coalesce: 'transaction' })
class Marked {
  @PrimaryColumn({ type: 'int' })
  id!: number;

  @Column({ type: 'varchar' })
  name!: string;

  @DeleteDateColumn()
  removedAt!: Date | null;
}

type Write = (manager: EntityManager) => Promise<unknown>;

const insert: Write = (m) => m.insert(Item, { id: 1, name: 'a' });
const rename =
  (name: string): Write =>
  (m) =>
    m.update(Item, 1, { name });
const save =
  (name: string): Write =>
  async (m) =>
    m.save(Object.assign(new Item(), { id: 1, name }));
const remove: Write = (m) => m.delete(Item, 1);
const softRemove: Write = (m) => m.softDelete(Item, 1);
const recover: Write = (m) => m.restore(Item, 1);

describe.each([
  { by: 'subscribers', attach: {} },
  { by: 'triggers', attach: BY_TRIGGERS },
] as const)('the option `coalesce`, captured by $by', ({ attach }) => {
  let flow: StoredFlow;

  beforeAll(async () => {
    flow = await StoredFlow.start({ entities: [Item, Label, Marked], attach });
  });
  beforeEach(async () => {
    await clear(flow.dataSource);
  });
  afterAll(() => flow?.stop());

  const inOne = (...writes: Write[]) =>
    flow.dataSource.transaction(async (manager) => {
      for (const write of writes) await write(manager);
    });

  /** `update a>b` for each event. */
  const told = async (hook = 'merged') => {
    const events = await storedEvents(flow.dataSource);
    return events
      .filter((event) => event.hook === hook)
      .map(({ operation, data, previous }) =>
        previous ? `${operation} ${previous.name}>${data.name}` : `${operation} ${data.name}`,
      );
  };

  it.each<{ name: string; before?: Write[]; writes: Write[]; told: string[] }>([
    { name: 'insert, update', writes: [insert, rename('b'), save('c')], told: ['insert c'] },
    { name: 'insert, remove', writes: [insert, rename('b'), remove], told: [] },
    { name: 'insert, remove, insert', writes: [insert, remove, insert], told: ['insert a'] },
    { name: 'insert, softRemove', writes: [insert, softRemove], told: ['insert a'] },
    {
      name: 'update, update',
      before: [insert],
      writes: [rename('b'), save('c')],
      told: ['update a>c'],
    },
    { name: 'there and back', before: [insert], writes: [rename('b'), save('a')], told: [] },
    {
      name: 'update, remove',
      before: [insert],
      writes: [rename('b'), remove],
      told: ['remove a'],
    },
    {
      name: 'remove, insert of other values',
      before: [insert, rename('z')],
      writes: [remove, insert],
      told: ['update z>a'],
    },
    {
      name: 'remove, insert of the same values',
      before: [insert],
      writes: [remove, insert],
      told: [],
    },
    {
      name: 'update, softRemove',
      before: [insert],
      writes: [rename('b'), softRemove],
      told: ['softRemove a>b'],
    },
    {
      name: 'softRemove, update',
      before: [insert],
      writes: [softRemove, (m) => m.query(`UPDATE item SET name = 'b'`)],
      told: attach === BY_TRIGGERS ? ['softRemove a>b'] : ['softRemove a>a'],
    },
    { name: 'softRemove, recover', before: [insert], writes: [softRemove, recover], told: [] },
    {
      name: 'softRemove, recover, update',
      before: [insert],
      writes: [softRemove, recover, rename('b')],
      told: ['update a>b'],
    },
    {
      name: 'recover, softRemove',
      before: [insert, softRemove],
      writes: [recover, softRemove],
      told: [],
    },
    {
      name: 'recover, update',
      before: [insert, softRemove],
      writes: [recover, rename('b')],
      told: ['recover a>b'],
    },
    {
      name: 'softRemove, remove',
      before: [insert],
      writes: [rename('b'), softRemove, remove],
      told: ['remove a'],
    },
  ])(
    'The writes $name make the events of the difference',
    async ({ before = [], writes, told: expected }) => {
      for (const write of before) await write(flow.dataSource.manager);
      await flow.forget();
      await inOne(...writes);
      expect(await told()).toEqual(expected);
    },
  );

  it('Events of other hooks of the entity stay as they are', async () => {
    await inOne(insert, rename('b'), rename('c'));
    expect(await told('every')).toEqual(['insert a', 'update a>b', 'update b>c']);
  });

  it('Events of several transactions and of autocommit statements are not merged', async () => {
    await insert(flow.dataSource.manager);
    await rename('b')(flow.dataSource.manager);
    await inOne(rename('c'));
    expect(await told()).toEqual(['insert a', 'update a>b', 'update b>c']);
  });

  it('What a savepoint wrote is gone with it, and what was before it is back', async () => {
    await insert(flow.dataSource.manager);
    await flow.forget();
    await inOne(
      rename('b'),
      (m) => failing(m, [rename('c'), remove, insert]),
      (m) => failing(m, [rename('a')]),
      (m) => m.transaction(async (inner) => rename('d')(inner)),
    );
    expect(await told()).toEqual(['update a>d']);
  });

  it('A write by criteria merges each of its rows', async () => {
    await inOne(
      (m) =>
        m.insert(
          Item,
          [1, 2, 3].map((id) => ({ id, name: 'a' })),
        ),
      (m) => m.update(Item, { id: MoreThan(0) }, { name: 'b' }),
      (m) => m.delete(Item, { id: 2 }),
    );
    expect(await told()).toEqual(['insert b', 'insert b']);
  });

  it('A changed key is a removal and an insert, each merged with those of its key', async () => {
    await insert(flow.dataSource.manager);
    await flow.forget();
    const move =
      (from: number, to: number): Write =>
      (m) =>
        m.update(Item, from, { id: to });
    await inOne(move(1, 2), rename('x'), (m) => m.update(Item, 2, { name: 'b' }));
    expect((await told()).sort()).toEqual(['insert b', 'remove a']);
    await flow.forget();
    await inOne(move(2, 3), move(3, 2));
    expect(await told()).toEqual([]);
  });

  it('The links of a many-to-many relation are part of the one event', async () => {
    const label = await flow.dataSource.manager.save(new Label());
    const item = Object.assign(new Item(), { id: 1, name: 'a', labels: [label] });
    await flow.dataSource.manager.save(item);
    const events = await storedEvents(flow.dataSource);
    expect(events.filter(({ hook }) => hook === 'merged')).toMatchObject([
      { operation: 'insert', data: { 'labels.id': [label.id] }, previous: null },
    ]);
  });

  it('A difference that is an update makes no event if the hook has no updates', async () => {
    await flow.dataSource.manager.insert(Marked, { id: 1, name: 'a' });
    await inOne(
      (m) => m.softDelete(Marked, 1),
      (m) => m.restore(Marked, 1),
    );
    expect(await flow.stored('marked')).toEqual([]);
  });

  it('The order of events is that of the last changes', async () => {
    await inOne(insert, (m) => m.insert(Item, { id: 2, name: 'z' }), rename('b'));
    expect(await told()).toEqual(['insert z', 'insert b']);
  });
});

@Entity()
@ModelHook({ provides: ['name'], coalesce: 'transaction', when: { name: 'a' } })
class Conditional {
  @PrimaryColumn({ type: 'int' })
  id!: number;

  @Column({ type: 'varchar' })
  name!: string;
}

describe.each([
  { by: 'subscribers', attach: {} },
  { by: 'triggers', attach: BY_TRIGGERS },
] as const)('functions of a hook with `coalesce`, captured by $by', ({ attach }) => {
  it('They are called with the final row', async () => {
    const flow = await Flow.start({ entities: [Item, Label], attach });
    const events: HookEvent[] = [];
    const handler = flow.hooks.handler('all', (event) => {
      events.push(event);
      return BackgroundResponse.done();
    });
    await flow.hooks.get('computed').listener(handler).save();
    await insert(flow.dataSource.manager);
    await flow.hooks.idle();
    await flow.dataSource.transaction(async (m) => {
      await rename('b')(m);
      await rename('c')(m);
    });
    await flow.hooks.idle();
    await flow.dataSource.transaction(async (m) => {
      await rename('d')(m);
      await remove(m);
    });
    await flow.hooks.idle();
    expect(events.map(({ operation, data, previous }) => ({ operation, data, previous }))).toEqual([
      { operation: 'insert', data: { name: 'a', loud: 'A' }, previous: null },
      {
        operation: 'update',
        data: { name: 'c', loud: 'C' },
        previous: { name: 'a', loud: 'A' },
      },
      { operation: 'remove', data: { name: 'c', loud: 'C' }, previous: null },
    ]);
    await flow.stop();
  });
});

describe('the condition `when` beside `coalesce`', () => {
  it('It is judged with the final row if triggers capture the changes', async () => {
    const flow = await Flow.start({ entities: [Conditional], attach: BY_TRIGGERS });
    const names: unknown[] = [];
    const handler = flow.hooks.handler('all', ({ data }) => {
      names.push(data.name);
      return BackgroundResponse.done();
    });
    await flow.hooks.get('conditional').listener(handler).save();
    for (const name of ['a', 'b'])
      await flow.dataSource.transaction(async (m) => {
        const id = name === 'a' ? 1 : 2;
        await m.insert(Conditional, { id, name: name === 'a' ? 'b' : 'a' });
        await m.update(Conditional, id, { name });
      });
    await flow.hooks.idle();
    expect(names).toEqual(['a']);
    await flow.stop();
  });

  it('It is refused if subscribers capture the changes', async () => {
    await expect(StoredFlow.start({ entities: [Conditional] })).rejects.toMatchObject({
      code: 'OPTION_INVALID',
      option: 'coalesce',
    });
  });
});

describe.each([
  { by: 'subscribers', attach: {} },
  { by: 'triggers', attach: BY_TRIGGERS },
] as const)('coalesced events of random transactions, captured by $by', ({ attach }) => {
  let flow: StoredFlow;

  beforeAll(async () => {
    flow = await StoredFlow.start({ entities: [Item, Label], attach });
  });
  afterAll(() => flow?.stop());

  it('They are the differences between the rows before and after the transaction', async () => {
    await fc.assert(
      fc.asyncProperty(steps(3), steps(12), async (first, second) => {
        await clear(flow.dataSource);
        await run(flow.dataSource, first);
        const before = await rowsOf(flow.dataSource);
        await flow.forget();
        await run(flow.dataSource, second);
        const after = await rowsOf(flow.dataSource);
        const events = await storedEvents(flow.dataSource);
        const merged = events.filter(({ hook }) => hook === 'merged');
        expect(merged.map(summary).sort()).toEqual(differences(before, after).sort());
      }),
      { numRuns: 60 },
    );
  }, 120_000);
});

/** A write of one row, or steps in a savepoint. */
type Step =
  | { readonly kind: 'put' | 'rename' | 'drop'; readonly id: number; readonly name: string }
  | { readonly kind: 'all'; readonly name: string }
  | { readonly kind: 'savepoint'; readonly steps: readonly Step[]; readonly isKept: boolean };

function steps(maxLength: number): fc.Arbitrary<readonly Step[]> {
  const id = fc.integer({ min: 1, max: 2 });
  const name = fc.constantFrom('a', 'b', 'c');
  const { list } = fc.letrec<{ step: Step; list: readonly Step[] }>((tie) => ({
    step: fc.oneof(
      { maxDepth: 3, depthIdentifier: 'savepoint' },
      fc.record({ kind: fc.constantFrom('put', 'rename', 'drop'), id, name }),
      fc.record({ kind: fc.constant('all' as const), name }),
      fc.record({
        kind: fc.constant('savepoint' as const),
        steps: tie('list'),
        isKept: fc.boolean(),
      }),
    ) as fc.Arbitrary<Step>,
    list: fc.array(tie('step'), { maxLength, depthIdentifier: 'savepoint' }),
  }));
  return list;
}

async function run(dataSource: DataSource, all: readonly Step[]): Promise<void> {
  await dataSource.transaction((manager) => runIn(manager, all));
}

async function runIn(manager: EntityManager, all: readonly Step[]): Promise<void> {
  for (const step of all)
    if (step.kind === 'savepoint')
      await manager
        .transaction(async (inner) => {
          await runIn(inner, step.steps);
          if (!step.isKept) throw new UndoneError();
        })
        .catch((error: unknown) => {
          if (!(error instanceof UndoneError)) throw error;
        });
    else if (step.kind === 'all')
      await manager.update(Item, { id: MoreThan(0) }, { name: step.name });
    else if (step.kind === 'drop') await manager.delete(Item, step.id);
    else if (step.kind === 'rename') await manager.update(Item, step.id, { name: step.name });
    else await manager.save(Object.assign(new Item(), { id: step.id, name: step.name }));
}

class UndoneError extends Error {}

type Rows = ReadonlyMap<number, string>;

async function rowsOf(dataSource: DataSource): Promise<Rows> {
  const rows = await dataSource.query<{ id: number; name: string }[]>('SELECT id, name FROM item');
  return new Map(rows.map(({ id, name }) => [id, name]));
}

/** The plain model: what must be told of rows that were and are these. */
function differences(before: Rows, after: Rows): string[] {
  const ids = new Set([...before.keys(), ...after.keys()]);
  return [...ids].flatMap((id) => {
    const [was, is] = [before.get(id), after.get(id)];
    if (was === is) return [];
    if (was === undefined) return [`insert ${id} ${is}`];
    return [is === undefined ? `remove ${id} ${was}` : `update ${id} ${was}>${is}`];
  });
}

function summary({ operation, data, previous }: Awaited<ReturnType<typeof storedEvents>>[number]) {
  const name = previous ? `${previous.name}>${data.name}` : data.name;
  return `${operation} ${data.id} ${name}`;
}

async function failing(manager: EntityManager, writes: readonly Write[]): Promise<void> {
  await manager
    .transaction(async (inner) => {
      for (const write of writes) await write(inner);
      throw new UndoneError();
    })
    .catch(() => undefined);
}

async function clear(dataSource: DataSource): Promise<void> {
  await dataSource.query('DELETE FROM item_labels_label');
  await dataSource.query('DELETE FROM item');
  if (dataSource.hasMetadata(Marked)) await dataSource.query('DELETE FROM marked');
  await dataSource.query('TRUNCATE model_hook_event');
}
