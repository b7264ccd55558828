import type { DataSource } from 'typeorm';
import { modelHookEntities } from '../../lib';
import { newDataSource } from '../support/application/application';
import { createDatabase, type Database } from '../support/application/database';
import { Person } from '../support/entities/person';

let database: Database;
let dataSource: DataSource;

beforeAll(async () => {
  database = await createDatabase();
  dataSource = await newDataSource(database.url, { entities: [Person] }).initialize();
});
afterAll(async () => {
  await dataSource.destroy();
  await database.drop();
});

describe('modelHookEntities', () => {
  it('Each entity has a name of its own, as frameworks expect of an entity', () => {
    const names = modelHookEntities.map(({ name }) => name);
    expect(new Set(names).size).toBe(modelHookEntities.length);
    expect(names).toEqual(modelHookEntities.map(({ options }) => options.name));
  });

  it('TypeORM finds the metadata and the repository of each entity', () => {
    for (const entity of modelHookEntities) {
      expect(dataSource.hasMetadata(entity)).toBe(true);
      expect(dataSource.getMetadata(entity).name).toBe(entity.name);
      expect(dataSource.getRepository(entity).metadata.name).toBe(entity.name);
    }
  });
});
