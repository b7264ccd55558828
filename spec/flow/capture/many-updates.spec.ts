import { EntitySchema } from 'typeorm';
import { ModelHook } from '../../../lib';
import { ReceivingFlow } from '../../support/application/receiving-flow';

interface Row {
  readonly label: string;
  readonly other?: string;
}

const COLUMNS = {
  label: { type: 'varchar' },
  other: { type: 'varchar', nullable: true },
  full: {
    type: 'varchar',
    generatedType: 'STORED',
    asExpression: "label || '!'",
    nullable: true,
    insert: false,
    update: false,
  },
} as const;

/** Keys of several kinds. */
const KEYS = {
  number: { id: { type: 'int', primary: true, generated: true } },
  composite: { a: { type: 'int', primary: true }, b: { type: 'varchar', primary: true } },
  moment: { at: { type: 'timestamptz', primary: true } },
  objects: {
    id: {
      type: 'varchar',
      primary: true,
      transformer: {
        to: (value: { text: string }) => value?.text,
        from: (text: string) => ({ text }),
      },
    },
  },
} as const;

const entities = Object.entries(KEYS).map(([name, key]) => {
  const schema = new EntitySchema({ name, columns: { ...key, ...COLUMNS } } as never);
  ModelHook({ provides: ['label', 'full'] } as never)(schema);
  ModelHook({
    name: `${name}_exact`,
    provides: ['label'],
    exactPrevious: name === 'number',
  } as never)(schema);
  return schema;
});

const keyOf = (name: string, n: number): object => {
  if (name === 'number') return {};
  if (name === 'composite') return { a: n, b: `b${n}` };
  return name === 'moment' ? { at: new Date(n) } : { id: { text: `t${n}` } };
};

let flow: ReceivingFlow;
beforeAll(async () => {
  flow = await ReceivingFlow.start({ entities: entities as never });
});
afterAll(() => flow.stop());
beforeEach(() => flow.forget());

async function savedRows(name: string, count: number): Promise<Row[]> {
  const rows = Array.from({ length: count }, (_, n) => ({ ...keyOf(name, n), label: `l${n}` }));
  await flow.dataSource.query(`TRUNCATE "${name}"`);
  await flow.dataSource.getRepository<Row>(name).save(rows);
  await flow.forget();
  return flow.dataSource.getRepository<Row>(name).find({ order: { label: 'ASC' } });
}

const told = async (hook: string) =>
  (await flow.received())
    .filter(({ event }) => event.startsWith(`${hook}.`))
    .map(({ event, data, previous }) => [event, data.label, previous?.label ?? null]);

describe('a save() of many rows', () => {
  it.each(Object.keys(KEYS))(
    'Each changed row with a key of kind "%s" has one event with its values before and after',
    async (name) => {
      const rows = await savedRows(name, 20);
      const changed = rows.map((row, n) =>
        n % 2 === 0 ? { ...row, label: `${row.label}+` } : row,
      );
      await flow.dataSource.getRepository<Row>(name).save(changed);
      const expected = rows
        .filter((_, n) => n % 2 === 0)
        .map(({ label }) => [`${name}.updated`, `${label}+`, label]);
      expect(await told(name)).toEqual(expected);
      const received = await flow.received();
      expect(
        received.every(({ data, previous }) => !('full' in data) || data.full !== previous?.full),
      ).toBe(true);
    },
  );

  it('A row that another transaction removes in between has no event', async () => {
    const rows = await savedRows('number', 12);
    const { manager, subscribers } = flow.dataSource;
    const intruder = {
      beforeTransactionStart: async () => {
        subscribers.splice(subscribers.indexOf(intruder), 1);
        await flow.dataSource.query(`DELETE FROM "number" WHERE label = 'l0'`);
      },
    };
    subscribers.push(intruder);
    await manager.save(
      'number',
      rows.map((row) => ({ ...row, label: `${row.label}+` })),
    );
    const labels = (await told('number')).map(([, label]) => label);
    expect(labels).toHaveLength(11);
    expect(labels).not.toContain('l0+');
  });

  it('The previous values are those that another transaction committed in between', async () => {
    const rows = await savedRows('number', 12);
    const { manager, subscribers } = flow.dataSource;
    const intruder = {
      beforeTransactionStart: async () => {
        subscribers.splice(subscribers.indexOf(intruder), 1);
        await flow.dataSource.query(`UPDATE "number" SET label = 'theirs' WHERE label = 'l0'`);
      },
    };
    subscribers.push(intruder);
    await manager.save(
      'number',
      rows.map((row) => ({ ...row, label: `${row.label}+` })),
    );
    expect(await told('number_exact')).toContainEqual(['number_exact.updated', 'l0+', 'theirs']);
  });

  it('A caller that catches the error of a subscriber and commits has the events of the written rows', async () => {
    const rows = await savedRows('number', 12);
    const { subscribers } = flow.dataSource;
    const failing = {
      afterUpdate: () => {
        throw new Error('a subscriber failed');
      },
    };
    subscribers.push(failing);
    await flow.dataSource.transaction(async (manager) => {
      const saving = manager.save(
        'number',
        rows.map((row) => ({ ...row, label: `${row.label}+` })),
      );
      await expect(saving).rejects.toThrow('a subscriber failed');
    });
    subscribers.splice(subscribers.indexOf(failing), 1);
    expect(await told('number')).toHaveLength(12);
  });
});
