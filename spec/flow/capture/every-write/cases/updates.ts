import { In, Like, MoreThan } from 'typeorm';
import { TOKEN } from '../../../../support/capture/models/plain';
import { ifManagerHas, line } from './case';

/** `update()`, `increment()`, `decrement()` and query builders that update. */
export const UPDATES = [
  line('update() by id', ({ m, e }) => m.update(e.Note, 1, { rank: 9 }), { 'note update': 1 }),
  line('update() by ids', ({ m, e }) => m.update(e.Note, [1, 3], { rank: 9 }), {
    'note update': 2,
  }),
  line(
    'update() by criteria',
    ({ m, e }) => m.update(e.Note, { title: Like('%'), rank: MoreThan(1) }, { body: 'changed' }),
    {
      'note update': 2,
    },
  ),
  line(
    'update() by what it changes',
    ({ m, e }) => m.update(e.Note, { rank: In([1, 2]) }, { rank: 3 }),
    { 'note update': 2 },
  ),
  line('update() of no row', ({ m, e }) => m.update(e.Note, { title: 'nowhere' }, { rank: 9 })),
  line('update() to the value of the row', ({ m, e }) => m.update(e.Note, 1, { rank: 1 })),
  line('update() of a column that is not provided', ({ m, e }) =>
    m.update(e.Note, 1, { secret: 'changed' }),
  ),
  line(
    'update() that changes one of two rows',
    ({ m, e }) => m.update(e.Note, [1, 2], { rank: 2 }),
    { 'note update': 1 },
  ),
  line(
    'update() by an expression',
    ({ m, e }) => m.update(e.Note, [1, 2], { rank: () => 'rank * 10', body: () => "title || '!'" }),
    {
      'note update': 2,
    },
  ),
  line('update() to null', ({ m, e }) => m.update(e.Note, 2, { body: null }), { 'note update': 1 }),
  line('update() of nothing', ({ m, e }) => m.update(e.Note, 1, {})),
  line('update() that the database refuses', ({ m, e }) =>
    m.update(e.Note, [1, 2], { title: 'same' }),
  ),
  line('update() of the key', ({ m, e }) => m.update(e.Note, 1, { id: 70 }), {
    'note remove': 1,
    'note insert': 1,
  }),
  line(
    'update() of keys by an expression',
    ({ m, e }) => m.update(e.Pair, { a: 1 }, { a: () => 'a + 10' }),
    {
      'pair remove': 2,
      'pair insert': 2,
    },
  ),
  line(
    'update() of a composite key',
    ({ m, e }) => m.update(e.Pair, { a: 1, b: 'x' }, { label: 'changed' }),
    { 'pair update': 1 },
  ),
  line('update() by a uuid', ({ m, e }) => m.update(e.Token, TOKEN, { label: 'changed' }), {
    'token update': 1,
  }),
  line('update() with version and dates', ({ m, e }) => m.update(e.Doc, 1, { name: 'changed' }), {
    'doc update': 1,
  }),
  line(
    'update() of an embedded object',
    ({ m, e }) => m.update(e.Doc, [1, 2], { home: { city: 'Bonn' } }),
    { 'doc update': 2 },
  ),
  line('update() of a transformed value', ({ m, e }) => m.update(e.Doc, 1, { cents: 7.5 }), {
    'doc update': 1,
  }),
  line(
    'update() that sets and clears delete dates',
    ({ m, e }) => m.update(e.Doc, [1, 3], { deletedAt: new Date('2024-07-07Z') }),
    {
      'doc softRemove': 1,
      'doc update': 1,
    },
  ),
  line(
    'update() that clears a delete date',
    ({ m, e }) => m.update(e.Doc, { id: 3 }, { deletedAt: null }),
    { 'doc recover': 1 },
  ),
  line(
    'update() in a table with odd names',
    ({ m, e }) => m.update(e.Odd, { label: 'o' }, { label: 'changed', select: 't' }),
    {
      'odd update': 1,
    },
  ),
  ...ifManagerHas('updateAll', [
    line('updateAll()', ({ m, e }) => m.updateAll(e.Note, { rank: 2 }), { 'note update': 2 }),
  ]),
  line('increment()', ({ m, e }) => m.increment(e.Note, { id: In([1, 2]) }, 'rank', 5), {
    'note update': 2,
  }),
  line('increment() by nothing', ({ m, e }) => m.increment(e.Note, { id: 1 }, 'rank', 0)),
  line('decrement()', ({ m, e }) => m.decrement(e.Note, { id: 1 }, 'rank', 5), {
    'note update': 1,
  }),
  line(
    'increment() with version and dates',
    ({ m, e }) => m.increment(e.Doc, { id: 1 }, 'cents', 100),
    { 'doc update': 1 },
  ),
  line(
    'a query builder that updates',
    ({ m, e }) =>
      m
        .createQueryBuilder()
        .update(e.Note)
        .set({ rank: 9 })
        .where('rank > :low', { low: 1 })
        .execute(),
    {
      'note update': 2,
    },
  ),
  line(
    'a query builder that updates all rows',
    ({ m, e }) => m.createQueryBuilder().update(e.Note).set({ rank: 9 }).execute(),
    {
      'note update': 3,
    },
  ),
  line(
    'a query builder that updates by a sub-query',
    ({ m, e }) => {
      const builder = m.createQueryBuilder().update(e.Note).set({ rank: 9 });
      const ids = m
        .createQueryBuilder()
        .select('n.id')
        .from(e.Note, 'n')
        .where('n.rank < :high', { high: 3 });
      return builder
        .where(`id IN (${ids.getQuery()})`)
        .setParameters(ids.getParameters())
        .execute();
    },
    { 'note update': 2 },
  ),
  line(
    'a query builder that sets a sub-query',
    ({ m, e }) =>
      m
        .createQueryBuilder()
        .update(e.Note)
        .set({ rank: () => '(SELECT count(*)::int + 5 FROM doc)' })
        .where({ id: 1 })
        .execute(),
    { 'note update': 1 },
  ),
  line(
    'a query builder with an alias that updates',
    ({ m, e }) =>
      m
        .getRepository(e.Note)
        .createQueryBuilder('n')
        .update()
        .set({ rank: 9 })
        .where('id = :id', { id: 1 })
        .execute(),
    { 'note update': 1 },
  ),
  line(
    'a query builder that updates and returns everything',
    ({ m, e }) =>
      m
        .createQueryBuilder()
        .update(e.Note)
        .set({ rank: 9 })
        .where({ id: In([1, 2]) })
        .returning('*')
        .execute(),
    { 'note update': 2 },
  ),
  line(
    'a query builder that updates and returns columns',
    ({ m, e }) =>
      m
        .createQueryBuilder()
        .update(e.Note)
        .set({ rank: 9 })
        .where({ id: 1 })
        .returning(['title', 'rank'])
        .execute(),
    { 'note update': 1 },
  ),
  line(
    'a query builder that updates and returns SQL',
    ({ m, e }) =>
      m
        .createQueryBuilder()
        .update(e.Note)
        .set({ rank: 9 })
        .where({ id: 1 })
        .returning('rank AS was, 1 AS id')
        .execute(),
    { 'note update': 1 },
  ),
  line(
    'a query builder that updates an entity',
    async ({ m, e }) => {
      const doc = await m.findOneByOrFail(e.Doc, { id: 1 });
      return [
        await m
          .createQueryBuilder()
          .update(e.Doc)
          .set({ name: 'changed' })
          .whereEntity(doc)
          .execute(),
        doc,
      ];
    },
    { 'doc update': 1 },
  ),
  line(
    'a query builder that updates without calling listeners',
    ({ m, e }) =>
      m
        .createQueryBuilder()
        .update(e.Note)
        .set({ rank: 9 })
        .whereInIds([1, 2])
        .callListeners(false)
        .execute(),
    { 'note update': 2 },
  ),
  line(
    'a query builder that updates by alternatives',
    ({ m, e }) =>
      m
        .createQueryBuilder()
        .update(e.Note)
        .set({ rank: 9 })
        .where([{ id: 1 }, { title: 'b' }])
        .execute(),
    { 'note update': 2 },
  ),
];
