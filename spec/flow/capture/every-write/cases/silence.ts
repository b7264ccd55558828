import { type Case, line } from './case';

const SILENT: readonly Case[] = [
  line('save() in silence', ({ m, e, silently }) =>
    silently(() => m.save(e.Note, [{ title: 'n' }, { id: 1, rank: 9 }])),
  ),
  line('insert() in silence', ({ m, e, silently }) =>
    silently(() => m.insert(e.Note, { title: 'n' })),
  ),
  line('update() in silence', ({ m, e, silently }) =>
    silently(() => m.update(e.Note, [1, 2], { rank: 9 })),
  ),
  line('upsert() in silence', ({ m, e, silently }) =>
    silently(() => m.upsert(e.Note, [{ title: 'a', rank: 9 }, { title: 'n' }], ['title'])),
  ),
  line('delete() in silence', ({ m, e, silently }) => silently(() => m.delete(e.Note, [1, 2]))),
  line('remove() in silence', ({ m, e, silently }) =>
    silently(async () => m.remove(await m.findBy(e.Note, { id: 1 }))),
  ),
  line('softDelete() and restore() in silence', ({ m, e, silently }) =>
    silently(async () => [await m.softDelete(e.Doc, 1), await m.restore(e.Doc, 3)]),
  ),
  line('a query builder in silence', ({ m, e, silently }) =>
    silently(() => m.createQueryBuilder().update(e.Note).set({ rank: 9 }).execute()),
  ),
  line('a relation builder in silence', ({ m, e, silently }) =>
    silently(() => m.createQueryBuilder().relation(e.Author, 'books').of(2).add([1, 3])),
  ),
  line('save() with cascades in silence', ({ m, e, silently }) =>
    silently(() => m.save(e.Author, { id: 1, name: 'changed', books: [{ name: 'n' }] })),
  ),
  line('a transaction in silence', ({ m, e, silently }) =>
    silently(() =>
      m.transaction(async (t) => {
        await t.save(e.Note, { title: 'n' });
        await t.update(e.Note, 1, { rank: 9 });
      }),
    ),
  ),
];

/** Writes inside `hooks.silence` have no events, those beside it have. */
export const SILENCE: readonly Case[] = [
  ...SILENT.map((write) => ({ ...write, silent: 'all' as const })),
  line(
    'a transaction with a write in silence',
    ({ m, e, silently }) =>
      m.transaction(async (t) => {
        await t.update(e.Note, 1, { rank: 8 });
        await silently(() => t.update(e.Token, { label: 'seed' }, { label: 'silent' }));
        await silently(() => t.save(e.Token, { label: 'silent too' }));
        await t.update(e.Note, 2, { rank: 9 });
        await t.save(e.Note, { title: 'n' });
      }),
    { 'note insert': 1, 'note update': 2 },
    { silent: ['token'] },
  ),
  line(
    'a write beside one in silence',
    ({ m, e, silently }) =>
      Promise.all([
        silently(() => m.update(e.Token, { label: 'seed' }, { label: 'silent' })),
        m.update(e.Note, 1, { rank: 9 }),
      ]),
    { 'note update': 1 },
    { silent: ['token'], isUnordered: true },
  ),
];
