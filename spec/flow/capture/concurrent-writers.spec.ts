import { Column, type DataSource, Entity, type EntityManager, In, PrimaryColumn } from 'typeorm';
import { ModelHook, ModelHooks } from '../../../lib';
import { newDataSource, specOptions } from '../../support/application/application';
import { createDatabase } from '../../support/application/database';
import { auditedChanges, installAudit } from '../../support/capture/audit';
import type { CaptureName } from '../../support/capture/every-write';
import { storedEvents } from '../../support/capture/stored-events';
import type { Told, Values } from '../../support/capture/truth';

@Entity()
@ModelHook({ name: 'read', provides: ['id', 'count', 'label'] })
@ModelHook({ name: 'exact', provides: ['id', 'count', 'label'], exactPrevious: true })
class Counter {
  @PrimaryColumn({ type: 'int' })
  id!: number;

  @Column({ type: 'int' })
  count!: number;

  @Column({ type: 'varchar' })
  label!: string;
}

const ROWS = [1, 2, 3];
const WRITERS = 8;
const TURNS = 6;
const RETRIED = ['40001', '40P01'];
const ISOLATIONS = ['READ COMMITTED', 'REPEATABLE READ', 'SERIALIZABLE'] as const;

type Isolation = (typeof ISOLATIONS)[number];

/** Writes of one transaction. Each changes what is provided, and no two make the same row. */
const WRITES: readonly ((m: EntityManager, row: number, label: string) => Promise<unknown>)[] = [
  (m, row) => m.increment(Counter, { id: row }, 'count', 1),
  (m, row, label) => m.save(Counter, { id: row, label }),
  (m) => m.update(Counter, { id: In(ROWS) }, { count: () => 'count + 1' }),
  async (m, row, label) => {
    await m.update(Counter, row, { label });
    await m.save(Counter, { id: (row % ROWS.length) + 1, label });
  },
  async (m, row, label) => {
    const counter = await m.findOneByOrFail(Counter, { id: row });
    await m.save(Object.assign(counter, { label }));
    await m.decrement(Counter, { id: row }, 'count', 2);
  },
];

/** Writes until no other transaction is in the way. */
async function write(
  dataSource: DataSource,
  isolation: Isolation,
  turn: { readonly writer: number; readonly n: number },
): Promise<void> {
  const label = `${turn.writer}/${turn.n}`;
  const row = ROWS[(turn.writer + turn.n) % ROWS.length] ?? 1;
  for (;;)
    try {
      await dataSource.transaction(isolation, async (m) => {
        await WRITES[(turn.writer + turn.n) % WRITES.length]?.(m, row, label);
      });
      return;
    } catch (error) {
      if (!RETRIED.includes(String((error as { readonly code?: string }).code))) throw error;
    }
}

async function writeAtOnce(dataSource: DataSource, isolation: Isolation): Promise<void> {
  const writer = async (number: number): Promise<void> => {
    for (let n = 0; n < TURNS; n += 1) await write(dataSource, isolation, { writer: number, n });
  };
  await Promise.all(Array.from({ length: WRITERS }, (_, n) => writer(n)));
}

/** The states of each row: before the first write, and after each. */
async function statesOf(dataSource: DataSource): Promise<Readonly<Record<number, Values[]>>> {
  const states: Record<number, Values[]> = Object.fromEntries(ROWS.map((id) => [id, []]));
  // A row is locked from its change until the commit, so the order of its changes is that of the commits.
  for (const { operation, old, new: now } of await auditedChanges(dataSource)) {
    if (operation !== 'UPDATE' || !now || !old) continue;
    const chain = states[Number(now.id)] ?? [];
    if (chain.length === 0) chain.push(old);
    chain.push(now);
  }
  return states;
}

const inOrder = (told: readonly Told[], hook: string, id: number): readonly Told[] =>
  told.filter((event) => event.hook === hook && event.data.id === id);

describe.each<CaptureName>(['subscribers', 'triggers'])(
  'writers at once, captured by %s',
  (capture) => {
    let dataSource: DataSource;
    let stop: () => Promise<void>;
    beforeAll(async () => {
      const database = await createDatabase();
      const dataSourceOptions = { poolSize: WRITERS + 1 };
      dataSource = newDataSource(database.url, {
        entities: [Counter],
        dataSource: dataSourceOptions,
      });
      await dataSource.initialize();
      await dataSource.runMigrations();
      await dataSource.synchronize();
      await installAudit(dataSource);
      const options = { work: false, capture, installTriggers: capture === 'triggers' };
      await ModelHooks.attach(dataSource, specOptions(options));
      stop = async () => {
        await dataSource.destroy();
        await database.drop();
      };
    });
    afterAll(() => stop?.());
    beforeEach(async () => {
      await dataSource.query('DELETE FROM counter');
      await dataSource.manager.save(
        ROWS.map((id) => Object.assign(new Counter(), { id, count: 0, label: '' })),
      );
      await dataSource.query('DELETE FROM model_hook_event; DELETE FROM audit.change');
    });

    it.each(ISOLATIONS)(
      'The previous and new values of each row form a chain in the order of the commits under %s',
      async (isolation) => {
        await writeAtOnce(dataSource, isolation);
        const told = await storedEvents(dataSource);
        for (const [row, states] of Object.entries(await statesOf(dataSource))) {
          const exact = inOrder(told, 'exact', Number(row));
          expect(states.length).toBeGreaterThan(WRITERS);
          expect(exact.map(({ data }) => data)).toEqual(states.slice(1));
          expect(exact.map(({ previous }) => previous)).toEqual(states.slice(0, -1));
        }
      },
    );

    it.each(ISOLATIONS)(
      'Without `exactPrevious`, each change has an event in the order of the commits, with a value that the row had before, under %s',
      async (isolation) => {
        await writeAtOnce(dataSource, isolation);
        const told = await storedEvents(dataSource);
        for (const [row, states] of Object.entries(await statesOf(dataSource))) {
          const read = inOrder(told, 'read', Number(row));
          expect(read.map(({ data }) => data)).toEqual(states.slice(1));
          for (const [n, { previous }] of read.entries())
            expect(
              capture === 'triggers' ? states.slice(n, n + 1) : states.slice(0, n + 1),
            ).toContainEqual(previous);
        }
      },
    );
  },
);
