import { Code } from '../../../../support/capture/models/made';
import { line } from './case';

const code = (text: string): Code => new Code(text);

/** Values and keys that the database makes or changes, and keys that are objects. */
export const MADE = [
  line(
    'save() of a new row with a generated column',
    ({ m, e }) => m.save(e.Generated, { label: 'n' }),
    { 'generated insert': 1 },
  ),
  line(
    'save() of a column that another one is generated from',
    ({ m, e }) => m.save(e.Generated, { id: 1, label: 'changed' }),
    {
      'generated update': 1,
    },
  ),
  line(
    'update() of a column that another one is generated from',
    ({ m, e }) => m.update(e.Generated, [1, 2], { label: 'changed' }),
    {
      'generated update': 2,
    },
  ),
  line('insert() with a generated column', ({ m, e }) => m.insert(e.Generated, { label: 'n' }), {
    'generated insert': 1,
  }),
  line(
    'remove() with a generated column',
    async ({ m, e }) => m.remove(await m.findOneByOrFail(e.Generated, { id: 1 })),
    {
      'generated remove': 1,
    },
  ),
  line(
    'save() of a new row that a trigger completes',
    ({ m, e }) => m.save(e.Triggered, { title: 'New' }),
    { 'triggered insert': 1 },
  ),
  line(
    'save() of a row that a trigger completes',
    ({ m, e }) => m.save(e.Triggered, { id: 1, title: 'Bb' }),
    {
      'triggered update': 1,
    },
  ),
  line(
    'update() of rows that a trigger completes',
    ({ m, e }) => m.update(e.Triggered, [1, 2], { title: 'Cc' }),
    {
      'triggered update': 2,
    },
  ),
  line(
    'insert() of a row that a trigger completes',
    ({ m, e }) => m.insert(e.Triggered, { title: 'New' }),
    { 'triggered insert': 1 },
  ),
  line(
    'insert() of a row that a trigger suppresses',
    ({ m, e }) => m.insert(e.Triggered, [{ title: 'never' }, { title: 'New' }]),
    {
      'triggered insert': 1,
    },
  ),
  line('save() of a change that a trigger suppresses', ({ m, e }) =>
    m.save(e.Triggered, { id: 1, title: 'never' }),
  ),
  line('update() of rows that a trigger suppresses', ({ m, e }) =>
    m.update(e.Triggered, [1, 2], { title: 'never' }),
  ),
  line(
    'remove() of a row that a trigger keeps',
    async ({ m, e }) => m.remove(await m.find(e.Triggered)),
    { 'triggered remove': 1 },
  ),
  line('delete() of a row that a trigger keeps', ({ m, e }) => m.delete(e.Triggered, [1, 2]), {
    'triggered remove': 1,
  }),
  line(
    'softRemove() and recover() of a row that a trigger completes',
    async ({ m, e }) => {
      const row = await m.softRemove(await m.findOneByOrFail(e.Triggered, { id: 1 }));
      return m.recover(row);
    },
    { 'triggered softRemove': 1, 'triggered recover': 1 },
  ),
  line(
    'save() of a new row whose key a trigger changes',
    ({ m, e }) => m.save(e.Keyed, { id: 'low', label: 'n' }),
    { 'keyed insert': 1 },
  ),
  line(
    'insert() of a row whose key a trigger changes',
    ({ m, e }) => m.insert(e.Keyed, { id: 'low', label: 'n' }),
    { 'keyed insert': 1 },
  ),
  line(
    'update() of a row whose key a trigger made',
    ({ m, e }) => m.update(e.Keyed, 'K', { label: 'changed' }),
    { 'keyed update': 1 },
  ),
  line(
    'upsert() of a row whose key a trigger changes',
    ({ m, e }) => m.upsert(e.Keyed, { id: 'k', label: 'changed' }, ['id']),
    {
      'keyed update': 1,
    },
    { mayBegin: true },
  ),
  line(
    'save() of a new row whose key has microseconds',
    ({ m, e }) => m.save(e.Moment, { label: 'n' }),
    { 'moment insert': 1 },
  ),
  line(
    'save() of new rows whose keys have microseconds',
    ({ m, e }) => m.save(e.Moment, [{ label: 'n' }, { label: 'o' }]),
    {
      'moment insert': 2,
    },
  ),
  line(
    'save() of a new row whose key has microseconds with `reload: false`',
    ({ m, e }) => m.save(e.Moment, { label: 'n' }, { reload: false }),
    {
      'moment insert': 1,
    },
  ),
  line(
    'insert() of a row whose key has microseconds',
    ({ m, e }) => m.insert(e.Moment, { label: 'n' }),
    { 'moment insert': 1 },
  ),
  line(
    'update() of a row whose key has microseconds',
    ({ m, e }) => m.update(e.Moment, { label: 'seed' }, { rank: 5 }),
    { 'moment update': 1 },
  ),
  line(
    'delete() of a row whose key has microseconds',
    ({ m, e }) => m.delete(e.Moment, { label: 'seed' }),
    { 'moment remove': 1 },
  ),
  line('remove() of a row that a key without microseconds does not find', async ({ m, e }) =>
    m.remove(await m.findOneByOrFail(e.Moment, { label: 'seed' })),
  ),
  line(
    'save() of a new row whose key is an object',
    ({ m, e }) => m.save(e.Coded, { code: code('new'), label: 'n' }),
    { 'coded insert': 1 },
  ),
  line(
    'save() of a loaded row whose key is an object',
    async ({ m, e }) =>
      m.save(Object.assign(await m.findOneByOrFail(e.Coded, { label: 'first' }), { rank: 5 })),
    { 'coded update': 1 },
  ),
  line(
    'softRemove() of a row whose key is an object',
    async ({ m, e }) => m.softRemove(await m.findOneByOrFail(e.Coded, { label: 'first' })),
    { 'coded softRemove': 1 },
  ),
  line(
    'remove() of rows whose keys are objects',
    async ({ m, e }) => m.remove(await m.find(e.Coded, { order: { label: 'ASC' } })),
    { 'coded remove': 2 },
  ),
  line(
    'insert() of a row whose key is an object',
    ({ m, e }) => m.insert(e.Coded, { code: code('new'), label: 'n' }),
    { 'coded insert': 1 },
  ),
  line(
    'update() of a row whose key is an object',
    ({ m, e }) => m.update(e.Coded, { code: code('c1') }, { rank: 5 }),
    { 'coded update': 1 },
  ),
  line(
    'delete() of a row whose key is an object',
    ({ m, e }) => m.delete(e.Coded, { code: code('c1') }),
    { 'coded remove': 1 },
  ),
  line(
    'softDelete() of a row whose key is an object',
    ({ m, e }) => m.softDelete(e.Coded, { label: 'first' }),
    { 'coded softRemove': 1 },
  ),
];
