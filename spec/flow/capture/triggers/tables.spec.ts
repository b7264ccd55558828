import { ChildEntity, Column, Entity, PrimaryColumn, TableInheritance } from 'typeorm';
import { ModelHook } from '../../../../lib';
import type { StoredFlow } from '../../../support/application/stored-flow';
import { startTriggersFlow } from '../../../support/application/triggers-flow';

@Entity()
@TableInheritance({ column: { type: 'varchar', name: 'kind' } })
@ModelHook({ provides: ['name', 'barks'] as never })
@ModelHook({ name: 'named', provides: ['name'], on: 'update' })
class Pet {
  @PrimaryColumn({ type: 'int' })
  id!: number;

  @Column({ type: 'varchar' })
  name!: string;
}

@ChildEntity()
class Hound extends Pet {
  @Column({ type: 'int', nullable: true })
  barks!: number | null;
}

@ChildEntity()
@ModelHook({ name: 'cat', provides: ['name'] })
class Cat extends Pet {}

/** The discriminators of its classes are numbers. */
@Entity()
@TableInheritance({ column: { type: 'int', name: 'kind' } })
class Vehicle {
  @PrimaryColumn({ type: 'int' })
  id!: number;
}

@ChildEntity(0)
@ModelHook({ provides: ['id'] })
class Bike extends Vehicle {}

@ChildEntity(1)
@ModelHook({ provides: ['id'], compute: { name: ({ id }: Car) => `car ${id}` } })
class Car extends Vehicle {}

@Entity()
@ModelHook({ name: 'byTriggers', provides: ['name'], event: 'seen' })
@ModelHook({ name: 'bySubscribers', provides: ['name'], capture: 'subscribers' })
@ModelHook({ name: 'withHeaders', provides: ['name'], headers: { 'x-one': "it's" }, on: 'insert' })
class Both {
  @PrimaryColumn({ type: 'varchar' })
  code!: string;

  @Column({ type: 'varchar' })
  name!: string;
}

@Entity()
@ModelHook({ provides: ['id', 'year', 'name'] })
class Reading {
  @PrimaryColumn({ type: 'int' })
  id!: number;

  @PrimaryColumn({ type: 'int' })
  year!: number;

  @Column({ type: 'varchar' })
  name!: string;
}

@Entity({ name: 'Odd table' })
@ModelHook({ name: "o'dd $model_hook$", provides: ['a b', 'class'] as never })
class Odd {
  @PrimaryColumn({ type: 'citext', name: 'Key 1' } as never)
  key!: string;

  @Column({ type: 'varchar', name: "it's" })
  'a b'!: string;

  @Column({ type: 'tstzrange', nullable: true })
  class!: string | null;
}

let flow: StoredFlow;
beforeAll(async () => {
  flow = await startTriggersFlow({
    entities: [Pet, Hound, Cat, Vehicle, Bike, Car, Both, Reading, Odd],
    dataSource: { installExtensions: true },
  });
  await flow.query(`
    DROP TABLE reading;
    CREATE TABLE reading (id int, year int, name varchar NOT NULL, PRIMARY KEY (id, year)) PARTITION BY RANGE (year);
    CREATE TABLE reading_old PARTITION OF reading FOR VALUES FROM (0) TO (2000);
    CREATE TABLE reading_new (name varchar NOT NULL, year int NOT NULL, id int NOT NULL);
    ALTER TABLE reading ATTACH PARTITION reading_new FOR VALUES FROM (2000) TO (3000)`);
  await flow.hooks.triggers.install();
});
afterAll(() => flow.stop());
beforeEach(() => flow.forget());

async function events(...hooks: readonly string[]): Promise<readonly (readonly unknown[])[]> {
  const stored = await Promise.all(hooks.map((hook) => flow.stored(hook)));
  return stored.flat().map(({ event, data }) => [event, ...Object.values(data)]);
}

describe('triggers, on a table of several classes', () => {
  it('A row makes events of the hooks of its class, with the fields of its class', async () => {
    await flow.query(`INSERT INTO pet (id, name, kind, barks) VALUES
      (1, 'pet', 'Pet', NULL), (2, 'hound', 'Hound', 7), (3, 'cat', 'Cat', NULL)`);
    expect(await events('pet', 'cat')).toEqual([
      ['pet.created', 'pet', null],
      ['pet.created', 'hound', 7],
      ['cat.created', 'cat'],
    ]);
  });

  it('A hook of one operation makes events of that operation only', async () => {
    await flow.query(`UPDATE pet SET name = name || '!'`);
    await flow.query(`UPDATE pet SET id = id + 10 WHERE id = 1`);
    expect(await events('named')).toEqual([
      ['named.updated', 'pet!'],
      ['named.updated', 'hound!'],
    ]);
  });

  it('A row that becomes one of another class is removed for one hook and created for the other', async () => {
    await flow.query(`UPDATE pet SET kind = 'Cat' WHERE id = 2`);
    expect(await events('pet', 'cat')).toEqual([
      ['pet.removed', 'hound!', 7],
      ['cat.created', 'hound!'],
    ]);
  });
});

describe('triggers, on a table of classes with numbers as discriminators', () => {
  it('A row makes an event of the hook of its class', async () => {
    const manager = flow.dataSource.manager;
    await manager.save([manager.create(Bike, { id: 1 }), manager.create(Car, { id: 2 })]);
    expect(await events('bike')).toEqual([['bike.created', 1]]);
    const cars = await flow.stored('car');
    expect(cars.map(({ event }) => event)).toEqual(['car.created']);
  });
});

describe('triggers, beside other hooks', () => {
  it('One table can have a hook by each capture, and none makes an event twice', async () => {
    await flow.dataSource.manager.save(Object.assign(new Both(), { code: 'a', name: 'x' }));
    await flow.query(`UPDATE "both" SET name = 'y'`);
    expect(await events('byTriggers')).toEqual([
      ['seen', 'x'],
      ['seen', 'y'],
    ]);
    expect(await events('bySubscribers')).toEqual([['bySubscribers.created', 'x']]);
    const rows = await flow.query(
      `SELECT headers FROM model_hook_event WHERE hook = 'withHeaders'`,
    );
    expect(rows).toEqual([{ headers: { 'x-one': "it's" } }]);
  });

  it('Both captures give the events of one row the same row id', async () => {
    await flow.dataSource.manager.save(Object.assign(new Both(), { code: 'z\\', name: 'x' }));
    const [row] = await flow.query<{ ours: string; same: boolean }>(
      `SELECT row_id AS ours, row_id = substr(encode(sha256(convert_to('byTriggers' || E'\\x1f' || 'z' || chr(92), 'UTF8')), 'hex'), 1, 32)::uuid
         AS same FROM model_hook_event WHERE hook = 'byTriggers'`,
    );
    expect(row?.same).toBe(true);
  });

  it('The names of hooks, tables and columns can hold quotes and blanks', async () => {
    await flow.query(
      `INSERT INTO "Odd table" ("Key 1", "it's", class) VALUES ('a', 'x', '[2020-01-01,)')`,
    );
    await flow.query(`UPDATE "Odd table" SET "it's" = 'y'`);
    await flow.query(`UPDATE "Odd table" SET "Key 1" = 'B'`);
    await flow.query(`TRUNCATE "Odd table"`);
    const stored = await flow.stored("o'dd $model_hook$");
    expect(stored.map(({ operation, data }) => [operation, data['a b']])).toEqual([
      ['insert', 'x'],
      ['update', 'y'],
      ['remove', 'y'],
      ['insert', 'y'],
      ['remove', 'y'],
    ]);
  });
});

describe('triggers, on a partitioned table', () => {
  it('Statements on the table and on a partition make one event of each row', async () => {
    await flow.query(`INSERT INTO reading VALUES (1, 1999, 'a'), (2, 2001, 'b')`);
    await flow.query(`INSERT INTO reading_new (id, year, name) VALUES (3, 2002, 'c')`);
    await flow.query(`UPDATE reading SET name = 'x'`);
    await flow.query(`UPDATE reading_old SET name = 'y'`);
    expect(await events('reading')).toEqual([
      ['reading.created', 1, 1999, 'a'],
      ['reading.created', 2, 2001, 'b'],
      ['reading.created', 3, 2002, 'c'],
      ['reading.updated', 1, 1999, 'x'],
      ['reading.updated', 2, 2001, 'x'],
      ['reading.updated', 3, 2002, 'x'],
      ['reading.updated', 1, 1999, 'y'],
    ]);
  });

  it('A row that moves to another partition is a removed one and a created one', async () => {
    await flow.query('UPDATE reading SET year = 2005 WHERE id = 1');
    expect(await events('reading')).toEqual([
      ['reading.removed', 1, 1999, 'y'],
      ['reading.created', 1, 2005, 'y'],
    ]);
  });

  it('A TRUNCATE of the table or of a partition makes one event of each row', async () => {
    await flow.query('TRUNCATE reading_old, reading');
    expect(await events('reading')).toHaveLength(3);
    await flow.forget();
    await flow.query(`INSERT INTO reading VALUES (1, 1999, 'a'), (2, 2001, 'b')`);
    await flow.query('TRUNCATE reading_new');
    expect((await events('reading')).at(-1)).toEqual(['reading.removed', 2, 2001, 'b']);
  });

  it('A partition that is attached later makes the triggers outdated', async () => {
    await flow.query(
      `CREATE TABLE reading_later PARTITION OF reading FOR VALUES FROM (3000) TO (4000)`,
    );
    const stateOf = async () =>
      (await flow.hooks.triggers.check()).find(({ hook }) => hook === 'reading')?.state;
    expect(await stateOf()).toBe('outdated');
    await flow.hooks.triggers.install();
    expect(await stateOf()).toBe('current');
    await flow.query(`INSERT INTO reading_later VALUES (9, 3000, 'z')`);
    expect(await events('reading')).toEqual([['reading.created', 9, 3000, 'z']]);
  });
});
