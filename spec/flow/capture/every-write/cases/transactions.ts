import type { EntityManager } from 'typeorm';
import type { World } from '../../../../support/capture/every-write';
import { line } from './case';

const undone = async (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => 'done',
    (error: Error) => error.message,
  );

/** Writes a row in each way, so that each has one event. */
async function writeAll(m: EntityManager, e: World['e']): Promise<void> {
  await m.save(e.Note, { id: 1, rank: 9 });
  await m.update(e.Note, 2, { rank: 9 });
  await m.insert(e.Note, { title: 'inserted' });
  await m.delete(e.Note, 3);
  await m.softDelete(e.Doc, 1);
}
const ALL = { 'note update': 2, 'note insert': 1, 'note remove': 1, 'doc softRemove': 1 };

/** Writes in transactions of the application. */
export const TRANSACTIONS = [
  line('a transaction', ({ m, e }) => m.transaction((t) => writeAll(t, e)), ALL),
  line('a transaction that is rolled back', ({ m, e }) =>
    undone(
      m.transaction(async (t) => {
        await writeAll(t, e);
        throw new Error('undo');
      }),
    ),
  ),
  line(
    'a nested transaction',
    ({ m, e }) => m.transaction((t) => t.transaction((inner) => writeAll(inner, e))),
    ALL,
  ),
  line(
    'a nested transaction that is rolled back',
    ({ m, e }) =>
      m.transaction(async (t) => {
        await t.save(e.Note, { id: 1, rank: 8 });
        const inner = t.transaction(async (nested) => {
          await writeAll(nested, e);
          throw new Error('undo');
        });
        await undone(inner);
        await t.update(e.Note, 1, { rank: 10 });
      }),
    { 'note update': 2 },
  ),
  line(
    'a savepoint of the application that is rolled back',
    ({ m, e }) =>
      m.transaction(async (t) => {
        await t.query('SAVEPOINT mine');
        await writeAll(t, e);
        await t.query('ROLLBACK TO SAVEPOINT mine');
        await t.save(e.Note, { title: 'after' });
      }),
    { 'note insert': 1 },
  ),
  line(
    'a statement that fails inside a savepoint',
    ({ m, e }) =>
      m.transaction(async (t) => {
        await t.insert(e.Note, { title: 'n' });
        const failed = await undone(
          t.transaction((inner) => inner.update(e.Note, [1, 2], { title: 'same' })),
        );
        await t.increment(e.Note, { id: 1 }, 'rank', 1);
        return failed;
      }),
    { 'note insert': 1, 'note update': 1 },
  ),
  line(
    'several writes of one row in a transaction',
    ({ m, e }) =>
      m.transaction(async (t) => {
        const note = await t.save(e.Note, { title: 'n' });
        await t.update(e.Note, note.id, { rank: 1 });
        await t.save(e.Note, { id: note.id, rank: 2 });
        await t.increment(e.Note, { id: note.id }, 'rank', 1);
        await t.save(e.Note, { id: note.id, body: 'b' });
        await t.delete(e.Note, note.id);
      }),
    { 'note insert': 1, 'note update': 4, 'note remove': 1 },
  ),
  line(
    'a query runner of the application',
    async ({ dataSource, e }) => {
      const runner = dataSource.createQueryRunner();
      await runner.startTransaction();
      await writeAll(runner.manager, e);
      await runner.commitTransaction();
      await runner.release();
    },
    ALL,
  ),
  line(
    'a query runner without a transaction',
    async ({ dataSource, e }) => {
      const runner = dataSource.createQueryRunner();
      await runner.manager.update(e.Note, 2, { rank: 9 });
      await runner.manager.save(e.Note, { id: 1, rank: 9 });
      await runner.release();
    },
    { 'note update': 2 },
  ),
  line(
    'writes at once in one transaction',
    ({ m, e }) =>
      m.transaction((t) =>
        Promise.all([
          t.update(e.Note, 1, { rank: 9 }),
          t.insert(e.Note, { title: 'n' }),
          t.delete(e.Note, 3),
        ]),
      ),
    { 'note update': 1, 'note insert': 1, 'note remove': 1 },
  ),
  line(
    'a statement that TypeORM gives a transaction',
    ({ m, e }) =>
      m.createQueryBuilder().update(e.Note).set({ rank: 9 }).useTransaction(true).execute(),
    { 'note update': 3 },
  ),
];
