import { byTriggers, line } from './case';

const merged = { mayMerge: true } as const;

/** Relations to one and to many, from both sides. */
export const RELATIONS = [
  line(
    'save() that cascades to new children',
    ({ m, e }) => m.save(e.Author, { name: 'n', books: [{ name: 'b1' }, { name: 'b2' }] }),
    { 'author insert': 1, 'book insert': 2 },
    merged,
  ),
  line(
    'save() that cascades two levels',
    ({ m, e }) =>
      m.save(e.Author, {
        name: 'n',
        books: [{ name: 'b', chapters: [{ name: 'c1' }, { name: 'c2' }] }],
      }),
    { 'author insert': 1, 'book insert': 1, 'chapter insert': 2 },
    merged,
  ),
  line(
    'save() that cascades to a changed child',
    async ({ m, e }) => {
      const author = await m.findOneOrFail(e.Author, {
        where: { id: 1 },
        relations: { books: true },
        order: { books: { id: 'ASC' } },
      });
      author.books[0]!.name = 'changed';
      return m.save(author);
    },
    { 'book update': 1 },
  ),
  line(
    'save() that takes a child from another parent',
    ({ m, e }) => m.save(e.Author, { id: 2, books: [{ id: 1 }] }),
    { 'book update': 1 },
    merged,
  ),
  line(
    'save() that gives children without a parent one',
    ({ m, e }) => m.save(e.Author, { name: 'n', books: [{ id: 3 }] }),
    { 'author insert': 1, 'book update': 1 },
    merged,
  ),
  line(
    'save() of a parent with a child that was saved before',
    async ({ m, e }) => {
      const book = await m.save(e.Book, { name: 'early' });
      return m.save(e.Author, { name: 'late', books: [book] });
    },
    { 'book insert': 1, 'author insert': 1, 'book update': 1 },
  ),
  line(
    'save() that drops a child',
    async ({ m, e }) => {
      const author = await m.findOneOrFail(e.Author, {
        where: { id: 1 },
        relations: { books: true },
        order: { books: { id: 'ASC' } },
      });
      author.books = [author.books[1]!];
      return m.save(author);
    },
    { 'book update': 1 },
  ),
  line(
    'save() that drops, changes and adds children',
    async ({ m, e }) => {
      const author = await m.findOneOrFail(e.Author, {
        where: { id: 1 },
        relations: { books: true },
        order: { books: { id: 'ASC' } },
      });
      author.name = 'changed';
      author.books = [
        Object.assign(author.books[1]!, { name: 'kept' }),
        Object.assign(new e.Book(), { name: 'new' }),
      ];
      return m.save(author);
    },
    { 'author update': 1, 'book update': 2, 'book insert': 1 },
    merged,
  ),
  line('save() that drops all children', ({ m, e }) => m.save(e.Author, { id: 1, books: [] }), {
    'book update': 2,
  }),
  line(
    'save() of a child with another parent',
    ({ m, e }) => m.save(e.Book, { id: 1, author: { id: 2 } }),
    { 'book update': 1 },
  ),
  line(
    'save() of a child without its parent',
    ({ m, e }) => m.save(e.Book, { id: 1, author: null }),
    { 'book update': 1 },
  ),
  line(
    'save() of a new child with a parent',
    ({ m, e }) => m.save(e.Book, { name: 'n', author: { id: 2 } }),
    { 'book insert': 1 },
  ),
  line(
    'insert() of a child with a parent',
    ({ m, e }) => m.insert(e.Book, { name: 'n', author: { id: 2 } }),
    { 'book insert': 1 },
  ),
  line(
    'update() of a parent of children',
    ({ m, e }) => m.update(e.Book, [1, 3], { author: { id: 2 } }),
    { 'book update': 2 },
  ),
  line(
    'update() by a parent',
    ({ m, e }) => m.update(e.Book, { author: { id: 1 } }, { name: 'changed' }),
    { 'book update': 2 },
  ),
  line(
    'delete() by a parent',
    ({ m, e }) => m.delete(e.Book, { author: { id: 1 } }),
    byTriggers({ 'chapter remove': 2 }, { 'book remove': 2 }),
  ),
  line(
    'remove() of a parent whose children the database removes',
    async ({ m, e }) => m.remove(await m.findOneByOrFail(e.Book, { id: 1 })),
    byTriggers({ 'chapter remove': 2 }, { 'book remove': 1 }),
  ),
  line(
    'delete() of a parent whose children the database changes',
    ({ m, e }) =>
      m.transaction(async (t) => {
        await t.update(e.Profile, 1, { author: null });
        return t.delete(e.Author, 1);
      }),
    byTriggers({ 'book update': 2 }, { 'author remove': 1, 'profile update': 1 }),
  ),
  line(
    'a relation builder that adds',
    ({ m, e }) => m.createQueryBuilder().relation(e.Author, 'books').of(2).add(3),
    { 'book update': 1 },
  ),
  line(
    'a relation builder that adds several',
    ({ m, e }) => m.createQueryBuilder().relation(e.Author, 'books').of(2).add([1, 3]),
    {
      'book update': 2,
    },
  ),
  line('a relation builder that adds what is there', ({ m, e }) =>
    m.createQueryBuilder().relation(e.Author, 'books').of(1).add(1),
  ),
  line(
    'a relation builder that removes',
    ({ m, e }) => m.createQueryBuilder().relation(e.Author, 'books').of(1).remove(1),
    {
      'book update': 1,
    },
  ),
  line(
    'a relation builder that sets',
    ({ m, e }) => m.createQueryBuilder().relation(e.Book, 'author').of(1).set(2),
    { 'book update': 1 },
  ),
  line(
    'a relation builder that sets nothing',
    ({ m, e }) => m.createQueryBuilder().relation(e.Book, 'author').of([1, 2]).set(null),
    {
      'book update': 2,
    },
  ),
  line(
    'save() of a new pair of one to one',
    ({ m, e }) => m.save(e.Author, { name: 'n', profile: { text: 't' } }),
    {
      'author insert': 1,
      'profile insert': 1,
    },
    merged,
  ),
  line(
    'save() of a new pair from the owning side',
    ({ m, e }) => m.save(e.Profile, { text: 't', author: { name: 'n' } }),
    {
      'author insert': 1,
      'profile insert': 1,
    },
  ),
  line(
    'save() that takes the other of one to one, which the database refuses',
    ({ m, e }) => m.save(e.Author, { id: 1, profile: { id: 2 } }),
    {},
    merged,
  ),
  line(
    'save() that drops the other of one to one',
    ({ m, e }) => m.save(e.Author, { id: 1, profile: null } as never),
    {
      'profile update': 1,
    },
  ),
  line(
    'save() of rows of one table that refer to each other',
    ({ m, e }) => m.save(e.Worker, { name: 'n', team: [{ name: 'o', team: [{ name: 'p' }] }] }),
    {
      'worker insert': 3,
      'worker update': 2,
    },
    merged,
  ),
  line(
    'save() of two rows in a circle',
    async ({ m, e }) => {
      const [one, other] = ['n', 'o'].map((name) => Object.assign(new e.Worker(), { name }));
      one!.boss = other!;
      other!.boss = one!;
      await m.save([one!, other!]);
      return [one!.id, other!.id];
    },
    { 'worker insert': 2, 'worker update': 2 },
    merged,
  ),
];

/** Many to many: the junction rows are rows of no hook, unless their ids are provided. */
export const JUNCTIONS = [
  line(
    'save() that cascades to new partners',
    ({ m, e }) => m.save(e.Post, { title: 'n', tags: [{ name: 'new' }, { id: 2 }] as never }),
    {
      'post insert': 1,
      'tag insert': 1,
    },
  ),
  line('save() that changes partners only', ({ m, e }) =>
    m.save(e.Post, { id: 1, tags: [{ id: 2 }] }),
  ),
  line(
    'save() of a partner from the other side',
    ({ m, e }) => m.save(e.Tag, { name: 'n', posts: [{ id: 1 }] }),
    { 'tag insert': 1 },
  ),
  line('a relation builder that adds partners', ({ m, e }) =>
    m.createQueryBuilder().relation(e.Post, 'tags').of(1).add(2),
  ),
  line('a relation builder that removes partners', ({ m, e }) =>
    m.createQueryBuilder().relation(e.Post, 'tags').of(1).remove(1),
  ),
  line(
    'remove() of an entity with partners',
    async ({ m, e }) =>
      m.remove(await m.findOneOrFail(e.Post, { where: { id: 1 }, relations: { tags: true } })),
    ({ typeorm }) => ({ 'post remove': 1, ...(typeorm === '1.1.1' && { 'tag remove': 1 }) }),
  ),
  line('delete() of an entity with partners', ({ m, e }) => m.delete(e.Post, 1), {
    'post remove': 1,
  }),
];

/** What `save()` does with children that were taken out of the array. */
export const ORPHANS = [
  line(
    "an orphan of `orphanedRowAction: 'nullify'`",
    ({ m, e }) => m.save(e.Parent, { id: 1, nullified: [{ id: 1 }] }),
    { 'nullified update': 1 },
  ),
  line(
    "an orphan of `orphanedRowAction: 'delete'`",
    ({ m, e }) => m.save(e.Parent, { id: 1, deleted: [{ id: 1 }] }),
    {
      'deleted remove': 1,
    },
  ),
  line(
    "an orphan of `orphanedRowAction: 'soft-delete'`",
    ({ m, e }) => m.save(e.Parent, { id: 1, softDeleted: [{ id: 1 }] }),
    { 'softDeleted softRemove': 1 },
  ),
  line("an orphan of `orphanedRowAction: 'disable'`", ({ m, e }) =>
    m.save(e.Parent, { id: 1, disabled: [{ id: 1 }] }),
  ),
  line(
    'orphans of each kind, with new children',
    ({ m, e }) =>
      m.save(e.Parent, {
        id: 1,
        name: 'changed',
        nullified: [{ name: 'n' }],
        deleted: [{ id: 2 }, { name: 'd' }],
        softDeleted: [],
      }),
    {
      'parent update': 1,
      'nullified insert': 1,
      'nullified update': 2,
      'deleted remove': 1,
      'deleted insert': 1,
      'softDeleted softRemove': 2,
    },
    merged,
  ),
];
