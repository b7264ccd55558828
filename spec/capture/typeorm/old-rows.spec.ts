import type { DataSource, QueryRunner } from 'typeorm';
import type { RowKey } from '../../../lib/capture/entity/row-key';
import { OldRows } from '../../../lib/capture/typeorm/old-rows';
import { columnFields } from '../../../lib/hook/field';
import { newDataSource } from '../../support/application/application';
import { createDatabase, type Database } from '../../support/application/database';
import { Person, person } from '../../support/entities/person';

let database: Database;
let dataSource: DataSource;
let runner: QueryRunner;
beforeAll(async () => {
  database = await createDatabase();
  dataSource = newDataSource(database.url, { entities: [Person] });
  await dataSource.initialize();
  await dataSource.synchronize();
  runner = dataSource.createQueryRunner();
});
afterAll(async () => {
  await runner?.release();
  await dataSource?.destroy();
  await database?.drop();
});
beforeEach(async () => {
  await dataSource.getRepository(Person).clear();
  await runner.startTransaction();
});
afterEach(() => runner.rollbackTransaction());

const metadataOf = () => dataSource.getMetadata(Person);
const columnsOf = (...paths: readonly string[]) =>
  [...columnFields(dataSource, metadataOf()).values()].filter(({ path }) => paths.includes(path));
const keyOf = ({ id }: Person): RowKey => [String(id)];
const wanted = (key: RowKey, ...paths: readonly string[]) => ({
  metadata: metadataOf(),
  key,
  columns: columnsOf(...paths),
});

async function people(...names: readonly string[]): Promise<readonly Person[]> {
  return dataSource.manager.save(names.map((name) => person({ name })));
}

describe('OldRows', () => {
  it('Old rows are kept as they were when they were read, with the columns that any of them needs', async () => {
    const [joe, ann] = (await people('Joe', 'Ann')) as [Person, Person];
    const rows = new OldRows(dataSource);
    await Promise.all([
      rows.read(runner, wanted(keyOf(joe), 'name')),
      rows.read(runner, wanted(keyOf(ann), 'address')),
    ]);
    await runner.query(`UPDATE person SET name = 'other'`);
    expect(rows.take(runner, metadataOf(), keyOf(joe))).toEqual({
      values: { name: 'Joe', address: null },
      key: keyOf(joe),
    });
    expect(rows.take(runner, metadataOf(), keyOf(ann))?.values).toEqual({
      name: 'Ann',
      address: null,
    });
  });

  it('Old rows are locked until the transaction ends', async () => {
    const [joe] = (await people('Joe')) as [Person];
    await new OldRows(dataSource).read(runner, wanted(keyOf(joe), 'name'));
    await expect(dataSource.query('SELECT FROM person FOR UPDATE NOWAIT')).rejects.toThrow(
      /could not obtain lock/,
    );
  });

  it('There is no old row for a row that does not exist, or that exists no longer', async () => {
    const [joe] = (await people('Joe')) as [Person];
    const rows = new OldRows(dataSource);
    await rows.read(runner, wanted(keyOf(joe), 'name'));
    await runner.query('DELETE FROM person');
    await rows.read(runner, wanted(keyOf(joe), 'name'));
    expect(rows.take(runner, metadataOf(), keyOf(joe))).toBeUndefined();
    expect(rows.take(runner, metadataOf(), ['0'])).toBeUndefined();
  });

  it('forget() forgets the rows of a transaction that has ended', async () => {
    const [joe] = (await people('Joe')) as [Person];
    const rows = new OldRows(dataSource);
    await rows.read(runner, wanted(keyOf(joe), 'name'));
    rows.forget(runner);
    expect(rows.take(runner, metadataOf(), keyOf(joe))).toBeUndefined();
  });
});
