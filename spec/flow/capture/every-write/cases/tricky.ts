import { Brackets, In, Not } from 'typeorm';
import type { World } from '../../../../support/capture/every-write';
import { type Case, line } from './case';

/** The most parameters that a statement of PostgreSQL can have. */
const MOST_PARAMETERS = 65_535;

const TYPED = {
  big: '9007199254740991',
  money: '2.25',
  json: { b: [1, null, 'x'] },
  list: [3],
  words: ['d', 'e f'],
  bytes: Buffer.from([1, 2, 250]),
  day: '2024-03-01',
  at: new Date('2024-05-05T05:05:05.555Z'),
  is: false,
  real: 1.5e100,
  kind: 'one',
  simple: [1, { c: 2 }],
};

const insertNotes = ({ m, e }: World) => m.createQueryBuilder().insert().into(e.Note);
const updateNotes = ({ m, e }: World) => m.createQueryBuilder().update(e.Note);

/** Statements that are hard to extend, and values of many types. */
export const TRICKY: readonly Case[] = [
  line('insert() of values of many types', ({ m, e }) => m.insert(e.Typed, { id: '5', ...TYPED }), {
    'typed insert': 1,
  }),
  line('update() of values of many types', ({ m, e }) => m.update(e.Typed, ['1', '2'], TYPED), {
    'typed update': 2,
  }),
  line(
    'update() of values of many types to null',
    ({ m, e }) =>
      m.update(e.Typed, '1', { json: () => 'NULL', list: null, bytes: null, at: null, real: null }),
    {
      'typed update': 1,
    },
  ),
  line(
    'save() of values of many types',
    ({ m, e }) =>
      m.save(e.Typed, [
        { id: '1', ...TYPED },
        { id: '6', ...TYPED },
      ]),
    {
      'typed update': 1,
      'typed insert': 1,
    },
  ),
  line(
    'upsert() of values of many types',
    ({ m, e }) =>
      m.upsert(
        e.Typed,
        [
          { id: '1', ...TYPED },
          { id: '6', ...TYPED },
        ],
        ['id'],
      ),
    {
      'typed update': 1,
      'typed insert': 1,
    },
    { mayBegin: true },
  ),
  line('delete() of values of many types', ({ m, e }) => m.delete(e.Typed, { kind: 'two words' }), {
    'typed remove': 1,
  }),
  line(
    'save() in a table named like SQL of ours',
    ({ m, e }) =>
      m.save(e.Written, [
        { old: 'n', data: [] },
        { id: 1, row: 'changed', key: 8 },
      ]),
    {
      'written insert': 1,
      'written update': 1,
    },
  ),
  line(
    'update() in a table named like SQL of ours',
    ({ m, e }) => m.update(e.Written, { key: 7 }, { old: 'changed', ctid2: 'too', data: { z: 1 } }),
    {
      'written update': 1,
    },
  ),
  line(
    'insert() into a table named like SQL of ours',
    ({ m, e }) => m.insert(e.Written, { told: 'n', previous: 'x' }),
    { 'written insert': 1 },
  ),
  line(
    'delete() in a table named like SQL of ours',
    ({ m, e }) => m.delete(e.Written, { row: 'r' }),
    { 'written remove': 1 },
  ),
  line(
    'an insert of as many parameters as a statement can have',
    ({ m, e }) =>
      m
        .insert(
          e.Pair,
          Array.from({ length: MOST_PARAMETERS / 3 }, (_, n) => ({
            a: n,
            b: 'many',
            label: `l${n}`,
          })),
        )
        .then(() => 'done'),
    { 'pair insert': MOST_PARAMETERS / 3 },
    { mayBegin: true },
  ),
  line(
    'a delete of as many parameters as a statement can have',
    ({ m, e }) =>
      m.delete(e.Note, { id: In(Array.from({ length: MOST_PARAMETERS }, (_, n) => n)) }),
    { 'note remove': 3 },
    { mayBegin: true },
  ),
  line(
    'an update of as many parameters as a statement can have',
    ({ m, e }) =>
      m.update(
        e.Note,
        { id: In(Array.from({ length: MOST_PARAMETERS - 1 }, (_, n) => n)) },
        { rank: 9 },
      ),
    { 'note update': 3 },
    { mayBegin: true },
  ),
  line(
    'an update with a common table expression',
    (world) =>
      updateNotes(world)
        .addCommonTableExpression('SELECT id AS chosen FROM note WHERE rank > 1', 'old')
        .set({ rank: 9 })
        .where('id IN (SELECT chosen FROM old)')
        .execute(),
    { 'note update': 2 },
  ),
  line(
    'a delete with a common table expression',
    ({ m, e }) =>
      m
        .createQueryBuilder()
        .delete()
        .from(e.Note)
        .addCommonTableExpression('SELECT id AS chosen FROM note WHERE rank > 1', 'written')
        .where('id IN (SELECT chosen FROM written)')
        .execute(),
    { 'note remove': 2 },
  ),
  line(
    'an insert with a common table expression',
    (world) =>
      insertNotes(world)
        .addCommonTableExpression('SELECT max(rank) AS most FROM note', 'told')
        .values({ title: 'n', rank: () => '(SELECT most FROM told)' })
        .execute(),
    { 'note insert': 1 },
  ),
  line(
    'an update with a comment',
    (world) => updateNotes(world).comment('by -- me').set({ rank: 9 }).where({ id: 1 }).execute(),
    {
      'note update': 1,
    },
  ),
  line(
    'an update with brackets and arrays of parameters',
    (world) =>
      updateNotes(world)
        .set({ body: () => ':body || title' })
        .setParameter('body', 'b')
        .where(
          new Brackets((where) =>
            where
              .where('id IN (:...ids)', { ids: [1, 2] })
              .orWhere('title = :title', { title: 'c' }),
          ),
        )
        .andWhere({ rank: Not(2) })
        .execute(),
    { 'note update': 2 },
  ),
  line(
    'an update that sets what a sub-query of the same table finds',
    (world) =>
      updateNotes(world)
        .set({ rank: () => '(SELECT max(rank) + 1 FROM note)' })
        .execute(),
    { 'note update': 3 },
  ),
  line(
    'an update whose condition is a volatile function',
    (world) => updateNotes(world).set({ rank: 9 }).where("nextval('toggle') % 2 = 0").execute(),
    { 'note update': 2 },
  ),
  line(
    'a delete whose condition is a volatile function',
    ({ m, e }) =>
      m.createQueryBuilder().delete().from(e.Note).where("nextval('toggle') % 2 = 0").execute(),
    { 'note remove': 2 },
  ),
  line(
    'an update that sets a volatile function',
    (world) =>
      updateNotes(world)
        .set({ rank: () => "nextval('toggle')" })
        .execute(),
    {
      'note update': 3,
    },
  ),
  line('an update by an alias', ({ m, e }) =>
    m
      .createQueryBuilder(e.Note, 'n')
      .update()
      .set({ rank: 9 })
      .where('n.id = :id', { id: 1 })
      .execute(),
  ),
  line(
    'an update of an entity that the name of its table names',
    ({ m }) => m.createQueryBuilder().update('note').set({ rank: 9 }).where('id = 1').execute(),
    {
      'note update': 1,
    },
  ),
  line('an update of an entity that its name names', ({ m }) => m.update('Note', 1, { rank: 9 }), {
    'note update': 1,
  }),
  line(
    'an insert of named columns',
    ({ m, e }) =>
      m
        .createQueryBuilder()
        .insert()
        .into(e.Note, ['title'])
        .values({ title: 'n', rank: 8 })
        .execute(),
    { 'note insert': 1 },
  ),
  line('an insert of the default values', ({ m, e }) => m.insert(e.Written, {}), {
    'written insert': 1,
  }),
  line('an insert that would update a row twice', ({ m, e }) =>
    m.upsert(
      e.Note,
      [
        { title: 'a', rank: 5 },
        { title: 'a', rank: 6 },
      ],
      ['title'],
    ),
  ),
  line(
    'an insert that recovers a row',
    ({ m, e }) => m.upsert(e.Doc, { name: 'three', hidden: 'again', deletedAt: null }, ['name']),
    {
      'doc recover': 1,
    },
  ),
  line(
    'an insert of the same new row twice that ignores it',
    (world) =>
      insertNotes(world)
        .values([{ title: 'n' }, { title: 'n' }])
        .orIgnore()
        .execute(),
    {
      'note insert': 1,
    },
  ),
  line(
    'an update of one of the keys of relations',
    ({ m, e }) => m.update(e.Mark, 2, { leaf: { folderId: 2, page: 1 } } as never),
    { 'mark update': 1 },
  ),
  line(
    'save() of a lazy relation',
    async ({ m, e }) => {
      const mark = await m.findOneByOrFail(e.Mark, { id: 2 });
      mark.leaf = Promise.resolve(await m.findOneBy(e.Leaf, { folderId: 1, page: 2 }));
      // TypeORM sees the value of a promise one tick after it is set.
      await mark.leaf;
      await m.save(mark);
      return mark.id;
    },
    { 'mark update': 1 },
  ),
  line(
    'save() of a row whose key is a relation',
    async ({ m, e }) => {
      const folder = await m.save(Object.assign(new e.Folder(), { name: 'n' }));
      return m.save(
        Object.assign(new e.Leaf(), { folder, folderId: folder.id, page: 1, text: 't' }),
      );
    },
    { 'folder insert': 1, 'leaf insert': 1 },
  ),
  line(
    'delete() of a row whose key is a relation',
    async ({ m, e }) => m.delete(e.Leaf, { folderId: 2, page: 1 }),
    { 'leaf remove': 1 },
  ),
  line(
    'softRemove() that cascades',
    async ({ m, e }) =>
      m
        .softRemove(
          await m.findOneOrFail(e.Folder, {
            where: { id: 1 },
            relations: { leaves: true },
            order: { leaves: { page: 'ASC' } },
          }),
        )
        .then(() => 'done'),
    { 'folder softRemove': 1, 'leaf softRemove': 2 },
  ),
  line(
    'recover() that cascades',
    async ({ m, e }) => {
      const folder = await m.findOneOrFail(e.Folder, {
        where: { id: 1 },
        relations: { leaves: true },
        withDeleted: true,
        order: { leaves: { page: 'ASC' } },
      });
      await m.recover(folder);
      return 'done';
    },
    { 'folder recover': 1, 'leaf recover': 2 },
    {
      prepare: ({ dataSource }) =>
        dataSource.query(
          'UPDATE folder SET "deletedAt" = now(); UPDATE leaf SET "deletedAt" = now()',
        ),
    },
  ),
];
