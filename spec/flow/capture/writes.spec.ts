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
  statements.seen.filter((sql) => /INSERT INTO "?\S*model_hook_event/.test(sql));

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
  const written = async () =>
    (await flow.received()).map(({ event, data, previous }) => [event, data, previous]);

  it('A write by criteria has an event for each row that it changes', async () => {
    const { manager } = flow.dataSource;
    await manager.insert(Other, [{ title: 'a' }, { title: 'b' }, { title: 'c' }]);
    await manager.update(Other, [{ title: 'a' }, { title: 'b' }], { title: 'd' });
    await manager.update(Other, { title: 'd' }, { title: 'd' });
    await manager.delete(Other, { title: 'd' });
    expect(await written()).toEqual([
      ['other.created', { title: 'a' }, null],
      ['other.created', { title: 'b' }, null],
      ['other.created', { title: 'c' }, null],
      ['other.updated', { title: 'd' }, { title: 'a' }],
      ['other.updated', { title: 'd' }, { title: 'b' }],
      ['other.removed', { title: 'd' }, null],
      ['other.removed', { title: 'd' }, null],
    ]);
    expect(warn).not.toHaveBeenCalled();
  });

  it('A write by criteria stores its events in the same statement', async () => {
    const { manager } = flow.dataSource;
    await manager.insert(Other, [{ title: 'a' }, { title: 'b' }]);
    await manager.update(Other, { title: 'a' }, { title: 'b' });
    await manager.delete(Other, { title: 'b' });
    expect(statements.seen).toHaveLength(3);
  });

  it('A function of a hook sees the rows that a write by criteria changes', async () => {
    const { manager } = flow.dataSource;
    await manager.insert(Note, [{ title: 'a' }, { title: 'b' }]);
    await manager.update(Note, { title: 'a' }, { title: 'c' });
    const told = (await written()).filter(([event]) => String(event).startsWith('computing'));
    expect(told).toEqual([
      ['computing.created', { title: 'a', shout: 'a' }, null],
      ['computing.created', { title: 'b', shout: 'b' }, null],
      ['computing.updated', { title: 'c', shout: 'c' }, { title: 'a', shout: 'a' }],
    ]);
  });

  it.each([
    ['ignore', 0],
    ['warn', 1],
  ] as const)(
    "A write by criteria under 'criteria: %s' has no event and %i warning",
    async (mode, warnings) => {
      const { manager } = flow.dataSource;
      await flow.hooks.criteria(mode, async () => {
        await manager.insert(Other, { title: 'a' });
        await manager.insert(Other, { title: 'b' });
      });
      await manager.save(Other, { title: 'saved' });
      expect(await written()).toEqual([['other.created', { title: 'saved' }, null]]);
      expect(warn).toHaveBeenCalledTimes(warnings);
    },
  );

  it("A write by criteria under 'criteria: refuse' is rejected, and save() works", async () => {
    const { manager } = flow.dataSource;
    await flow.hooks.criteria('refuse', async () => {
      await expect(manager.update(Other, { title: 'a' }, { title: 'b' })).rejects.toMatchObject({
        code: 'CRITERIA_REFUSED',
        hook: 'other',
        entity: 'Other',
      });
      await manager.insert(Plain, { title: 'x' });
      await manager.save(Other, { title: 'saved' });
    });
    expect(await written()).toEqual([['other.created', { title: 'saved' }, null]]);
  });

  it('clear() is warned of once', async () => {
    const { manager } = flow.dataSource;
    await manager.clear(Other);
    await manager.clear(Other);
    expect(warn.mock.calls.map(([, facts]) => facts)).toEqual([
      { entity: 'Other', operation: 'remove' },
    ]);
  });

  it('The events of a write by criteria in a transaction that is rolled back are gone', async () => {
    const { manager } = flow.dataSource;
    const rolledBack = manager.transaction(async (own) => {
      await own.insert(Other, { title: 'a' });
      throw new Error('undone');
    });
    await expect(rolledBack).rejects.toThrow('undone');
    expect(await flow.stored()).toEqual([]);
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
