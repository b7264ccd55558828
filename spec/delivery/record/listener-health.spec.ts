import { randomUUID } from 'node:crypto';
import type { RecordedEffect } from '../../../lib/delivery/chunk/outcome';
import { ListenerHealth } from '../../../lib/delivery/record/listener-health';
import { Reporter } from '../../../lib/logging/reports';
import type { Store } from '../../../lib/store/store';
import { type Application, startApplication } from '../../support/application/application';
import { testStore } from '../../support/application/test-store';

const processId = randomUUID();

let application: Application;
let store: Store;

beforeAll(async () => {
  application = await startApplication({ entities: [], attach: { work: false } });
  store = testStore(application.dataSource);
});
beforeEach(() => application.dataSource.query('TRUNCATE model_hook_event'));
afterAll(() => application?.stop());

function healthOf(ours: Store = store) {
  const logged: string[] = [];
  const disabled: string[] = [];
  let committed = 0;
  const reporter = new Reporter();
  reporter.on('listenerDisabled', ({ listenerId, reason }) =>
    disabled.push(`${listenerId} ${reason}`),
  );
  const health = new ListenerHealth({
    store: ours,
    processId,
    reporter,
    logger: { error: (text) => logged.push(text) },
    wakeup: {
      committed: () => {
        committed += 1;
      },
    },
  });
  const update = (...effects: readonly (readonly [string, RecordedEffect])[]) =>
    health.update(effects.map(([listenerId, effect]) => ({ listenerId, effect })));
  return { update, logged, disabled, committed: () => committed };
}

const listener = async (options: { owner?: string; key?: string } = {}): Promise<string> => {
  const url = `https://user-${randomUUID()}.example:8443/secret/path?token=1`;
  return (await application.hooks.listen('*', { url, ...options }).save()).id;
};

const stored = async (id: string) => {
  const [row] = await application.dataSource.query(
    `SELECT active, inactive_reason, failing_since, paused_until, cardinality(keys) > 0 AS found
     FROM model_hook_listener WHERE id = $1`,
    [id],
  );
  return row;
};

const events = () => application.dataSource.query('SELECT * FROM model_hook_event');

describe('ListenerHealth', () => {
  it('All effects of a batch on one listener are stored', async () => {
    const { update, disabled, committed } = healthOf();
    const id = await listener();
    await update([id, { isHealthy: false }], [id, { pauseMs: 60_000 }], [id, {}]);
    expect(await stored(id)).toMatchObject({
      active: true,
      failing_since: expect.any(Date),
      paused_until: expect.any(Date),
    });
    await update([id, { isHealthy: true }]);
    expect(await stored(id)).toMatchObject({ failing_since: null });
    expect([disabled, committed(), await events()]).toEqual([[], 0, []]);
  });

  it('A listener is deactivated together with an event about it', async () => {
    const { update, disabled, committed } = healthOf();
    const id = await listener({ owner: 'joe', key: 'a' });
    await update([id, { isHealthy: false, deactivate: 'HTTP 410' }]);
    const row = await stored(id);
    expect(row).toMatchObject({ active: false, inactive_reason: 'HTTP 410' });
    expect(disabled).toEqual([`${id} HTTP 410`]);
    expect(committed()).toBe(1);
    const { target } = (await application.hooks.listeners.get(id)) ?? { target: '' };
    expect(await events()).toMatchObject([
      {
        hook: 'model-hooks.listener.disabled',
        event: 'model-hooks.listener.disabled',
        operation: null,
        sender: 'joe',
        process_id: processId,
        planned_at: null,
        data: {
          id,
          hook: null,
          pattern: '*',
          origin: new URL(target).origin,
          owner: 'joe',
          key: 'a',
          reason: 'HTTP 410',
          failingSince: row.failing_since.toISOString(),
        },
      },
    ]);
  });

  it('A listener is deactivated once, and keeps its first reason', async () => {
    const { update, disabled, committed } = healthOf();
    const id = await listener();
    await update([id, { deactivate: 'first' }]);
    await update([id, { deactivate: 'second' }]);
    expect(await stored(id)).toMatchObject({ active: false, inactive_reason: 'first' });
    expect([disabled.length, committed(), (await events()).length]).toEqual([1, 1, 1]);
  });

  it('A deactivation is not stored without its event, and does not stop other effects', async () => {
    const { update, logged, disabled } = healthOf();
    const [ended, failing] = [await listener(), await listener()];
    await application.dataSource.query(
      'ALTER TABLE model_hook_event ADD CONSTRAINT none CHECK (false) NOT VALID',
    );
    await update([ended, { deactivate: 'HTTP 410' }], [failing, { isHealthy: false }]);
    await application.dataSource.query('ALTER TABLE model_hook_event DROP CONSTRAINT none');
    expect(logged).toEqual(['The state of listeners could not be stored.']);
    expect(disabled).toEqual([]);
    expect(await stored(ended)).toMatchObject({ active: true, inactive_reason: null });
    expect(await stored(failing)).toMatchObject({ failing_since: expect.any(Date) });
  });

  it('Nothing is stored if the database fails, and that is logged once', async () => {
    const broken = new Error('down');
    const down = { outcomes: { storeHealth: () => Promise.reject(broken) } };
    const { update, logged } = healthOf(down as unknown as Store);
    await update([randomUUID(), { isHealthy: true }], [randomUUID(), { isHealthy: false }]);
    expect(logged).toEqual(['The state of listeners could not be stored.']);
  });

  it('The database is not asked if no outcome has an effect', async () => {
    const { update, logged } = healthOf({} as Store);
    await update([randomUUID(), {}]);
    expect(logged).toEqual([]);
  });
});
