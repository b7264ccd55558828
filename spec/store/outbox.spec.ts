import type { DataSource } from 'typeorm';
import { v7 as uuidv7 } from 'uuid';
import { EventInsert, type NewEventRow } from '../../lib/store/event-insert';
import type { EventOrigin } from '../../lib/store/outbox';
import type { Store } from '../../lib/store/store';
import { newDataSource } from '../support/application/application';
import { createDatabase, type Database } from '../support/application/database';
import { testStore } from '../support/application/test-store';

const ORIGIN = { processId: uuidv7(), skipped: null };
const SEALED = (keyId: string) => `enc:v1:${keyId}:c2VhbGVk`;

let database: Database;
let dataSource: DataSource;
let store: Store;
beforeAll(async () => {
  database = await createDatabase();
  dataSource = newDataSource(database.url, { entities: [] });
  await dataSource.initialize();
  await dataSource.runMigrations();
  store = testStore(dataSource);
});
afterEach(() => dataSource.query('TRUNCATE model_hook_event'));
afterAll(async () => {
  await dataSource?.destroy();
  await database?.drop();
});

function event(values: Partial<NewEventRow> = {}): NewEventRow {
  return {
    id: uuidv7(),
    hook: 'order',
    event: 'order.created',
    operation: 'insert',
    ref: null,
    sender: null,
    headers: null,
    data: { number: 7 },
    previous: null,
    raw_previous: false,
    targets: null,
    row_id: null,
    shape: 'fields',
    due_at: null,
    context: null,
    trace: null,
    ...values,
  };
}

async function insert(rows: readonly NewEventRow[], origin: EventOrigin = ORIGIN): Promise<void> {
  const built = new EventInsert();
  built.addRows(rows);
  await store.outbox.insert(built, origin);
}

const stored = () => dataSource.query('SELECT * FROM model_hook_event ORDER BY id');

describe('OutboxRows.insert', () => {
  it('insert() stores each column of an event', async () => {
    const row = event({
      ref: 'https://example.test/7',
      sender: 'acme',
      headers: { 'X-Order': '7' },
      data: { text: 'a \u0000 "b"', deep: [1, null] },
      previous: { text: null },
      raw_previous: true,
      targets: ['https://example.test'],
      row_id: uuidv7(),
    });
    await insert([row]);
    const [found] = await store.events.read([row.id]);
    expect(found).toEqual({
      ...row,
      occurred_at: expect.any(Date),
      sequence: expect.any(String),
      age_ms: expect.any(Number),
    });
    expect(await stored()).toMatchObject([
      { process_id: ORIGIN.processId, planned_at: null, skipped: null },
    ]);
  });

  it('insert() writes the events of several sources in one statement, and none of a source without rows', async () => {
    const one = event();
    const built = new EventInsert();
    built.addRows([one]);
    const other = uuidv7();
    const values = {
      hook: built.parameter('person', 'text'),
      event: built.parameter('person.updated', 'text'),
      data: "'{}'::json",
    };
    built.add({ from: '(SELECT 1) t', values: { ...values, id: built.parameter(other, 'uuid') } });
    built.add({ from: '(SELECT 1 WHERE false) t', values: { ...values, id: 'gen_random_uuid()' } });
    await store.outbox.insert(built, ORIGIN);
    expect(await stored()).toMatchObject([
      { hook: 'order', operation: 'insert', raw_previous: false },
      { hook: 'person', operation: null, previous: null, raw_previous: false },
    ]);
  });

  it('insert() marks events of a process that sends nothing as skipped and planned', async () => {
    await insert([event()], { ...ORIGIN, skipped: 'the dispatcher was disabled' });
    expect(await stored()).toMatchObject([
      { skipped: 'the dispatcher was disabled', planned_at: expect.any(Date) },
    ]);
  });
});

describe('OutboxRows, in a transaction', () => {
  it('spoilTransaction() makes the commit a rollback', async () => {
    const runner = dataSource.createQueryRunner();
    await runner.startTransaction();
    const joined = store.joining(runner).outbox;
    const built = new EventInsert();
    built.addRows([event()]);
    await joined.insert(built, ORIGIN);
    await joined.spoilTransaction();
    await expect(runner.query('SELECT 1')).rejects.toThrow(/current transaction is aborted/);
    await runner.commitTransaction();
    await runner.release();
    expect(await stored()).toEqual([]);
  });
});

describe('OutboxRows, for targets', () => {
  it('targetsPage() pages through the targets of unplanned events in the order of ids', async () => {
    const rows = [event({ targets: ['https://a.test'] }), event({ targets: SEALED('k1') })];
    const planned = event({ targets: SEALED('k2') });
    await insert([...rows, event(), planned]);
    await dataSource.query('UPDATE model_hook_event SET planned_at = now() WHERE id = $1', [
      planned.id,
    ]);
    const first = await store.outbox.targetsPage(null, 1);
    expect(first).toEqual([{ id: rows[0]?.id, targets: ['https://a.test'] }]);
    const second = await store.outbox.targetsPage(first[0]?.id ?? null, 5);
    expect(second).toEqual([{ id: rows[1]?.id, targets: SEALED('k1') }]);
    expect(await store.outbox.targetKeyIds()).toEqual(['k1']);
  });

  it('writeTargets() replaces the targets of rows that lockTargets() locked', async () => {
    const row = event({ targets: SEALED('old') });
    await insert([row]);
    await store.transaction(async ({ outbox }) => {
      expect(await outbox.lockTargets([row.id])).toEqual([{ id: row.id, targets: SEALED('old') }]);
      await outbox.writeTargets([{ id: row.id, targets: SEALED('new') }]);
    });
    expect(await store.outbox.targetKeyIds()).toEqual(['new']);
  });
});
