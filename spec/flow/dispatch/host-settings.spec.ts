import { Client, types } from 'pg';
import { SPEC_KEYS } from '../../support/application/application';
import { Flow } from '../../support/application/flow';

let flow: Flow;
let besides: Flow[] = [];

beforeEach(async () => {
  flow = await Flow.start({ attach: { work: false } });
});

afterEach(async () => {
  for (const beside of besides.splice(0)) await beside.stop();
  await flow.stop();
});

/** Ids of types whose parser an application may replace for the whole process. */
const TYPE_IDS: readonly (readonly [string, number])[] = [
  ['boolean', 16],
  ['bytea', 17],
  ['bigint', 20],
  ['integer', 23],
  ['json', 114],
  ['double precision', 701],
  ['text[]', 1009],
  ['timestamp with time zone', 1184],
  ['uuid', 2950],
  ['uuid[]', 2951],
];

describe('the parsers of the application', () => {
  it.each(TYPE_IDS)(
    'An ordered listener gets its event whatever %s is parsed to',
    async (_, id) => {
      const original = types.getTypeParser(id);
      const { receiver, listener } = await flow.listen(undefined, { ordered: true });
      try {
        types.setTypeParser(id, (value) => ({ wrapped: value }));
        const worker = await beside();
        const captured: string[] = [];
        worker.hooks.on('captured', ({ eventId }) => captured.push(eventId));
        await worker.savePeople(2);
        expect(captured).toHaveLength(2);
        await worker.hooks.idle();
        expect(receiver.received).toHaveLength(2);
        const { items } = await worker.hooks.deliveries.find({ listener: listener.id });
        expect(items.map(({ status, attempt }) => [status, attempt])).toEqual([
          ['done', 1],
          ['done', 1],
        ]);
        expect(items[0]?.createdAt).toBeInstanceOf(Date);
        expect(await worker.hooks.listeners.get(listener.id)).toMatchObject({ active: true });
      } finally {
        types.setTypeParser(id, original as (value: string) => unknown);
      }
    },
  );
});

describe('the settings of the role', () => {
  it.each([
    "DateStyle = 'German'",
    "TimeZone = 'America/St_Johns'",
    "IntervalStyle = 'sql_standard'",
    "bytea_output = 'escape'",
    "default_transaction_isolation = 'serializable'",
    "default_transaction_isolation = 'repeatable read'",
    'default_transaction_deferrable = on',
    'enable_indexscan = off',
    'search_path = public, pg_catalog',
    'quote_all_identifiers = on',
    'extra_float_digits = -15',
  ])('Two workers send 40 events under %s', async (setting) => {
    const { receiver } = await flow.listen();
    await alterDatabase(setting);
    const workers = [await beside(), await beside()];
    for (let n = 0; n < 4; n += 1) for (const worker of workers) await worker.savePeople(5);
    for (const worker of workers) await worker.hooks.idle();
    const ids = receiver.received.map(({ headers }) => headers['hook-delivery']);
    expect([ids.length, new Set(ids).size]).toEqual([40, 40]);
  });
});

async function beside(): Promise<Flow> {
  const worker = await Flow.start({ url: flow.url, attach: { encryptionKeys: SPEC_KEYS } });
  besides = [...besides, worker];
  return worker;
}

async function alterDatabase(setting: string): Promise<void> {
  const client = new Client({ connectionString: flow.url });
  await client.connect();
  await client.query(`ALTER DATABASE "${new URL(flow.url).pathname.slice(1)}" SET ${setting}`);
  await client.end();
}
