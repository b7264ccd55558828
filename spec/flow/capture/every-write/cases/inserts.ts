import { InsertQueryBuilder } from 'typeorm';
import { TOKEN } from '../../../../support/capture/models/plain';
import { line } from './case';

/** `insert()`, `upsert()` and query builders that insert. */
export const INSERTS = [
  line('insert() of a row', ({ m, e }) => m.insert(e.Note, { title: 'n' }), { 'note insert': 1 }),
  line(
    'insert() of rows',
    ({ m, e }) => m.insert(e.Note, [{ title: 'n' }, { title: 'o', rank: 5 }]),
    { 'note insert': 2 },
  ),
  line('insert() with the key', ({ m, e }) => m.insert(e.Note, { id: 50, title: 'n' }), {
    'note insert': 1,
  }),
  line('insert() of an expression', ({ m, e }) => m.insert(e.Note, { title: () => "upper('n')" }), {
    'note insert': 1,
  }),
  line('insert() of nothing', ({ m, e }) => m.insert(e.Note, [])),
  line('insert() that the database refuses', ({ m, e }) =>
    m.insert(e.Note, [{ title: 'n' }, { title: 'a' }]),
  ),
  line(
    'insert() with version and dates',
    ({ m, e }) => m.insert(e.Doc, { name: 'n', home: { city: 'Bonn' }, cents: 2.5 }),
    {
      'doc insert': 1,
    },
  ),
  line(
    'insert() of a composite key',
    ({ m, e }) => m.insert(e.Pair, { a: 7, b: 'q', label: 'n' }),
    { 'pair insert': 1 },
  ),
  line(
    'insert() of a uuid that the database makes',
    ({ m, e }) => m.insert(e.Token, [{ label: 'n' }, { label: 'o' }]),
    {
      'token insert': 2,
    },
  ),
  line('insert() into a table with odd names', ({ m, e }) => m.insert(e.Odd, { label: 'n' }), {
    'odd insert': 1,
  }),
  line(
    'upsert() of a new and a stored row',
    ({ m, e }) =>
      m.upsert(
        e.Note,
        [
          { title: 'a', rank: 9 },
          { title: 'n', rank: 1 },
        ],
        ['title'],
      ),
    {
      'note insert': 1,
      'note update': 1,
    },
  ),
  line('upsert() that changes nothing', ({ m, e }) =>
    m.upsert(e.Note, { title: 'a', rank: 1 }, ['title']),
  ),
  line(
    'upsert() that skips what does not change',
    ({ m, e }) =>
      m.upsert(
        e.Note,
        [
          { title: 'a', rank: 1 },
          { title: 'b', rank: 9 },
        ],
        { conflictPaths: ['title'], skipUpdateIfNoValuesChanged: true },
      ),
    { 'note update': 1 },
  ),
  line(
    'upsert() by the key',
    ({ m, e }) =>
      m.upsert(
        e.Pair,
        [
          { a: 1, b: 'x', label: 'changed' },
          { a: 9, b: 'x', label: 'n' },
        ],
        ['a', 'b'],
      ),
    {
      'pair update': 1,
      'pair insert': 1,
    },
    { mayBegin: true },
  ),
  line(
    'upsert() with version and dates',
    ({ m, e }) => m.upsert(e.Doc, { name: 'one', hidden: 'changed' }, ['name']),
    { 'doc update': 1 },
  ),
  line(
    'upsert() by a uuid',
    ({ m, e }) => m.upsert(e.Token, { id: TOKEN, label: 'changed' }, ['id']),
    { 'token update': 1 },
    { mayBegin: true },
  ),
  line(
    'upsert() in a table with odd names',
    ({ m, e }) => m.upsert(e.Odd, { label: 'o', select: 'changed' }, ['label']),
    { 'odd update': 1 },
  ),
  line(
    'a query builder that inserts',
    ({ m, e }) => m.createQueryBuilder().insert().into(e.Note).values({ title: 'n' }).execute(),
    {
      'note insert': 1,
    },
  ),
  line(
    'a query builder that inserts and returns columns',
    ({ m, e }) =>
      m
        .createQueryBuilder()
        .insert()
        .into(e.Note)
        .values([{ title: 'n' }, { title: 'o' }])
        .returning(['title', 'rank'])
        .execute(),
    { 'note insert': 2 },
  ),
  line(
    'a query builder that inserts and returns SQL',
    ({ m, e }) =>
      m
        .createQueryBuilder()
        .insert()
        .into(e.Note)
        .values({ title: 'n' })
        .returning('id AS one, upper(title) AS two')
        .execute(),
    { 'note insert': 1 },
  ),
  line(
    'a query builder that inserts and returns everything',
    ({ m, e }) =>
      m.createQueryBuilder().insert().into(e.Note).values({ title: 'n' }).returning('*').execute(),
    { 'note insert': 1 },
  ),
  line(
    'a query builder that inserts and leaves the entities alone',
    async ({ m, e }) => {
      const note = Object.assign(new e.Note(), { title: 'n' });
      const result = await m
        .createQueryBuilder()
        .insert()
        .into(e.Note)
        .values(note)
        .updateEntity(false)
        .execute();
      return [result, note];
    },
    { 'note insert': 1 },
  ),
  line(
    'a query builder that inserts entities',
    async ({ m, e }) => {
      const notes = ['n', 'o'].map((title) => Object.assign(new e.Note(), { title }));
      const result = await m.createQueryBuilder().insert().into(e.Note).values(notes).execute();
      return [result, notes];
    },
    { 'note insert': 2 },
  ),
  line(
    'a query builder that inserts without calling listeners',
    ({ m, e }) =>
      m
        .createQueryBuilder()
        .insert()
        .into(e.Note)
        .values({ title: 'n' })
        .callListeners(false)
        .execute(),
    { 'note insert': 1 },
  ),
  line('an insert that ignores all of its rows', ({ m, e }) =>
    m.createQueryBuilder().insert().into(e.Note).values({ title: 'a' }).orIgnore().execute(),
  ),
  line(
    'an insert that ignores the first of its rows',
    async ({ m, e }) => {
      const notes = [{ title: 'a' }, { title: 'n' }, { title: 'b' }, { title: 'o' }];
      return [
        await m.createQueryBuilder().insert().into(e.Note).values(notes).orIgnore().execute(),
        notes,
      ];
    },
    { 'note insert': 2 },
  ),
  line(
    'an insert that updates stored rows',
    ({ m, e }) =>
      m
        .createQueryBuilder()
        .insert()
        .into(e.Note)
        .values([{ title: 'a', rank: 9 }, { title: 'n' }])
        .orUpdate(['rank'], ['title'])
        .execute(),
    { 'note insert': 1, 'note update': 1 },
  ),
  line(
    'an insert that updates stored rows and returns them',
    ({ m, e }) =>
      m
        .createQueryBuilder()
        .insert()
        .into(e.Note)
        .values([{ title: 'a', rank: 9 }, { title: 'n' }])
        .orUpdate(['rank'], ['title'])
        .returning(['id', 'rank'])
        .execute(),
    { 'note insert': 1, 'note update': 1 },
  ),
  line(
    'an insert that changes the key of a stored row',
    ({ m, e }) =>
      m
        .createQueryBuilder()
        .insert()
        .into(e.Note)
        .values({ id: 60, title: 'a' })
        .orUpdate(['id'], ['title'])
        .execute(),
    { 'note insert': 1, 'note remove': 1 },
    { mayBegin: true, unseenBelow18: ['remove'] },
  ),
  ...('valuesFromSelect' in InsertQueryBuilder.prototype
    ? [
        line(
          'an insert from a SELECT',
          ({ m, e }) =>
            m
              .createQueryBuilder()
              .insert()
              .into(e.Note, ['title', 'rank'])
              .valuesFromSelect(
                (query) =>
                  query
                    .select("title || '2'", 'title')
                    .addSelect('rank * 2', 'rank')
                    .from(e.Note, 'n')
                    .where('n.id < :id', { id: 3 }) as never,
              )
              .execute(),
          { 'note insert': 2 },
        ),
      ]
    : []),
];
