import { In } from 'typeorm';
import { line } from './case';

const un = { isUnhooked: true } as const;

/** Writes of an entity without a hook: no statement differs. */
export const UNHOOKED = [
  line(
    'save() without a hook',
    ({ m, e }) => m.save(e.Unhooked, [{ title: 'n' }, { id: 1, rank: 9 }]),
    {},
    un,
  ),
  line(
    'insert() without a hook',
    ({ m, e }) => m.insert(e.Unhooked, [{ title: 'n' }, { title: 'o' }]),
    {},
    un,
  ),
  line('update() by id without a hook', ({ m, e }) => m.update(e.Unhooked, 1, { rank: 9 }), {}, un),
  line(
    'update() by criteria without a hook',
    ({ m, e }) => m.update(e.Unhooked, { id: In([1, 2]) }, { rank: () => 'rank + 1' }),
    {},
    un,
  ),
  line(
    'upsert() without a hook',
    ({ m, e }) => m.upsert(e.Unhooked, [{ title: 'a', rank: 9 }, { title: 'n' }], ['title']),
    {},
    un,
  ),
  line(
    'increment() without a hook',
    ({ m, e }) => m.increment(e.Unhooked, { id: 1 }, 'rank', 1),
    {},
    un,
  ),
  line('delete() without a hook', ({ m, e }) => m.delete(e.Unhooked, { title: 'a' }), {}, un),
  line('softDelete() without a hook', ({ m, e }) => m.softDelete(e.Unhooked, [1, 2]), {}, un),
  line('restore() without a hook', ({ m, e }) => m.restore(e.Unhooked, [1, 2]), {}, un),
  line(
    'softRemove(), recover() and remove() without a hook',
    async ({ m, e }) => {
      const rows = await m.find(e.Unhooked, { order: { id: 'ASC' } });
      await m.softRemove(rows);
      await m.recover(rows);
      return m.remove(rows);
    },
    {},
    un,
  ),
  line(
    'a query builder that updates without a hook',
    ({ m, e }) =>
      m
        .createQueryBuilder()
        .update(e.Unhooked)
        .set({ rank: 9 })
        .where('rank > 1')
        .returning('*')
        .execute(),
    {},
    un,
  ),
  line(
    'a query builder that inserts without a hook',
    ({ m, e }) =>
      m
        .createQueryBuilder()
        .insert()
        .into(e.Unhooked)
        .values([{ title: 'a' }, { title: 'n' }])
        .orIgnore()
        .returning(['id'])
        .execute(),
    {},
    un,
  ),
];
