import { In } from 'typeorm';
import { TOKEN } from '../../../../support/capture/models/plain';
import { againIn03, ifManagerHas, line } from './case';

/** Removal, soft removal and recovery, by entities and by criteria. */
export const REMOVALS = [
  line(
    'remove() of an entity',
    async ({ m, e }) => m.remove(await m.findOneByOrFail(e.Note, { id: 1 })),
    { 'note remove': 1 },
  ),
  line(
    'remove() of an array',
    async ({ m, e }) => m.remove(await m.findBy(e.Note, { id: In([1, 2]) })),
    { 'note remove': 2 },
  ),
  line('remove() of a part', ({ m, e }) => m.remove(Object.assign(new e.Note(), { id: 2 })), {
    'note remove': 1,
  }),
  line('remove() of a row that does not exist', ({ m, e }) =>
    m.remove(Object.assign(new e.Note(), { id: 999, title: 'n' })),
  ),
  line(
    'remove() of an array with a row that does not exist',
    ({ m, e }) => m.remove([1, 999].map((id) => Object.assign(new e.Note(), { id }))),
    { 'note remove': 1 },
  ),
  line(
    'remove() with `listeners: false`',
    ({ m, e }) => m.remove(Object.assign(new e.Note(), { id: 2 }), { listeners: false }),
    {
      'note remove': 1,
    },
  ),
  line(
    'remove() of a softly removed row',
    ({ m, e }) => m.remove(Object.assign(new e.Doc(), { id: 3 })),
    { 'doc remove': 1 },
  ),
  line(
    'remove() of composite keys',
    async ({ m, e }) => m.remove(await m.findBy(e.Pair, { a: 1 })),
    { 'pair remove': 2 },
  ),
  line(
    'remove() in a table with odd names',
    async ({ m, e }) => m.remove(await m.findOneByOrFail(e.Odd, { id: 1 })),
    {
      'odd remove': 1,
    },
  ),
  line(
    'softRemove() of an entity',
    async ({ m, e }) => m.softRemove(await m.findOneByOrFail(e.Doc, { id: 1 })),
    {
      'doc softRemove': 1,
    },
  ),
  line('softRemove() of an array', async ({ m, e }) => m.softRemove(await m.find(e.Doc)), {
    'doc softRemove': 2,
  }),
  line(
    'softRemove() of a row that is removed already',
    async ({ m, e }) =>
      m.softRemove(await m.findOneOrFail(e.Doc, { where: { id: 3 }, withDeleted: true })),
    againIn03({ 'doc update': 1 }),
  ),
  line(
    'softRemove() of an array with rows that are removed already',
    async ({ m, e }) =>
      m.softRemove(await m.find(e.Doc, { withDeleted: true, order: { id: 'ASC' } })),
    againIn03({ 'doc update': 1 }, { 'doc softRemove': 2 }),
  ),
  line('softRemove() of a row that does not exist', ({ m, e }) =>
    m.softRemove(Object.assign(new e.Doc(), { id: 999, name: 'n' })),
  ),
  line(
    'recover() of an entity',
    async ({ m, e }) =>
      m.recover(await m.findOneOrFail(e.Doc, { where: { id: 3 }, withDeleted: true })),
    {
      'doc recover': 1,
    },
  ),
  line(
    'recover() of an array with rows that are not removed',
    async ({ m, e }) => m.recover(await m.find(e.Doc, { withDeleted: true, order: { id: 'ASC' } })),
    againIn03({ 'doc update': 2 }, { 'doc recover': 1 }),
  ),
  line('delete() by id', ({ m, e }) => m.delete(e.Note, 1), { 'note remove': 1 }),
  line('delete() by ids', ({ m, e }) => m.delete(e.Note, [1, 2, 999]), { 'note remove': 2 }),
  line('delete() by criteria', ({ m, e }) => m.delete(e.Pair, { a: 1 }), { 'pair remove': 2 }),
  line('delete() by a uuid', ({ m, e }) => m.delete(e.Token, TOKEN), { 'token remove': 1 }),
  line('delete() of no row', ({ m, e }) => m.delete(e.Note, { title: 'nowhere' })),
  line('delete() with version and dates', ({ m, e }) => m.delete(e.Doc, [1, 3]), {
    'doc remove': 2,
  }),
  line('delete() in a table with odd names', ({ m, e }) => m.delete(e.Odd, { label: 'o' }), {
    'odd remove': 1,
  }),
  ...ifManagerHas('deleteAll', [
    line('deleteAll()', ({ m, e }) => m.deleteAll(e.Note), { 'note remove': 3 }),
  ]),
  line(
    'a query builder that deletes',
    ({ m, e }) =>
      m.createQueryBuilder().delete().from(e.Note).where('rank > :low', { low: 1 }).execute(),
    {
      'note remove': 2,
    },
  ),
  line(
    'a query builder that deletes all rows',
    ({ m, e }) => m.createQueryBuilder().delete().from(e.Note).execute(),
    {
      'note remove': 3,
    },
  ),
  line(
    'a query builder that deletes and returns everything',
    ({ m, e }) =>
      m.createQueryBuilder().delete().from(e.Note).where({ id: 1 }).returning('*').execute(),
    { 'note remove': 1 },
  ),
  line(
    'a query builder that deletes by ids and returns columns',
    ({ m, e }) =>
      m
        .createQueryBuilder()
        .delete()
        .from(e.Note)
        .whereInIds([1, 2])
        .returning(['title'])
        .execute(),
    { 'note remove': 2 },
  ),
  line('softDelete() by id', ({ m, e }) => m.softDelete(e.Doc, 1), { 'doc softRemove': 1 }),
  line(
    'softDelete() of rows of which one is removed already',
    ({ m, e }) => m.softDelete(e.Doc, [1, 3]),
    againIn03({ 'doc update': 1 }, { 'doc softRemove': 1 }),
  ),
  line(
    'softDelete() by criteria',
    ({ m, e }) => m.softDelete(e.Doc, { name: In(['one', 'two']) }),
    { 'doc softRemove': 2 },
  ),
  line('softDelete() of no row', ({ m, e }) => m.softDelete(e.Doc, { name: 'nowhere' })),
  line(
    'a query builder that softly deletes and returns columns',
    ({ m, e }) =>
      m
        .createQueryBuilder()
        .softDelete()
        .from(e.Doc)
        .where({ id: 1 })
        .returning(['version', 'name'])
        .execute(),
    { 'doc softRemove': 1 },
  ),
  line('restore() by id', ({ m, e }) => m.restore(e.Doc, 3), { 'doc recover': 1 }),
  line(
    'restore() of rows of which one is not removed',
    ({ m, e }) => m.restore(e.Doc, [1, 3]),
    againIn03({ 'doc update': 1 }, { 'doc recover': 1 }),
  ),
  line(
    'a query builder that restores',
    ({ m, e }) =>
      m.createQueryBuilder().restore().from(e.Doc).where('id = :id', { id: 3 }).execute(),
    { 'doc recover': 1 },
  ),
  line('softDelete() of an entity without a delete date', ({ m, e }) => m.softDelete(e.Note, 1)),
];
