import { EntitySchema } from 'typeorm';
import { ModelHook } from '../../../lib';
import { ReceivingFlow } from '../../support/application/receiving-flow';

const ID = { type: 'int', primary: true } as const;
const TEXT = { type: 'varchar', nullable: true } as const;

/** Classes whose tables the spec creates itself, by the names of the tables. */
const SQL: Readonly<Record<string, string>> = {
  grouped: `
    CREATE TABLE grouped_base (id int, label varchar);
    CREATE VIEW grouped AS SELECT id, max(label) AS label FROM grouped_base GROUP BY id;
    CREATE FUNCTION grouped_write() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
      IF TG_OP = 'INSERT' THEN INSERT INTO grouped_base VALUES (NEW.id, NEW.label);
      ELSIF TG_OP = 'UPDATE' THEN UPDATE grouped_base SET label = NEW.label WHERE id = OLD.id;
      ELSE DELETE FROM grouped_base WHERE id = OLD.id; RETURN OLD; END IF;
      RETURN NEW; END $$;
    CREATE TRIGGER grouped_write INSTEAD OF INSERT OR UPDATE OR DELETE ON grouped
      FOR EACH ROW EXECUTE FUNCTION grouped_write();`,
  simple_view: `
    CREATE TABLE simple_base (id int PRIMARY KEY, label varchar);
    CREATE VIEW simple_view AS SELECT * FROM simple_base;`,
  ruled: `
    CREATE TABLE ruled_base (id int PRIMARY KEY, label varchar);
    CREATE VIEW ruled AS SELECT DISTINCT id, label FROM ruled_base;
    CREATE RULE ruled_insert AS ON INSERT TO ruled DO INSTEAD INSERT INTO ruled_base VALUES (NEW.id, NEW.label);
    CREATE RULE ruled_update AS ON UPDATE TO ruled DO INSTEAD UPDATE ruled_base SET label = NEW.label WHERE id = OLD.id;
    CREATE RULE ruled_delete AS ON DELETE TO ruled DO INSTEAD DELETE FROM ruled_base WHERE id = OLD.id;`,
  also_ruled: `
    CREATE TABLE also_ruled (id int PRIMARY KEY, label varchar);
    CREATE TABLE also_ruled_copy (id int, label varchar);
    CREATE RULE also_insert AS ON INSERT TO also_ruled DO ALSO INSERT INTO also_ruled_copy VALUES (NEW.id, NEW.label);
    CREATE RULE also_update AS ON UPDATE TO also_ruled DO ALSO UPDATE also_ruled_copy SET label = NEW.label;`,
  parted: `
    CREATE TABLE parted (id int, label varchar, PRIMARY KEY (id)) PARTITION BY HASH (id);
    CREATE TABLE parted_0 PARTITION OF parted FOR VALUES WITH (MODULUS 2, REMAINDER 0);
    CREATE TABLE parted_1 PARTITION OF parted FOR VALUES WITH (MODULUS 2, REMAINDER 1);`,
  other_type: `
    CREATE TYPE other_key AS ENUM ('1', '2');
    CREATE DOMAIN other_label AS varchar CHECK (VALUE <> '');
    CREATE TABLE other_type (id other_key PRIMARY KEY, label other_label);`,
  other_domain: `
    CREATE DOMAIN other_id AS int CHECK (VALUE > 0);
    CREATE TABLE other_domain (id other_id PRIMARY KEY, label text);`,
  other_uuid: 'CREATE TABLE other_uuid (id uuid PRIMARY KEY, label varchar);',
  lacking: 'CREATE TABLE lacking (id int PRIMARY KEY, label varchar);',
};
/** Keys whose type the class declares as another one than the table has. */
const keyOf = (name: string) =>
  /type|uuid/.test(name) ? ({ type: 'varchar', primary: true } as const) : ID;
const idOf = (name: string) => {
  if (name === 'other_uuid') return '6f9619ff-8b86-d011-b42d-00c04fc964ff';
  return name === 'other_type' ? '1' : 1;
};
const HIDDEN = { type: 'varchar', select: false, insert: false, update: false } as const;
const entities = Object.keys(SQL).map((name) => {
  const schema = new EntitySchema({
    name,
    tableName: name,
    synchronize: false,
    columns: { id: keyOf(name), label: TEXT, ...(name === 'lacking' && { hidden: HIDDEN }) },
  } as never);
  ModelHook({ provides: ['label'] })(schema);
  const compute = { loud: (row: { readonly label: string }) => `${row.label}!` };
  ModelHook({ name: `${name}_computing`, provides: ['label'], compute } as never)(schema);
  ModelHook({ name: `${name}_exact`, provides: ['label'], exactPrevious: true })(schema);
  return schema;
});
/** A trigger changes the key and another column of each row that is inserted, and a column of each row that is updated. */
const Stamped = new EntitySchema({
  name: 'stamped',
  columns: {
    id: ID,
    label: TEXT,
    stamp: TEXT,
    full: { ...TEXT, generatedType: 'STORED', asExpression: `coalesce(label, '') || '.'` },
    kept: { type: 'varchar', nullable: true, insert: false, update: false },
  },
} as never);
ModelHook({ name: 'stamped', provides: ['stamp'] })(Stamped);
ModelHook({ name: 'full', provides: ['full'] })(Stamped);
ModelHook({ name: 'exactFull', provides: ['full'], exactPrevious: true })(Stamped);
ModelHook({ name: 'both', provides: ['label', 'full'] })(Stamped);

const Generated = new EntitySchema({
  name: 'generated',
  columns: {
    id: ID,
    label: TEXT,
    other: TEXT,
    full: { ...TEXT, generatedType: 'STORED', asExpression: `coalesce(label, '') || '.'` },
  },
} as never);
ModelHook({ name: 'generated', provides: ['full'] })(Generated);
ModelHook({ name: 'generatedExact', provides: ['full'], exactPrevious: true })(Generated);
ModelHook({ name: 'generatedBoth', provides: ['label', 'full'] })(Generated);

const error = jest.fn();
const logger = { debug: jest.fn(), info: jest.fn(), warn: jest.fn(), error };

let flow: ReceivingFlow;
beforeAll(async () => {
  flow = await ReceivingFlow.start({
    entities: [...entities, Stamped, Generated] as never,
    attach: { logger },
  });
  for (const sql of Object.values(SQL)) await flow.query(sql);
  await flow.query(`
    CREATE FUNCTION stamp() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
      IF TG_OP = 'INSERT' THEN NEW.id := NEW.id + 1000; END IF;
      NEW.stamp := coalesce(OLD.stamp, '') || '+'; RETURN NEW; END $$;
    CREATE TRIGGER stamp BEFORE INSERT OR UPDATE ON stamped FOR EACH ROW EXECUTE FUNCTION stamp();`);
});
afterAll(() => flow.stop());
beforeEach(async () => {
  await flow.forget();
  error.mockClear();
});

const seen = async () =>
  (await flow.received())
    .map(({ event, data, previous }) => [event, data.label, previous?.label ?? null])
    .sort();

describe('a table of an unusual kind', () => {
  it('The writes to a view with rules pass as they do without hooks, and errors name the entity', async () => {
    const repository = flow.dataSource.getRepository('ruled');
    await repository.save({ id: 1, label: 'one' });
    await repository.delete({ label: 'one' });
    expect(await repository.count()).toBe(0);
    expect(await seen()).toEqual([]);
    expect(error.mock.calls.map(([, facts]) => facts)).toEqual([
      { entity: 'ruled', operation: 'insert' },
      { entity: 'ruled', operation: 'remove' },
    ]);
  });

  it.each(Object.keys(SQL).filter((name) => name !== 'ruled'))(
    'The writes to %s pass as they do without hooks, and each has its events',
    async (name) => {
      const repository = flow.dataSource.getRepository(name);
      const id = idOf(name);
      await repository.save({ id, label: 'one' });
      await repository.save({ id, label: 'two' });
      await repository.remove(await repository.findOneByOrFail({ id }));
      expect(await repository.count()).toBe(0);
      expect(await seen()).toEqual(
        [name, `${name}_computing`, `${name}_exact`]
          .flatMap((hook) => [
            [`${hook}.created`, 'one', null],
            [`${hook}.removed`, 'two', null],
            [`${hook}.updated`, 'two', 'one'],
          ])
          .sort(),
      );
      expect(error).not.toHaveBeenCalled();
    },
  );
});

describe('columns that the database sets', () => {
  it('A row whose key a trigger changes has its events', async () => {
    await flow.dataSource.getRepository('stamped').save({ id: 1, label: 'one' });
    const created = await flow.received();
    expect(created.map(({ event }) => event).sort()).toEqual([
      'both.created',
      'exactFull.created',
      'full.created',
      'stamped.created',
    ]);
    expect(error).not.toHaveBeenCalled();
  });

  it('A column that a trigger changes beside the saved one has its old and its new value', async () => {
    await flow.query(`INSERT INTO stamped (id, label) VALUES (2, 'one')`);
    await flow.dataSource.getRepository('stamped').save({ id: 1002, label: 'two' });
    const updated = (await flow.received()).find(({ event }) => event === 'stamped.updated');
    expect(updated).toMatchObject({ data: { stamp: '++' }, previous: { stamp: '+' } });
    expect(updated?.changed).toEqual(['stamp']);
  });

  it('A generated column has its old and its new value when its base column is saved', async () => {
    const repository = flow.dataSource.getRepository('generated');
    await repository.save({ id: 1, label: 'one', other: 'x' });
    await flow.forget();
    await repository.save({ id: 1, label: 'two' });
    await repository.save({ id: 1, other: 'y' });
    const updated = await flow.received();
    expect(updated.map(({ event, changed }) => [event, changed]).sort()).toEqual([
      ['generated.updated', ['full']],
      ['generatedBoth.updated', ['label', 'full']],
      ['generatedExact.updated', ['full']],
    ]);
    for (const { data, previous } of updated)
      expect([data.full, previous?.full]).toEqual(['two.', 'one.']);
  });
});
