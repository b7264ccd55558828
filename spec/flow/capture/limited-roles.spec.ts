import { type EntityManager, EntitySchema } from 'typeorm';
import { ModelHook } from '../../../lib';
import { ReceivingFlow } from '../../support/application/receiving-flow';

interface Item {
  readonly id: number;
  readonly label: string;
}

const TABLES = ['insert_only', 'unseen', 'keyless', 'partly', 'delete_only'] as const;
const entities = TABLES.map((name) => {
  const schema = new EntitySchema<Item>({
    name,
    tableName: name,
    columns: {
      id: { type: 'int', primary: true },
      label: { type: 'varchar', nullable: true },
      other: { type: 'varchar', nullable: true },
    } as never,
  });
  ModelHook({ provides: ['label', 'other'] } as never)(schema as never);
  return schema;
});

interface Owner {
  readonly id: number;
  readonly name: string;
}

/** A table that refers to one that the role may not read, and to one in a schema that it may not use. */
const owners = ['hidden', 'private.far'].map((path) => {
  const [name = '', schema] = path.split('.').reverse();
  return new EntitySchema<Owner>({
    name,
    tableName: name,
    ...(schema && { schema }),
    columns: { id: { type: 'int', primary: true }, name: { type: 'varchar' } },
  });
});
const owned = new EntitySchema({
  name: 'owned',
  tableName: 'owned',
  columns: { id: { type: 'int', primary: true } },
  relations: {
    hidden: { type: 'many-to-one', target: 'hidden' },
    far: { type: 'many-to-one', target: 'far' },
  },
} as never);
ModelHook({ provides: ['id', 'hidden.id', 'hidden.name', 'far.name'] } as never)(owned as never);

const error = jest.fn();
const logger = { debug: jest.fn(), info: jest.fn(), warn: jest.fn(), error };
const role = `limited_${process.pid}`;

let flow: ReceivingFlow;
beforeAll(async () => {
  const all = [...entities, ...owners, owned];
  flow = await ReceivingFlow.start({ entities: all as never, attach: { logger } });
  await flow.query(`
    CREATE ROLE ${role};
    GRANT ALL ON ALL TABLES IN SCHEMA public TO ${role};
    GRANT ALL ON ALL SEQUENCES IN SCHEMA public TO ${role};
    ALTER TABLE insert_only ENABLE ROW LEVEL SECURITY;
    CREATE POLICY insert_only_insert ON insert_only FOR INSERT WITH CHECK (true);
    REVOKE ALL ON unseen, keyless, partly, delete_only FROM ${role};
    GRANT INSERT ON unseen, keyless, partly TO ${role};
    GRANT SELECT (label) ON keyless TO ${role};
    GRANT SELECT (id, label) ON partly TO ${role};
    GRANT SELECT, DELETE ON delete_only TO ${role};
    REVOKE ALL ON hidden FROM ${role};
    INSERT INTO hidden VALUES (1, 'one');
    INSERT INTO private.far VALUES (1, 'one');
    INSERT INTO delete_only VALUES (1, 'one', 'x')`);
});
afterAll(async () => {
  await flow.query(`DROP OWNED BY ${role}; DROP ROLE ${role}`);
  await flow.stop();
});
beforeEach(async () => {
  await flow.forget();
  error.mockClear();
});

function limited<T>(write: (manager: EntityManager) => Promise<T>): Promise<T> {
  return flow.dataSource.transaction(async (manager) => {
    await manager.query(`SET LOCAL ROLE ${role}`);
    return write(manager);
  });
}

const stored = (table: string) => flow.query(`SELECT label FROM ${table}`);

describe('a role with few rights', () => {
  // TypeORM looks a row with a key up first, which the role may not, so the key comes from the database.
  it.each(['insert_only', 'unseen', 'keyless'] as const)(
    'A row that the role may insert and not read is stored in %s, and an error names the entity',
    async (table) => {
      await flow.query(`ALTER TABLE ${table} ALTER id SET DEFAULT 1`);
      await limited((manager) => manager.save(table, { label: 'one' }, { reload: false }));
      expect(await stored(table)).toEqual([{ label: 'one' }]);
      expect(await flow.received()).toEqual([]);
      expect(error).toHaveBeenCalledWith(expect.stringContaining(table), {
        entity: table,
        operation: 'insert',
      });
    },
  );

  it('An event has the columns that the role may read', async () => {
    await flow.query('ALTER TABLE partly ALTER id SET DEFAULT 1');
    await limited((manager) =>
      manager.save('partly', { label: 'one', other: 'x' }, { reload: false }),
    );
    expect((await flow.received()).map(({ data }) => data)).toEqual([{ label: 'one' }]);
    expect(error).toHaveBeenCalledWith(expect.stringContaining('provides other of partly'), {
      entity: 'partly',
      hook: 'partly',
    });
  });

  it('A row that the role may delete and not lock is removed, and has its event', async () => {
    await limited((manager) => manager.remove('delete_only', [{ id: 1, label: 'one' }]));
    expect(await stored('delete_only')).toEqual([]);
    expect((await flow.received()).map(({ event }) => event)).toEqual(['delete_only.removed']);
  });

  it('An event leaves out the fields of related tables that the role may not read', async () => {
    await limited((manager) => manager.save('owned', { id: 1, hidden: { id: 1 }, far: { id: 1 } }));
    expect((await flow.received()).map(({ data }) => data)).toEqual([{ id: 1, hidden: { id: 1 } }]);
    expect(error).toHaveBeenCalledWith(
      expect.stringContaining('provides hidden.name, far.name of owned'),
      { entity: 'owned', hook: 'owned' },
    );
  });
});
