import { line } from './case';

/** `save()` in all its forms, of entities without relations. */
export const SAVES = [
  line(
    'save() of a new entity',
    ({ m, e }) => m.save(Object.assign(new e.Note(), { title: 'n' })),
    { 'note insert': 1 },
  ),
  line(
    'save() of a new plain object',
    ({ m, e }) => m.save(e.Note, { title: 'n', body: 'x', secret: 's' }),
    { 'note insert': 1 },
  ),
  line(
    'save() with an id that does not exist',
    ({ m, e }) => m.save(e.Note, { id: 999, title: 'n' }),
    { 'note insert': 1 },
  ),
  line(
    'save() of a changed entity',
    async ({ m, e }) =>
      m.save(Object.assign(await m.findOneByOrFail(e.Note, { id: 2 }), { rank: 7 })),
    { 'note update': 1 },
  ),
  line('save() of an unchanged entity', async ({ m, e }) =>
    m.save(await m.findOneByOrFail(e.Note, { id: 2 })),
  ),
  line('save() of a change that is not provided', async ({ m, e }) =>
    m.save(Object.assign(await m.findOneByOrFail(e.Note, { id: 2 }), { secret: 'changed' })),
  ),
  line('save() of a part', ({ m, e }) => m.save(e.Note, { id: 2, rank: 7 }), { 'note update': 1 }),
  line('save() of a part with null', ({ m, e }) => m.save(e.Note, { id: 2, body: null }), {
    'note update': 1,
  }),
  line('save() of a part that equals the row', ({ m, e }) => m.save(e.Note, { id: 2, rank: 2 })),
  line(
    'save() of an array of new, changed and unchanged entities',
    ({ m, e }) =>
      m.save(e.Note, [
        { title: 'n' },
        { id: 1, rank: 9 },
        { id: 2, rank: 2 },
        { title: 'o' },
        { id: 3, body: 'b' },
      ]),
    { 'note insert': 2, 'note update': 2 },
  ),
  line('save() of an empty array', ({ m, e }) => m.save(e.Note, [])),
  line(
    'save() of several classes',
    ({ m, e }) =>
      m.save([
        Object.assign(new e.Note(), { title: 'n' }),
        Object.assign(new e.Token(), { label: 't' }),
        Object.assign(new e.Note(), { id: 1, title: 'changed' }),
      ]),
    { 'note insert': 1, 'note update': 1, 'token insert': 1 },
  ),
  line(
    'save() in chunks',
    ({ m, e }) =>
      m.save(
        e.Note,
        ['n', 'o', 'p', 'q', 'r'].map((title) => ({ title })),
        { chunk: 2 },
      ),
    { 'note insert': 5 },
  ),
  line(
    'save() of one row twice in an array',
    ({ m, e }) =>
      m.save(e.Note, [
        { id: 1, title: 'x' },
        { id: 1, rank: 9 },
      ]),
    { 'note update': 2 },
    { mayMerge: true },
  ),
  line(
    'save() of a new entity with `listeners: false`',
    ({ m, e }) => m.save(e.Note, { title: 'n' }, { listeners: false }),
    {
      'note insert': 1,
    },
  ),
  line(
    'save() of a change with `listeners: false`',
    ({ m, e }) => m.save(e.Note, { id: 1, rank: 9 }, { listeners: false }),
    {
      'note update': 1,
    },
  ),
  line(
    'save() of a new entity with `reload: false`',
    ({ m, e }) => m.save(e.Note, { title: 'n' }, { reload: false }),
    {
      'note insert': 1,
    },
  ),
  line(
    'save() of an array with `reload: false`',
    ({ m, e }) =>
      m.save(
        e.Doc,
        [{ name: 'n' }, { id: 1, name: 'changed' }, { name: 'o', home: { city: 'Bonn' } }],
        { reload: false },
      ),
    { 'doc insert': 2, 'doc update': 1 },
  ),
  line(
    'save() with `data`',
    ({ m, e }) => m.save(e.Note, { id: 1, rank: 9 }, { data: { by: 'me' } }),
    { 'note update': 1 },
  ),
  line(
    'save() of a new entity with version and dates',
    ({ m, e }) => m.save(e.Doc, { name: 'n', hidden: 'h', cents: 3.5 }),
    {
      'doc insert': 1,
    },
  ),
  line(
    'save() of a changed entity with version and dates',
    async ({ m, e }) =>
      m.save(Object.assign(await m.findOneByOrFail(e.Doc, { id: 1 }), { name: 'changed' })),
    { 'doc update': 1 },
  ),
  line(
    'save() of a part of an embedded object',
    ({ m, e }) => m.save(e.Doc, { id: 1, home: { city: 'Bonn' } }),
    {
      'doc update': 1,
    },
  ),
  line(
    'save() of a column that find() leaves out',
    ({ m, e }) => m.save(e.Doc, { id: 1, hidden: 'changed' }),
    {
      'doc update': 1,
    },
  ),
  line('save() of a transformed value', ({ m, e }) => m.save(e.Doc, { id: 1, cents: 7.5 }), {
    'doc update': 1,
  }),
  line(
    'save() that sets the delete date',
    ({ m, e }) => m.save(e.Doc, { id: 1, deletedAt: new Date('2024-05-05Z') }),
    {
      'doc softRemove': 1,
    },
  ),
  line(
    'save() that clears the delete date',
    async ({ m, e }) => {
      const doc = await m.findOneOrFail(e.Doc, { where: { id: 3 }, withDeleted: true });
      return m.save(Object.assign(doc, { deletedAt: null }));
    },
    { 'doc recover': 1 },
  ),
  line(
    'save() of a new row of a composite key',
    ({ m, e }) => m.save(e.Pair, { a: 5, b: 'z', label: 'n' }),
    { 'pair insert': 1 },
  ),
  line(
    'save() of changes of composite keys',
    ({ m, e }) =>
      m.save(e.Pair, [
        { a: 1, b: 'y', label: 'changed' },
        { a: 2, b: 'x', label: 'too' },
      ]),
    { 'pair update': 2 },
  ),
  line(
    'save() of an entity whose uuid the database makes',
    ({ m, e }) => m.save(e.Token, { label: 'n' }),
    { 'token insert': 1 },
  ),
  line(
    'save() in a table with odd names',
    ({ m, e }) => m.save(e.Odd, [{ label: 'n' }, { id: 1, select: 'changed' }]),
    {
      'odd insert': 1,
      'odd update': 1,
    },
  ),
  line('save() that the database refuses', ({ m, e }) => m.save(e.Note, { title: 'a' })),
  line(
    'save() of an entity that a subscriber of the application changes',
    ({ m, e, beside }) =>
      beside(
        {
          listenTo: () => e.Note,
          beforeUpdate: ({ entity }) =>
            void Object.assign(entity ?? {}, { body: 'by a subscriber' }),
        },
        () => m.save(e.Note, { id: 1, rank: 9 }),
      ),
    { 'note update': 1 },
  ),
];
