import {
  Column,
  type DataSource,
  DeleteDateColumn,
  Entity,
  type Logger,
  PrimaryGeneratedColumn,
} from 'typeorm';
import { ModelHook } from '../../../lib';
import { newDataSource } from '../../support/application/application';
import { ReceivingFlow } from '../../support/application/receiving-flow';

@Entity()
@ModelHook({ provides: ['title', 'rank'] })
@ModelHook({ name: 'computing', provides: ['title'], compute: { shout: (row: Note) => row.title } })
@ModelHook({ name: 'exact', provides: ['title'], exactPrevious: true })
class Note {
  @PrimaryGeneratedColumn()
  id!: number;

  @Column({ type: 'varchar', unique: true })
  title!: string;

  @Column({ type: 'int', default: 0 })
  rank!: number;

  @DeleteDateColumn({ type: 'timestamptz' })
  deletedAt!: Date | null;
}

@Entity()
@ModelHook({ provides: ['title'] })
class Other {
  @PrimaryGeneratedColumn()
  id!: number;

  @Column({ type: 'varchar' })
  title!: string;
}

/** No hook is declared for it. */
@Entity()
class Plain {
  @PrimaryGeneratedColumn()
  id!: number;

  @Column({ type: 'varchar' })
  title!: string;

  @DeleteDateColumn({ type: 'timestamptz' })
  deletedAt!: Date | null;
}

/** Keeps the statements that TypeORM's logger is told of. */
class Statements implements Logger {
  readonly seen: string[] = [];

  logQuery(query: string): void {
    this.seen.push(query);
  }

  logQueryError(): void {}
  logQuerySlow(): void {}
  logSchemaBuild(): void {}
  logMigration(): void {}
  log(): void {}
}

const ENTITIES = [Note, Other, Plain];
const statements = new Statements();
const warn = jest.fn();
const logger = { debug: jest.fn(), info: jest.fn(), warn, error: jest.fn() };

let flow: ReceivingFlow;
beforeAll(async () => {
  flow = await ReceivingFlow.start({
    entities: ENTITIES,
    attach: { logger },
    dataSource: { logging: ['query'], logger: statements },
  });
});
afterAll(() => flow.stop());
beforeEach(async () => {
  await flow.dataSource.query('TRUNCATE note, other, plain');
  await flow.forget();
  warn.mockClear();
  statements.seen.length = 0;
});

const outboxInserts = () =>
  statements.seen.filter((sql) => /^INSERT INTO "?\S*model_hook_event/.test(sql));

function titled<T extends Note | Other>(entity: new () => T, count: number, prefix = 'n'): T[] {
  return Array.from({ length: count }, (_, n) =>
    Object.assign(new entity(), { title: `${prefix}${n}` }),
  );
}

describe('a save()', () => {
  it('One save() writes all of its events in one INSERT', async () => {
    const { manager } = flow.dataSource;
    await manager.save([...titled(Note, 30), ...titled(Other, 20)]);
    expect(outboxInserts()).toHaveLength(1);
    expect(await flow.stored()).toHaveLength(3 * 30 + 20);
    expect(await flow.received()).toHaveLength(3 * 30 + 20);
  });

  it.each([
    ['save', (notes: Note[]) => flow.dataSource.manager.save(notes)],
    ['softRemove', (notes: Note[]) => flow.dataSource.manager.softRemove(notes)],
    ['recover', (notes: Note[]) => flow.dataSource.manager.recover(notes)],
    ['remove', (notes: Note[]) => flow.dataSource.manager.remove(notes)],
  ] as const)(
    'The events of stored rows are written in one INSERT by %s()',
    async (name, write) => {
      const { manager } = flow.dataSource;
      const notes = await manager.save(titled(Note, 25));
      if (name === 'recover') await manager.softRemove(notes);
      await flow.forget();
      statements.seen.length = 0;
      await write(notes.map((note) => Object.assign(note, { title: `${note.title}!` })));
      expect(outboxInserts()).toHaveLength(1);
      expect(await flow.stored()).toHaveLength(3 * 25);
    },
  );

  it('A save() with `chunk` writes one INSERT for each part', async () => {
    await flow.dataSource.manager.save(titled(Other, 25), { chunk: 10 });
    expect(outboxInserts()).toHaveLength(3);
    expect(await flow.received()).toHaveLength(25);
  });

  it('Each of the stacked hooks has one event for the row', async () => {
    await flow.dataSource.manager.save(titled(Note, 1));
    const told = await flow.received();
    expect(told.map(({ event, data }) => [event, data]).sort()).toEqual([
      ['computing.created', { title: 'n0', shout: 'n0' }],
      ['exact.created', { title: 'n0' }],
      ['note.created', { title: 'n0', rank: 0 }],
    ]);
  });
});

describe('silence', () => {
  it('Only the writes inside a silence() block have no events', async () => {
    const { manager } = flow.dataSource;
    const loud = manager.save(titled(Other, 1, 'loud'));
    const [seed] = await flow.hooks.silence(async () => {
      const seeds = await manager.save(titled(Other, 2, 'seed'));
      await manager.save(Object.assign(seeds[1]!, { title: 'changed' }));
      await manager.remove(seeds[1]!);
      return seeds;
    });
    await loud;
    await manager.save(Object.assign(seed!, { title: 'loud again' }));
    const told = await flow.received();
    expect(told.map(({ event, data }) => [event, data.title])).toEqual([
      ['other.created', 'loud0'],
      ['other.updated', 'loud again'],
    ]);
    expect(await flow.stored()).toHaveLength(2);
  });
});

describe('a write by criteria', () => {
  const WRITES: Readonly<
    Record<string, readonly ((manager: DataSource['manager']) => Promise<unknown>)[]>
  > = {
    insert: [
      (manager) => manager.insert(Note, { title: 'a' }),
      (manager) => manager.insert(Note, [{ title: 'b' }, { title: 'c' }]),
      (manager) => manager.upsert(Note, { title: 'a', rank: 2 }, ['title']),
      (manager) =>
        manager.createQueryBuilder().insert().into(Note).values({ title: 'd' }).execute(),
    ],
    update: [
      (manager) => manager.update(Note, { title: 'a' }, { rank: 3 }),
      (manager) => manager.increment(Note, { title: 'a' }, 'rank', 1),
      (manager) => manager.decrement(Note, { title: 'a' }, 'rank', 1),
      (manager) => manager.createQueryBuilder().update(Note).set({ rank: 9 }).execute(),
    ],
    softRemove: [
      (manager) => manager.softDelete(Note, { title: 'a' }),
      (manager) => manager.createQueryBuilder().softDelete().from(Note).execute(),
    ],
    recover: [
      (manager) => manager.restore(Note, { title: 'a' }),
      (manager) => manager.createQueryBuilder().restore().from(Note).execute(),
    ],
    remove: [
      (manager) => manager.delete(Note, { title: 'a' }),
      (manager) => manager.createQueryBuilder().delete().from(Note).execute(),
    ],
  };

  it.each(['by itself', 'in a transaction'])(
    'A write by criteria has no event and is warned about once for each entity and operation, %s',
    async (where) => {
      // Whatever was warned of before is warned of again.
      await flow.dataSource.destroy();
      const { manager } = await flow.dataSource.initialize();
      for (const write of Object.values(WRITES).flat())
        await (where === 'by itself' ? write(manager) : manager.transaction(write));
      await manager.insert(Other, { title: 'x' });
      await manager.insert(Plain, { title: 'x' });
      expect(await flow.stored()).toEqual([]);
      expect(warn.mock.calls.map(([, facts]) => facts)).toEqual([
        ...Object.keys(WRITES).map((operation) => ({ entity: 'Note', operation })),
        { entity: 'Other', operation: 'insert' },
      ]);
      expect(warn.mock.calls[0]?.[0]).toMatch(/Note.*save\(\)/);
    },
  );

  it('A write by criteria does not prevent events of a later save()', async () => {
    const { manager } = flow.dataSource;
    await manager.insert(Other, { title: 'inserted' });
    const other = await manager.findOneByOrFail(Other, { title: 'inserted' });
    await manager.save(Object.assign(other, { title: 'saved' }));
    expect(await flow.received()).toMatchObject([
      { event: 'other.updated', data: { title: 'saved' }, previous: { title: 'inserted' } },
    ]);
  });
});

describe('an entity without a hook', () => {
  it('An entity without a hook costs no additional statement', async () => {
    const alone = new Statements();
    const plain = newDataSource(flow.url, {
      entities: ENTITIES,
      dataSource: { logging: ['query'], logger: alone },
    });
    await plain.initialize();
    await flow.hooks.detach();
    for (const one of [alone, statements]) one.seen.length = 0;
    await writeEverything(plain);
    await writeEverything(flow.dataSource);
    await plain.destroy();
    expect(alone.seen.length).toBeGreaterThan(10);
    expect(statements.seen).toEqual(alone.seen);
  });
});

async function writeEverything({ manager }: DataSource): Promise<void> {
  const rows = await manager.save(Plain, [{ title: 'a' }, { title: 'b' }] as Plain[]);
  await manager.save(Plain, { ...rows[0]!, title: 'c' });
  await manager.softRemove(Plain, rows);
  await manager.recover(Plain, rows);
  await manager.remove(Plain, rows);
  await manager.insert(Plain, { title: 'd' });
  await manager.update(Plain, { title: 'd' }, { title: 'e' });
  await manager.delete(Plain, { title: 'e' });
}
