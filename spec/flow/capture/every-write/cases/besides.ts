import { TOKEN } from '../../../../support/capture/models/plain';
import { byTriggers, line } from './case';

/** SQL beside TypeORM, and rows that change while TypeORM writes. */
export const BESIDES = [
  line(
    'SQL of another client',
    ({ raw }) =>
      raw(
        "UPDATE note SET rank = 9; INSERT INTO note (title) VALUES ('n'); DELETE FROM note WHERE id = 2",
      ).then(() => 'done'),
    byTriggers({ 'note update': 3, 'note insert': 1, 'note remove': 1 }),
  ),
  line(
    'save() of a row that another client removes meanwhile',
    ({ m, e, raw, beside }) =>
      beside({ listenTo: () => e.Token, beforeUpdate: () => raw('DELETE FROM token') }, () =>
        m.save(e.Token, { id: TOKEN, label: 'changed' }),
      ),
    byTriggers({ 'token remove': 1 }),
  ),
  line(
    'remove() of a row that another client removes meanwhile',
    ({ m, e, raw, beside }) =>
      beside({ listenTo: () => e.Token, beforeRemove: () => raw('DELETE FROM token') }, async () =>
        m.remove(await m.findOneByOrFail(e.Token, { id: TOKEN })),
      ),
    byTriggers({ 'token remove': 1 }),
  ),
  line(
    'save() of a row that changed after it was loaded',
    async ({ m, e, raw }) => {
      const note = await m.findOneByOrFail(e.Note, { id: 1 });
      await raw("UPDATE note SET rank = 50, body = 'other' WHERE id = 1");
      return m.save(Object.assign(note, { title: 'changed' }));
    },
    byTriggers({ 'note update': 2 }, { 'note update': 1 }),
  ),
  line(
    'writes of a subscriber of the application',
    ({ m, e, beside }) =>
      beside(
        {
          listenTo: () => e.Note,
          afterInsert: async ({ manager }) => {
            await manager.update(e.Note, 2, { rank: 9 });
            await manager.save(e.Token, { label: 'by a subscriber' });
          },
        },
        () => m.save(e.Note, { title: 'n' }),
      ),
    { 'note insert': 1, 'note update': 1, 'token insert': 1 },
  ),
  line(
    'an entity that a listener of the application changes when it is loaded',
    ({ m, e, beside }) =>
      beside(
        {
          listenTo: () => e.Note,
          afterLoad: (entity) =>
            void Object.assign(entity, { title: String(entity.title).toUpperCase() }),
        },
        async () => {
          const note = await m.findOneByOrFail(e.Note, { id: 1 });
          return m.save(Object.assign(note, { rank: 9 }));
        },
      ),
    { 'note update': 1 },
  ),
];
