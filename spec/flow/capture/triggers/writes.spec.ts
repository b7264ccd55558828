import { Column, DeleteDateColumn, Entity, PrimaryColumn } from 'typeorm';
import { ModelHook } from '../../../../lib';
import type { StoredFlow } from '../../../support/application/stored-flow';
import { startTriggersFlow } from '../../../support/application/triggers-flow';

@Entity()
@ModelHook({ provides: ['id', 'name', 'price'] })
class Product {
  @PrimaryColumn({ type: 'int' })
  id!: number;

  @Column({ type: 'varchar' })
  name!: string;

  @Column({ type: 'numeric', nullable: true })
  price!: string | null;

  @Column({ type: 'varchar', nullable: true })
  secret!: string | null;

  @DeleteDateColumn({ type: 'timestamptz' })
  deletedAt!: Date | null;
}

let flow: StoredFlow;
beforeAll(async () => {
  flow = await startTriggersFlow({ entities: [Product] });
});
afterAll(() => flow.stop());
beforeEach(async () => {
  await flow.hooks.silence(() => flow.dataSource.getRepository(Product).clear());
  await flow.forget();
});

interface Told {
  readonly event: string;
  readonly id: unknown;
  readonly name: unknown;
  readonly before?: unknown;
}

/** What was stored, in the order of capture. */
async function told(): Promise<readonly Told[]> {
  const events = await flow.stored('product');
  return events.map(({ event, data, previous }) => ({
    event: event.replace('product.', ''),
    id: data.id,
    name: data.name,
    ...(previous && { before: previous.name }),
  }));
}

async function stored(...names: readonly string[]): Promise<void> {
  const rows = names.map((name, n) => ({ id: n + 1, name }));
  await flow.hooks.silence(() => flow.dataSource.getRepository(Product).insert(rows));
}

describe('triggers, on writes through TypeORM', () => {
  it('save() and remove() make one event each', async () => {
    const { manager } = flow.dataSource;
    const given = { id: 1, name: 'a', secret: 'never told' };
    const product = await manager.save(Object.assign(new Product(), given));
    await manager.save(Object.assign(product, { name: 'b' }));
    await manager.remove(product);
    expect(await told()).toEqual([
      { event: 'created', id: 1, name: 'a' },
      { event: 'updated', id: 1, name: 'b', before: 'a' },
      { event: 'removed', id: 1, name: 'b' },
    ]);
    expect(JSON.stringify(await flow.query('SELECT * FROM model_hook_event'))).not.toContain(
      'never',
    );
  });

  it('A write by criteria makes an event of each changed row', async () => {
    const products = flow.dataSource.getRepository(Product);
    await products.insert([
      { id: 1, name: 'a' },
      { id: 2, name: 'b' },
    ]);
    await products.update({ name: 'a' }, { name: 'c' });
    await products.softDelete(1);
    await products.restore(1);
    await products.delete([1, 2]);
    expect(await told()).toEqual([
      { event: 'created', id: 1, name: 'a' },
      { event: 'created', id: 2, name: 'b' },
      { event: 'updated', id: 1, name: 'c', before: 'a' },
      { event: 'softRemoved', id: 1, name: 'c', before: 'c' },
      { event: 'recovered', id: 1, name: 'c', before: 'c' },
      { event: 'removed', id: 1, name: 'c' },
      { event: 'removed', id: 2, name: 'b' },
    ]);
  });

  it('An upsert makes created and updated events, and none of rows that it left as they were', async () => {
    await stored('a', 'b');
    const rows = [1, 2, 3].map((id) => ({ id, name: id === 2 ? 'b' : 'new' }));
    await flow.dataSource.getRepository(Product).upsert(rows, ['id']);
    expect(await told()).toEqual([
      { event: 'updated', id: 1, name: 'new', before: 'a' },
      { event: 'created', id: 3, name: 'new' },
    ]);
  });
});

describe('triggers, on raw SQL', () => {
  it('Statements make events, and those that change nothing provided make none', async () => {
    await flow.query(
      `INSERT INTO product (id, name) SELECT n, 'p' || n FROM generate_series(1, 3) n`,
    );
    await flow.query(`UPDATE product SET secret = 'other'`);
    await flow.query(`UPDATE product SET price = 1.50 WHERE id = 2`);
    await flow.query('DELETE FROM product WHERE id = 1');
    expect(await told()).toEqual([
      { event: 'created', id: 1, name: 'p1' },
      { event: 'created', id: 2, name: 'p2' },
      { event: 'created', id: 3, name: 'p3' },
      { event: 'updated', id: 2, name: 'p2', before: 'p2' },
      { event: 'removed', id: 1, name: 'p1' },
    ]);
  });

  it('A changed key is a removed row and a created one', async () => {
    await stored('a', 'b');
    await flow.query(
      `UPDATE product SET id = CASE id WHEN 1 THEN 9 ELSE id END, name = name || '!'`,
    );
    expect(await told()).toEqual([
      { event: 'removed', id: 1, name: 'a' },
      { event: 'created', id: 9, name: 'a!' },
      { event: 'updated', id: 2, name: 'b!', before: 'b' },
    ]);
  });

  it('A TRUNCATE makes an event of each row', async () => {
    await stored('a', 'b');
    await flow.query('TRUNCATE product');
    expect(await told()).toEqual([
      { event: 'removed', id: 1, name: 'a' },
      { event: 'removed', id: 2, name: 'b' },
    ]);
  });

  it('What is rolled back makes no event', async () => {
    const runner = flow.dataSource.createQueryRunner();
    await runner.startTransaction();
    await runner.query(`INSERT INTO product (id, name) VALUES (1, 'kept')`);
    await runner.query('SAVEPOINT s');
    await runner.query(`INSERT INTO product (id, name) VALUES (2, 'undone')`);
    await runner.query('ROLLBACK TO s');
    await runner.commitTransaction();
    await runner.release();
    expect(await told()).toEqual([{ event: 'created', id: 1, name: 'kept' }]);
  });

  it('Ids of one statement ascend and are UUIDs of version 7', async () => {
    await flow.query(`INSERT INTO product (id, name) SELECT n, 'p' FROM generate_series(1, 500) n`);
    const rows = await flow.query<{ id: string; number: number; ms: number }>(
      `SELECT id::text, (data->>'id')::int AS number, abs(('x' || replace(left(id::text, 13), '-', ''))::bit(48)::bigint
         - extract(epoch FROM clock_timestamp()) * 1000)::int AS ms FROM model_hook_event ORDER BY id`,
    );
    expect(rows.map(({ number }) => number)).toEqual(Array.from({ length: 500 }, (_, n) => n + 1));
    for (const { id, ms } of rows) {
      expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-8[0-9a-f]{3}-[0-9a-f]{12}$/);
      expect(ms).toBeLessThan(60_000);
    }
  });
});
