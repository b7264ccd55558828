import { CurrentEvents } from '../../../lib/capture/statement/current-events';
import { HookCatalog } from '../../../lib/hook/catalog';
import type { Query } from '../../../lib/store/database';
import { StoredFlow } from '../../support/application/stored-flow';
import { testStore } from '../../support/application/test-store';
import { Order } from '../../support/entities/recheck-entities';

let flow: StoredFlow;

beforeAll(async () => {
  flow = await StoredFlow.start({ entities: [Order] });
});
afterAll(() => flow?.stop());

function order(id: number): Order {
  return Object.assign(new Order(), { id, name: `name ${id}` });
}

describe('CurrentEvents', () => {
  it('One statement reads the rows of all events, each once', async () => {
    const { manager } = flow.dataSource;
    await manager.save([order(1), order(2), order(3)]);
    await manager.save(Object.assign(order(1), { size: 7 }));
    await flow.query('DELETE FROM "order" WHERE id = 2');
    const store = testStore(flow.dataSource);
    const statements: string[] = [];
    const query: Query = (sql, parameters) => {
      statements.push(sql);
      return store.ofApplication(sql, parameters);
    };
    const catalog = new HookCatalog(flow.dataSource).load();
    const current = new CurrentEvents(flow.dataSource, catalog, query);
    const stored = await flow.stored('order');
    const events = await store.events.read(stored.map(({ id }) => id));
    const first = await current.of(catalog.get('order'), events);
    const again = await current.of(catalog.get('order'), events);

    // The first statement reads the catalogue of the database.
    expect(statements).toHaveLength(3);
    expect(again).toEqual(first);
    const kinds = stored.map(({ id }) => first.get(id));
    const of = (id: number, size: number, values: object) => ({
      kind: 'present',
      isMarked: false,
      event: { data: { id, size, name: `name ${id}`, loud: `NAME ${id}` }, ...values },
    });
    expect(kinds).toMatchObject([
      of(1, 7, { operation: 'insert', previous: null }),
      { kind: 'gone' },
      of(3, 1, { operation: 'insert' }),
      of(1, 7, { operation: 'update', previous: { size: 1 }, changed: ['size'] }),
    ]);
  });

  it('An event without its key has no known row', async () => {
    const catalog = new HookCatalog(flow.dataSource).load();
    const query = () => Promise.reject(new Error('There is nothing to read.'));
    const current = new CurrentEvents(flow.dataSource, catalog, query);
    const [stored] = await flow.stored('order');
    const store = testStore(flow.dataSource);
    const [event] = await store.events.read([stored?.id ?? '']);
    if (!event) throw new Error('The event is stored.');
    const older = { ...event, data: { name: 'Joe' } };
    const rows = await current.of(catalog.get('order'), [older]);
    expect(rows.get(event.id)).toEqual({ kind: 'unknown' });
  });
});
