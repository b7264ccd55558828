import { EntitySchema } from 'typeorm';
import { ModelHook, ModelHooks } from '../../../lib';
import { newDataSource } from '../../support/application/application';

/** The statements of a hook on a table of one key and one other column. */
async function sqlOf(hook: object, columns: object = {}): Promise<readonly string[]> {
  const schema = new EntitySchema<object>({
    name: 'item',
    tableName: 'item',
    columns: { id: { type: 'int', primary: true }, name: { type: 'varchar' }, ...columns } as never,
  });
  ModelHook({ provides: ['name'], ...hook } as never)(schema as never);
  const dataSource = newDataSource(process.env.DATABASE_URL ?? '', { entities: [schema] });
  await dataSource.initialize();
  try {
    return ModelHooks.triggers(dataSource, { capture: 'triggers' }).sql().up;
  } finally {
    await dataSource.destroy();
  }
}

const created = (sql: readonly string[]): readonly string[] =>
  sql.flatMap((text) => /_(insert|update|delete|truncate)"\(\) RETURNS/.exec(text)?.[1] ?? []);

describe('the definition of the triggers of a hook', () => {
  it.each([
    [{}, ['insert', 'update', 'delete', 'truncate']],
    [{ on: 'insert' }, ['insert', 'update']],
    [{ on: ['update', 'remove'] }, ['update', 'delete', 'truncate']],
    [{ truncate: 'ignore' }, ['insert', 'update', 'delete']],
    [{ on: 'insert', truncate: 'refuse' }, ['insert', 'update', 'truncate']],
  ])('A hook with %p has triggers on %p', async (hook, expected) => {
    expect(created(await sqlOf(hook))).toEqual(expected);
  });

  it('The statements remove what the hook had with other operations', async () => {
    const dropped = (await sqlOf({ on: 'insert' })).flatMap(
      (text) => /^DROP FUNCTION IF EXISTS .*_(\w+)"\(\) CASCADE$/.exec(text)?.[1] ?? [],
    );
    expect(dropped).toEqual(['delete', 'truncate']);
  });

  it('The same hook has the same statements at each start', async () => {
    expect(await sqlOf({})).toEqual(await sqlOf({}));
  });

  it('No identifier is longer than PostgreSQL keeps it', async () => {
    const sql = (await sqlOf({ name: 'x'.repeat(200) })).join('\n');
    const names = [...sql.matchAll(/"((?:a_)?model_hook_x[^"]*)"/g)].map(([, name = '']) => name);
    expect(names.length).toBeGreaterThan(8);
    expect(names.filter(({ length }) => length > 63)).toEqual([]);
  });

  it('Only functions that write intervals and the like have settings of the notation', async () => {
    expect((await sqlOf({})).join()).not.toContain('IntervalStyle');
    const hook = { provides: ['name', 'length'] };
    const sql = await sqlOf(hook, { length: { type: 'interval' } });
    expect(sql.join()).toContain('SET IntervalStyle = postgres');
  });

  it('The hook of a view cannot be captured by triggers', async () => {
    const view = new EntitySchema<object>({
      name: 'seen',
      type: 'view',
      expression: 'SELECT 1 AS id',
      columns: { id: { type: 'int', primary: true } } as never,
    });
    ModelHook({ provides: ['id'] } as never)(view as never);
    const dataSource = newDataSource(process.env.DATABASE_URL ?? '', { entities: [view] });
    await dataSource.initialize();
    const triggers = ModelHooks.triggers(dataSource, { capture: 'triggers' });
    expect(() => triggers.sql()).toThrow(expect.objectContaining({ code: 'OPTION_INVALID' }));
    await dataSource.destroy();
  });
});
