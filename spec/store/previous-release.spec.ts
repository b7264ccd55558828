import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DataSource } from 'typeorm';
import { type HookEvent, ModelHooks, modelHookMigrations } from '../../lib';
import { toEvent } from '../../lib/capture/outbox/event-row';
import { openTargets } from '../../lib/capture/outbox/sealed-targets';
import { HookCatalog } from '../../lib/hook/catalog';
import { Vault } from '../../lib/vault/vault';
import { newDataSource, SPEC_KEYS, specOptions } from '../support/application/application';
import { createDatabase, type Database } from '../support/application/database';
import type { Envelope } from '../support/application/receiving-flow';
import { testStore } from '../support/application/test-store';
import { AFTER, BEFORE, Ledger, TARGET } from '../support/previous-release/ledger';
import { type Receiver, startReceiver } from '../support/receivers/receiver';

/** Rows of `model_hook_event` that release 9a5f04c wrote: a row was inserted, updated, renamed and removed. */
const EVENTS: readonly Readonly<Record<string, unknown>>[] = JSON.parse(
  readFileSync(join(__dirname, '../support/previous-release/events.json'), 'utf8'),
);
/** The migrations of that release. */
const EARLIER = modelHookMigrations.slice(0, 3);

const asSent = ({ instant, bytes, ...values }: typeof BEFORE | typeof AFTER) => ({
  ...values,
  instant: instant.toISOString(),
  bytes: bytes.toString('base64'),
});
const OLD = asSent(BEFORE);
const NEW = asSent(AFTER);
const RENAMED = { ...NEW, label: 'renamed' };
const CHANGED = Object.keys(NEW).filter((field) => field !== 'amount');

/** What each hook of `Ledger` sends of those four writes. */
const EXPECTED = [
  { operation: 'insert', data: OLD, previous: null, changed: Object.keys(OLD).sort() },
  { operation: 'update', data: NEW, previous: OLD, changed: CHANGED.sort() },
  { operation: 'update', data: RENAMED, previous: NEW, changed: ['label'] },
  { operation: 'remove', data: RENAMED, previous: null, changed: [] },
];

let database: Database;
let dataSource: DataSource;
beforeEach(async () => {
  database = await createDatabase();
  await storeEarlier();
  dataSource = newDataSource(database.url, { entities: [Ledger] });
  await dataSource.initialize();
  await dataSource.runMigrations();
});
afterEach(async () => {
  await dataSource.destroy();
  await database.drop();
});

async function storeEarlier(): Promise<void> {
  const earlier = new DataSource({ type: 'postgres', url: database.url, migrations: [...EARLIER] });
  await earlier.initialize();
  await earlier.runMigrations();
  await earlier.query(
    'INSERT INTO model_hook_event SELECT * FROM json_populate_recordset(NULL::model_hook_event, $1::json)',
    [JSON.stringify(EVENTS)],
  );
  await earlier.destroy();
}

/** Stored by a process that plans nothing: events that no listener wants are planned at once. */
async function saveListener(hook: string, url: string): Promise<void> {
  const other = newDataSource(database.url, { entities: [Ledger] });
  await other.initialize();
  const hooks = await ModelHooks.attach(other, specOptions({ work: false }));
  await hooks.get(hook).listener({ url, format: 'envelope', ordered: true }).save();
  await other.destroy();
}

const withoutComputed = ({ shout: _, ...values }: Readonly<Record<string, unknown>>) => values;
const parts = ({ operation, data, previous, changed }: HookEvent | Envelope) => ({
  operation,
  data: withoutComputed(data),
  previous: previous && withoutComputed(previous),
  changed: changed.filter((field) => field !== 'shout').sort(),
});

describe('events that the previous release stored', () => {
  it.each(['ledger', 'exact', 'resolving'])(
    'Events of the hook %s that the previous release stored are read right',
    async (hook) => {
      const catalog = new HookCatalog(dataSource).load();
      const ids = EVENTS.filter((event) => event.hook === hook).map(({ id }) => String(id));
      const rows = await testStore(dataSource).events.read(ids);
      const events = [...rows]
        .sort((one, other) => Number(one.sequence) - Number(other.sequence))
        .map((row) => toEvent(dataSource, catalog.get(hook), row));
      expect(events.map(parts)).toEqual(EXPECTED);
      if (hook === 'resolving')
        expect(events.map(({ data }) => data.shout)).toEqual([
          'BEFORE',
          'AFTER',
          'RENAMED',
          'RENAMED',
        ]);
    },
  );

  it('Targets that the previous release encrypted are decrypted', async () => {
    const ids = EVENTS.filter(({ hook }) => hook === 'resolving').map(({ id }) => String(id));
    const rows = await testStore(dataSource).events.read(ids);
    for (const { id, targets } of rows)
      expect(openTargets(new Vault(SPEC_KEYS), id, targets ?? [])).toEqual([
        TARGET,
        { url: `${TARGET}/secret`, secret: 'a-secret-of-the-earlier-release' },
      ]);
    expect(rows).toHaveLength(EXPECTED.length);
  });

  describe('with a listener', () => {
    let receiver: Receiver;
    beforeEach(async () => {
      receiver = await startReceiver();
    });
    afterEach(() => receiver.close());

    it.each(['ledger', 'exact'])(
      'Events of the hook %s that the previous release stored are delivered right',
      async (hook) => {
        await dataSource.query("DELETE FROM model_hook_event WHERE hook = 'resolving'");
        await saveListener(hook, receiver.url);
        const hooks = await ModelHooks.attach(dataSource, specOptions());
        await hooks.idle();
        const envelopes = receiver.received.map(({ body }) => body as Envelope);
        expect(envelopes.map(parts)).toEqual(EXPECTED);
      },
    );
  });
});
