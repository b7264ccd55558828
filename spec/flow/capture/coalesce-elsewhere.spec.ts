import { type EntityManager, MoreThan } from 'typeorm';
import { type AttachOptions, BackgroundResponse, type HookEvent } from '../../../lib';
import { Flow } from '../../support/application/flow';
import { Meeting } from '../../support/application/meeting';
import { BY_TRIGGERS } from '../../support/application/triggers-flow';
import { Stock, stock } from '../../support/entities/stock';

const CAPTURES: readonly (readonly [string, AttachOptions])[] = [
  ['subscribers', {}],
  ['triggers', BY_TRIGGERS],
];

describe.each(CAPTURES)('the option `coalesce` beside others, captured by %s', (by, capture) => {
  let flow: Flow;
  afterEach(() => flow.stop());

  const start = async (attach: AttachOptions = {}) => {
    flow = await Flow.start({ entities: [Stock], attach: { ...capture, ...attach } });
  };
  const stored = () =>
    flow.query<{ operation: string; name: string; context: unknown }>(
      `SELECT operation, data->>'name' AS name, context FROM model_hook_event ORDER BY sequence`,
    );

  /** Inserts a row and updates it. */
  const write = async (name: string, manager: EntityManager) => {
    const { id } = await manager.save(stock(`first ${name}`));
    await manager.update(Stock, id, { name });
  };
  const heard = async () => {
    const events: HookEvent[] = [];
    const handler = flow.hooks.handler('all', (event) => {
      events.push(event);
      return BackgroundResponse.done();
    });
    await flow.hooks.for(Stock).listener(handler).save();
    return events;
  };

  it('The event has the context of the last write, also if that has none', async () => {
    await start({ work: false });
    const { hooks, dataSource } = flow;
    await dataSource.transaction(async (manager) => {
      const [a, b] = await hooks.withContext({ actor: 'first' }, () =>
        manager.save([stock('a'), stock('b')]),
      );
      await hooks.withContext({ actor: 'last' }, () => manager.update(Stock, a?.id, { name: 'A' }));
      await manager.update(Stock, b?.id, { name: 'B' });
      const undone = hooks.withContext({ actor: 'undone' }, () =>
        manager.transaction(async (inner) => {
          await inner.update(Stock, a?.id, { name: 'undone' });
          throw new Error('undone');
        }),
      );
      await expect(undone).rejects.toThrow('undone');
    });
    expect(await stored()).toEqual([
      { operation: 'insert', name: 'A', context: { actor: 'last' } },
      { operation: 'insert', name: 'B', context: null },
    ]);
  });

  it('The one event is sent by hooks.buffer and by the dispatcher `inline`', async () => {
    await start({ dispatcher: 'inline' });
    const events = await heard();
    await flow.hooks.buffer(async () => {
      await flow.dataSource.transaction((manager) => write('buffered', manager));
      expect(events).toEqual([]);
    });
    await flow.dataSource.transaction((manager) => write('inline', manager));
    await flow.hooks.idle();
    expect(events.map(({ name, data }) => [name, data.name])).toEqual([
      ['stock.created', 'buffered'],
      ['stock.created', 'inline'],
    ]);
  });

  it('A serializable transaction that is run again has one event for each row', async () => {
    await start({ work: false });
    const two = new Meeting(2);
    const run = async (name: string): Promise<void> => {
      let isFirst = true;
      for (;;) {
        const done = await flow.dataSource
          .transaction('SERIALIZABLE', async (manager) => {
            await write(name, manager);
            if (isFirst) await two.arrive();
          })
          .then(
            () => true,
            (error: { readonly code?: string }) => {
              expect(error.code).toBe('40001');
              return false;
            },
          );
        if (done) return;
        isFirst = false;
      }
    };
    await Promise.all([run('a'), run('b')]);
    const names = (await stored()).map(({ operation, name }) => `${operation} ${name}`);
    expect(names.sort()).toEqual(['insert a', 'insert b']);
  });

  it('A transaction of many rows has one event for each', async () => {
    await start({ work: false });
    await flow.dataSource.transaction(async (manager) => {
      await manager.insert(
        Stock,
        Array.from({ length: 300 }, () => ({ name: 'a' })),
      );
      await manager.update(Stock, { name: 'a' }, { name: 'b' });
      await manager.delete(Stock, { id: MoreThan(290) });
    });
    const names = (await stored()).map(({ operation, name }) => `${operation} ${name}`);
    expect(names).toEqual(Array.from({ length: 290 }, () => 'insert b'));
  });

  it('A role that may only write events merges them, and may not delete any', async () => {
    await start({ work: false });
    const role = `writes_events_${process.pid}_${by}`;
    await flow.query(`CREATE ROLE ${role}`);
    await flow.query(`GRANT ALL ON stock TO ${role}`);
    await flow.query(`GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO ${role}`);
    await flow.query(`GRANT INSERT, SELECT ON model_hook_event TO ${role}`);
    try {
      await flow.dataSource.transaction(async (manager) => {
        await manager.query(`SET LOCAL ROLE ${role}`);
        await write('limited', manager);
      });
      expect(await stored()).toMatchObject([{ operation: 'insert', name: 'limited' }]);
      const deleting = flow.dataSource.transaction(async (manager) => {
        await manager.query(`SET LOCAL ROLE ${role}`);
        await manager.query('DELETE FROM model_hook_event');
      });
      await expect(deleting).rejects.toMatchObject({ code: '42501' });
    } finally {
      await flow.query(`DROP OWNED BY ${role}`);
      await flow.query(`DROP ROLE ${role}`);
    }
  });
});
