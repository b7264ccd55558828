import { Column, DeleteDateColumn, Entity, PrimaryColumn } from 'typeorm';
import { ModelHook } from '../../../../lib';
import type { StoredFlow } from '../../../support/application/stored-flow';
import { startTriggersFlow } from '../../../support/application/triggers-flow';

@Entity()
@ModelHook({ provides: ['name'] })
class Import {
  @PrimaryColumn({ type: 'int' })
  id!: number;

  @Column({ type: 'varchar' })
  name!: string;

  @DeleteDateColumn({ type: 'timestamptz' })
  deletedAt!: Date | null;
}

let flow: StoredFlow;
beforeAll(async () => {
  flow = await startTriggersFlow({ entities: [Import], dataSource: { poolSize: 1 } });
});
afterAll(() => flow.stop());
beforeEach(async () => {
  await flow.query('DELETE FROM import');
  await flow.forget();
});

const row = (id: number, name: string): Import => Object.assign(new Import(), { id, name });

async function names(): Promise<readonly unknown[]> {
  return (await flow.stored('import')).map(({ operation, data }) => `${operation} ${data.name}`);
}

describe('hooks.silence(), with triggers', () => {
  it('A write through TypeORM makes no event, also outside a transaction', async () => {
    const imports = flow.dataSource.getRepository(Import);
    await flow.hooks.silence(async () => {
      const saved = await imports.save(row(1, 'a'));
      await imports.save(Object.assign(saved, { name: 'b' }));
      await imports.insert(row(2, 'c'));
      await imports.update(2, { name: 'd' });
      await imports.softDelete(2);
      await imports.restore(2);
      await imports.upsert(row(2, 'e'), ['id']);
      await imports.delete(1);
      await imports.clear();
    });
    expect(await names()).toEqual([]);
    await imports.insert(row(3, 'after'));
    expect(await names()).toEqual(['insert after']);
  });

  it('The silence ends with its block, not with the transaction', async () => {
    await flow.dataSource.transaction(async (manager) => {
      await manager.insert(Import, row(1, 'before'));
      await flow.hooks.silence(async () => {
        await manager.insert(Import, row(2, 'silent'));
        await manager.query(`UPDATE import SET name = 'raw' WHERE id = 1`);
      });
      await manager.insert(Import, row(3, 'after'));
    });
    expect(await names()).toEqual(['insert before', 'insert after']);
  });

  it('A transaction that a block began stays silent in the block only', async () => {
    const runner = flow.dataSource.createQueryRunner();
    await flow.hooks.silence(async () => {
      await runner.startTransaction();
      await runner.manager.insert(Import, row(1, 'silent'));
    });
    await runner.manager.insert(Import, row(2, 'loud'));
    await runner.commitTransaction();
    await runner.release();
    expect(await names()).toEqual(['insert loud']);
  });

  it('A savepoint that is rolled back changes nothing about it', async () => {
    await flow.dataSource.transaction(async (manager) => {
      await manager.query('SAVEPOINT s');
      await flow.hooks.silence(() => manager.insert(Import, row(1, 'undone')));
      await manager.query('ROLLBACK TO SAVEPOINT s');
      await flow.hooks.silence(() => manager.insert(Import, row(2, 'silent')));
      await manager.query('SAVEPOINT t');
      await manager.insert(Import, row(3, 'undone too'));
      await manager.query('ROLLBACK TO SAVEPOINT t');
      await manager.insert(Import, row(4, 'loud'));
    });
    expect(await names()).toEqual(['insert loud']);
  });

  it.each([
    ['BEGIN', 'ROLLBACK TO s'],
    ['/* a comment */ BEGIN', 'ROLLBACK WORK TO SAVEPOINT s'],
    ['-- a comment\nSTART TRANSACTION', '/* a comment */ ROLLBACK TRANSACTION TO s'],
  ])(
    'A transaction of the statements %p and %p stays open until the application ends it',
    async (begin, rollBackTo) => {
      const runner = flow.dataSource.createQueryRunner();
      const silence = (fn: () => Promise<unknown>) => flow.hooks.silence(fn);
      await runner.query(begin);
      await silence(() => runner.manager.insert(Import, row(1, 'silent')));
      await runner.query('SAVEPOINT s');
      await runner.manager.insert(Import, row(2, 'undone'));
      await runner.query(rollBackTo);
      await runner.manager.insert(Import, row(3, 'kept'));
      const stored = await runner.query(`SELECT data->>'name' AS name FROM model_hook_event`);
      expect(stored).toEqual([{ name: 'kept' }]);
      await silence(() => runner.manager.insert(Import, row(4, 'silent too')));
      await runner.query('ROLLBACK');
      await runner.release();
      expect(await flow.dataSource.getRepository(Import).count()).toBe(0);
    },
  );

  it('A silent write that fails is rolled back, and the connection can be used again', async () => {
    const imports = flow.dataSource.getRepository(Import);
    await imports.insert(row(1, 'a'));
    await expect(flow.hooks.silence(() => imports.insert(row(1, 'b')))).rejects.toThrow(
      'duplicate',
    );
    await imports.insert(row(2, 'c'));
    expect(await names()).toEqual(['insert a', 'insert c']);
  });

  it('The result of a silent write is that of TypeORM', async () => {
    const imports = flow.dataSource.getRepository(Import);
    const inserted = await flow.hooks.silence(() => imports.insert([row(1, 'a'), row(2, 'b')]));
    expect(inserted.identifiers).toEqual([{ id: 1 }, { id: 2 }]);
    const updated = await flow.hooks.silence(() => imports.update([1, 2], { name: 'c' }));
    expect(updated.affected).toBe(2);
  });
});
