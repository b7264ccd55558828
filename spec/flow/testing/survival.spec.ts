import type { AttachOptions } from '../../../lib';
import { captureEvents, type TestReceiver, testReceiver } from '../../../lib/testing';
import { Flow } from '../../support/application/flow';
import { BY_TRIGGERS } from '../../support/application/triggers-flow';
import { Person } from '../../support/entities/person';

const TABLES = `SELECT string_agg(quote_ident(tablename), ', ') AS tables FROM pg_tables
  WHERE schemaname = 'public' AND tablename <> 'migrations'`;

const WAYS: Readonly<Record<string, (flow: Flow) => Promise<unknown>>> = {
  'synchronize(true)': async ({ dataSource }) => {
    await dataSource.synchronize(true);
    await dataSource.runMigrations();
  },
  'dropDatabase()': async ({ dataSource }) => {
    await dataSource.dropDatabase();
    await dataSource.runMigrations();
    await dataSource.synchronize();
  },
  'destroy() and initialize()': async ({ dataSource }) => {
    await dataSource.destroy();
    await dataSource.initialize();
  },
  TRUNCATE: async (flow) => {
    const [row] = await flow.query<{ tables: string }>(TABLES);
    await flow.query(`TRUNCATE ${row?.tables} RESTART IDENTITY CASCADE`);
  },
};

const CASES = Object.keys(WAYS).flatMap((way) => [
  { way, capture: 'subscribers', attach: {} },
  { way, capture: 'triggers', attach: BY_TRIGGERS },
]);

describe('an attachment in tests', () => {
  let flow: Flow;
  let receiver: TestReceiver;
  afterEach(async () => {
    await receiver.close();
    await flow.stop();
  });

  it.each<{ way: string; capture: string; attach: AttachOptions }>(CASES)(
    'It captures and sends again after $way, by $capture',
    async ({ way, attach }) => {
      flow = await Flow.start({ attach });
      receiver = await testReceiver();
      const { url, secret } = receiver;
      for (const n of [1, 2, 3]) {
        await flow.hooks.for(Person).listener({ url, secret }).save();
        const { events } = await captureEvents(flow.dataSource, () => flow.savePeople(n));
        expect(events).toHaveLength(n);
        await flow.hooks.testing.deliver();
        expect(receiver.events).toHaveLength(n);
        receiver.clear();
        await WAYS[way]?.(flow);
      }
    },
  );

  it('A block keeps the events of tables that are emptied before it ends', async () => {
    flow = await Flow.start({ attach: { work: false } });
    receiver = await testReceiver();
    const { events } = await captureEvents(flow.dataSource, async () => {
      await flow.savePeople(1, 'Joe');
      await flow.dataSource.transaction((manager) => manager.save(Person, { name: 'Ann' }));
      await WAYS.TRUNCATE?.(flow);
    });
    expect(events.map(({ data }) => data.name)).toEqual(['Joe', 'Ann']);
  });

  it('A block records while the engine sends, and while nothing is sent', async () => {
    for (const attach of [
      { retention: { eventsMs: 1, deliveriesMs: 1 }, sweepMs: 200 },
      { dispatcher: 'disabled' },
    ] as const) {
      await flow?.stop();
      flow = await Flow.start({ attach });
      const { events } = await captureEvents(flow.dataSource, async () => {
        for (const name of ['a', 'b', 'c']) await flow.savePeople(1, name);
        await flow.hooks.idle();
      });
      expect(events.map(({ data }) => data.name)).toEqual(['a', 'b', 'c']);
    }
    receiver = await testReceiver();
  });

  it('A block needs no second connection while a transaction is open', async () => {
    flow = await Flow.start({ attach: { work: false }, dataSource: { poolSize: 1 } });
    receiver = await testReceiver();
    const { result } = await captureEvents(flow.dataSource, () =>
      flow.dataSource.transaction((manager) =>
        captureEvents(flow.dataSource, () => manager.save(Person, { name: 'Joe' })),
      ),
    );
    expect(result.events).toHaveLength(1);
  });
});
