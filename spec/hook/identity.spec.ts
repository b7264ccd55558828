import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  Column,
  type DataSource,
  Entity,
  EntitySchema,
  type EntitySchemaOptions,
  PrimaryGeneratedColumn,
} from 'typeorm';
import { ModelHook } from '../../lib';
import { HookCatalog } from '../../lib/hook/catalog';
import { globbedSchemas } from '../../lib/hook/entities';
import type { HookTarget } from '../../lib/hook/model-hook';
import { newDataSource } from '../support/application/application';
import { createDatabase, type Database } from '../support/application/database';

type Entities = readonly (EntitySchema | (new () => object) | string)[];

let database: Database;
const opened: DataSource[] = [];

beforeAll(async () => {
  database = await createDatabase();
});
afterAll(async () => {
  for (const dataSource of opened) await dataSource.destroy();
  await database.drop();
});

/** The catalogue of a DataSource with these entities. */
async function catalogOf(...entities: Entities): Promise<HookCatalog> {
  const dataSource = newDataSource(database.url, { entities: entities as never });
  opened.push(await dataSource.initialize());
  return new HookCatalog(dataSource).load(await globbedSchemas(dataSource));
}

/** A schema of that name. */
function schema(column: string, options: Partial<EntitySchemaOptions<unknown>> = {}): EntitySchema {
  return new EntitySchema<Record<string, unknown>>({
    name: 'Customer',
    columns: { id: { type: 'int', primary: true }, [column]: { type: 'varchar' } },
    ...options,
  }) as EntitySchema;
}

function hooked<One extends object>(target: One, ...provides: readonly string[]): One {
  ModelHook({ provides })(target as HookTarget);
  return target;
}

/** A class `Customer` of its own for each caller. */
function customer(): new () => object {
  @Entity()
  class Customer {
    @PrimaryGeneratedColumn()
    id!: number;

    @Column({ type: 'varchar' })
    secret!: string;
  }
  return Customer;
}

class Customer {
  id!: number;
}

const ofSchemas = [
  { what: 'schema', one: () => schema('name'), other: () => schema('secret') },
  {
    what: 'schema with the fields of the hook',
    one: () => schema('name'),
    other: () => schema('name'),
  },
  {
    what: 'schema with a table name',
    one: () => schema('name', { tableName: 'customer' }),
    other: () => schema('name', { tableName: 'customer' }),
  },
  {
    what: 'schema of the same target class',
    one: () => schema('name', { target: Customer }),
    other: () => schema('name', { target: Customer }),
  },
  { what: 'class', one: () => schema('name'), other: customer },
  { what: 'schema beside a hooked class', one: customer, other: () => schema('secret') },
  {
    what: 'schema with a name of its own',
    one: () => Object.assign(schema('name'), { name: 'Customer' }),
    other: () => Object.assign(schema('name'), { name: 'Customer' }),
  },
  { what: 'class of another file', one: customer, other: customer },
] as const;

describe('a hook of an entity', () => {
  it.each(ofSchemas)('The $what of the same name does not get the hook', async ({ one, other }) => {
    const hookedOne = hooked(one(), 'id');
    const unhooked = other();
    const catalog = await catalogOf(unhooked);
    expect(catalog.names()).toEqual([]);
    for (const target of [hookedOne, unhooked, 'Customer'])
      expect(() => catalog.of(target as never)).toThrow(
        expect.objectContaining({ code: 'HOOK_NOT_FOUND' }),
      );
    expect((await catalogOf(hookedOne)).of(hookedOne as never).name).toBe('customer');
  });

  it.each(ofSchemas)(
    'Two DataSources each have the hook of their $what',
    async ({ one, other }) => {
      const [first, second] = [hooked(one(), 'id'), other()];
      ModelHook({ provides: ['id'], name: 'second' })(second as HookTarget);
      const catalogs = await Promise.all([catalogOf(first), catalogOf(second)]);
      expect(catalogs.map((catalog) => catalog.names())).toEqual([['customer'], ['second']]);
      expect(catalogs.map((catalog) => catalog.of('Customer').name)).toEqual([
        'customer',
        'second',
      ]);
      expect(() => catalogs[0]?.of(second as never)).toThrow(
        expect.objectContaining({ code: 'HOOK_NOT_FOUND' }),
      );
    },
  );

  it('A hook with fields that only another schema of the name has does not prevent attaching', async () => {
    hooked(schema('name'), 'name');
    expect((await catalogOf(schema('secret'))).names()).toEqual([]);
  });

  it('A text names the entity by its name, its table or the path of its table', async () => {
    const other = schema('name', { name: 'Order', tableName: 'orders', schema: 'public' });
    const catalog = await catalogOf(hooked(other, 'name'));
    for (const text of ['Order', 'orders', 'public.orders'])
      expect(catalog.of(text).name).toBe('order');
  });

  it('A text that two entities have names the one with a hook', async () => {
    const [plain, second] = [customer(), hooked(customer(), 'id')];
    const catalog = await catalogOf(plain, second);
    expect(catalog.of('Customer').metadata?.target).toBe(second);
    expect(() => catalog.of(plain as never)).toThrow(
      expect.objectContaining({ code: 'HOOK_NOT_FOUND' }),
    );
  });

  it('A hooked class is found that an EntitySchema maps', async () => {
    class Mapped {
      id!: number;
    }
    const catalog = await catalogOf(schema('name', { name: 'Mapped', target: Mapped }));
    expect(catalog.names()).toEqual([]);
    ModelHook({ provides: ['id'] })(Mapped);
    expect(catalog.load().of(Mapped).name).toBe('mapped');
  });

  it('A hooked schema is found that a glob of the DataSource names', async () => {
    const folder = mkdtempSync(join(__dirname, 'globbed-'));
    const file = join(folder, 'customer.js');
    writeFileSync(
      file,
      `const { EntitySchema } = require('typeorm');
       exports.Customer = new EntitySchema({ name: 'Customer', columns: { id: { type: 'int', primary: true } } });`,
    );
    try {
      const { Customer } = require(file) as { Customer: EntitySchema };
      hooked(schema('name'), 'name');
      expect((await catalogOf(join(folder, '*.js'))).names()).toEqual([]);
      hooked(Customer, 'id');
      expect((await catalogOf(join(folder, '*.js'))).of(Customer).name).toBe('customer');
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it.each([null, undefined, 7, Symbol('Person'), {}, Object.create(null), { options: null }, []])(
    'The value %p names no hook',
    async (target) => {
      const catalog = await catalogOf();
      expect(() => catalog.of(target as never)).toThrow(
        expect.objectContaining({ code: 'HOOK_NOT_FOUND' }),
      );
    },
  );
});
