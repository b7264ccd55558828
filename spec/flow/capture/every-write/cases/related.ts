import { byTriggers, line } from './case';

const merged = { mayMerge: true } as const;

/** Hooks that provide values of related rows: writes of the row, and of its junction rows. */
export const RELATED = [
  line(
    'save() of a new row that refers to a stored one',
    ({ m, e }) => m.save(e.Article, { title: 'n', writer: { id: 2 } }),
    {
      'article insert': 1,
    },
  ),
  line(
    'save() of a new row with a new related one',
    ({ m, e }) => m.save(e.Article, { title: 'n', writer: { name: 'new' } }),
    {
      'article insert': 1,
    },
  ),
  line(
    'save() of a row that refers to another one',
    ({ m, e }) => m.save(e.Article, { id: 1, writer: { id: 2 } }),
    {
      'article update': 1,
    },
  ),
  line(
    'save() of a row whose relations do not change',
    ({ m, e }) => m.save(e.Article, { id: 1, title: 'changed' }),
    {
      'article update': 1,
    },
  ),
  line('save() of a related row', ({ m, e }) => m.save(e.Writer, { id: 1, name: 'renamed' })),
  line(
    'update() of a row with relations',
    ({ m, e }) => m.update(e.Article, [1, 2], { writer: { id: 2 } }),
    { 'article update': 2 },
  ),
  line(
    'insert() of rows with relations',
    ({ m, e }) => m.insert(e.Article, [{ title: 'n', writer: { id: 1 } }, { title: 'o' }]),
    {
      'article insert': 2,
    },
  ),
  line(
    'a write after a related row was renamed',
    ({ m, e }) =>
      m.transaction(async (t) => {
        await t.update(e.Writer, 1, { name: 'renamed' });
        await t.update(e.Article, 1, { title: 'changed' });
      }),
    { 'article update': 1 },
  ),
  line(
    'a relation builder that adds a partner',
    ({ m, e }) => m.createQueryBuilder().relation(e.Article, 'labels').of(1).add(3),
    {
      'article update': 1,
    },
    { mayBegin: true },
  ),
  line(
    'a relation builder that adds partners to several rows',
    ({ m, e }) => m.createQueryBuilder().relation(e.Article, 'labels').of([1, 2]).add(3),
    {
      'article update': 2,
    },
    { mayBegin: true },
  ),
  line(
    'a relation builder that removes a partner',
    ({ m, e }) => m.createQueryBuilder().relation(e.Article, 'labels').of(1).remove([1, 2]),
    {
      'article update': 1,
    },
    { mayBegin: true },
  ),
  line(
    'a relation builder that adds from the other side',
    ({ m, e }) => m.createQueryBuilder().relation(e.Label, 'articles').of(3).add([1, 2]),
    {
      'article update': 2,
    },
    { mayBegin: true },
  ),
  line(
    'save() of a new row with partners',
    ({ m, e }) => m.save(e.Article, { title: 'n', labels: [{ id: 1 }, { name: 'new' }] as never }),
    {
      'article insert': 1,
      'article update': 1,
    },
    merged,
  ),
  line(
    'save() that adds a partner',
    ({ m, e }) => m.save(e.Article, { id: 1, labels: [{ id: 1 }, { id: 2 }, { id: 3 }] }),
    {
      'article update': 1,
    },
  ),
  line(
    'save() that removes a partner',
    ({ m, e }) => m.save(e.Article, { id: 1, labels: [{ id: 1 }] }),
    { 'article update': 1 },
  ),
  line(
    'save() that exchanges partners',
    ({ m, e }) => m.save(e.Article, { id: 1, labels: [{ id: 3 }] }),
    { 'article update': 2 },
    merged,
  ),
  line(
    'save() that changes a row and its partners',
    ({ m, e }) =>
      m.save(e.Article, { id: 1, title: 'changed', writer: { id: 2 }, labels: [{ id: 2 }] }),
    {
      'article update': 2,
    },
    merged,
  ),
  line(
    'save() of a partner from the other side of its relation',
    ({ m, e }) => m.save(e.Label, { id: 3, articles: [{ id: 1 }, { id: 2 }] }),
    {
      'article update': 2,
    },
  ),
  line('save() that does not change partners', async ({ m, e }) => {
    const article = await m.findOneOrFail(e.Article, {
      where: { id: 1 },
      relations: { labels: true, writer: true },
    });
    return m.save(article).then(() => 'done');
  }),
  line(
    'an insert into the junction table',
    ({ m }) =>
      m
        .createQueryBuilder()
        .insert()
        .into('article_label')
        .values([
          { articleId: 1, labelId: 3 },
          { articleId: 2, labelId: 1 },
        ])
        .execute(),
    {
      'article update': 2,
    },
    { mayBegin: true },
  ),
  line(
    'a delete from the junction table',
    ({ m }) =>
      m.createQueryBuilder().delete().from('article_label').where('"labelId" = 2').execute(),
    {
      'article update': 2,
    },
    { mayBegin: true },
  ),
  line('softRemove() of a partner', ({ m, e }) => m.softDelete(e.Label, 1)),
  line(
    'a write after a partner was softly removed',
    ({ m, e }) =>
      m.transaction(async (t) => {
        await t.softDelete(e.Label, 1);
        await t.update(e.Article, 1, { title: 'changed' });
      }),
    { 'article update': 1 },
  ),
  line(
    'SQL of another client on the junction table',
    ({ raw }) => raw('DELETE FROM article_label').then(() => 'done'),
    byTriggers({ 'article update': 2 }),
  ),
];
