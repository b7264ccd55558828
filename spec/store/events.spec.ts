import { randomUUID } from 'node:crypto';
import type { PlannableHere } from '../../lib/store/events';
import type { Store } from '../../lib/store/store';
import { type Application, startApplication } from '../support/application/application';
import { testStore } from '../support/application/test-store';

const HERE: PlannableHere = {
  hooks: [
    { name: 'person', shape: 'fields' },
    { name: 'order', shape: 'fields' },
  ],
  encryptionKeyIds: ['ours'],
};

let application: Application;
let store: Store;

beforeAll(async () => {
  application = await startApplication({ entities: [], attach: { work: false } });
  store = testStore(application.dataSource);
});
beforeEach(() => query('TRUNCATE model_hook_event, model_hook_listener CASCADE'));
afterAll(() => application?.stop());

describe('Events.claim', () => {
  it('claim() marks events as planned and returns them, oldest first', async () => {
    const ids = [await stored(), await stored(), await stored()].sort();
    expect((await store.events.claim(HERE, 2)).map(({ id }) => id)).toEqual(ids.slice(0, 2));
    expect((await store.events.claim(HERE, 2)).map(({ id }) => id)).toEqual(ids.slice(2));
    expect(await store.events.claim(HERE, 2)).toEqual([]);
  });

  it('claim() gives each event to one of many transactions', async () => {
    const ids = await Promise.all(Array.from({ length: 20 }, () => stored()));
    const claims = Array.from({ length: 4 }, () => store.events.claim(HERE, 5));
    const claimed = (await Promise.all(claims)).flat().map(({ id }) => id);
    expect(new Set(claimed).size).toBe(claimed.length);
    const rest = (await store.events.claim(HERE, 20)).map(({ id }) => id);
    expect([...claimed, ...rest].sort()).toEqual([...ids].sort());
  });

  it.each([
    { what: 'about a hook of another process', event: { hook: 'elsewhere' } },
    {
      what: 'encrypted with the key of another process',
      event: { targets: '"enc:v1:theirs:AAAA"' },
    },
  ])('claim() leaves an event alone that is $what', async ({ event }) => {
    await stored(event);
    expect(await store.events.claim(HERE, 10)).toEqual([]);
    expect(await store.events.passUnwanted(HERE, 10)).toMatchObject({ due: 0, passed: [] });
    expect(await store.upkeep.countDue({ ...HERE, soonMs: 0, barred: [] })).toMatchObject({
      events: 0,
    });
    expect(await store.upkeep.eventBacklog()).toMatchObject({ waiting: 1 });
  });

  it.each(['"enc:v1:ours:AAAA"', '["https://example.com"]'])(
    'claim() returns an event with the targets %s',
    async (targets) => {
      await stored({ targets });
      expect(await store.events.claim(HERE, 10)).toMatchObject([{ targets: JSON.parse(targets) }]);
    },
  );

  it('claim() returns events without encrypted targets if this process has no encryption keys', async () => {
    const plain = await stored();
    await stored({ targets: '"enc:v1:ours:AAAA"' });
    const claimed = await store.events.claim({ ...HERE, encryptionKeyIds: [] }, 10);
    expect(claimed.map(({ id }) => id)).toEqual([plain]);
  });
});

describe('Events.passUnwanted', () => {
  it('passUnwanted() marks events that no listener can want', async () => {
    const ids = [await stored(), await stored({ hook: 'order', event: 'order.created' })].sort();
    const { due, passed } = await store.events.passUnwanted(HERE, 10);
    expect({ due, passed: [...passed].sort() }).toEqual({ due: 2, passed: ids });
    expect(await store.events.claim(HERE, 10)).toEqual([]);
  });

  it.each([
    { hook: 'person' },
    { pattern: '*' },
    { pattern: 'person.*' },
    { pattern: '*.created' },
    { pattern: 'person.created' },
  ])(
    'passUnwanted() leaves events to be planned if there is an active listener of %p',
    async (of) => {
      await listener(of);
      const wanted = await stored();
      await stored({ hook: 'order', event: 'order.removed' });
      const { due, passed } = await store.events.passUnwanted(HERE, 10);
      expect(due).toBe(2);
      expect(passed).not.toContain(wanted);
    },
  );

  it.each([
    { hook: 'order' },
    { hook: 'person', active: false },
    { hook: 'person', dynamic: true },
    { pattern: 'person.removed' },
    { pattern: 'order.*' },
  ])('passUnwanted() passes over events in spite of a listener of %p', async (of) => {
    await listener(of);
    const unwanted = await stored();
    expect((await store.events.passUnwanted(HERE, 10)).passed).toEqual([unwanted]);
  });

  it('passUnwanted() leaves all events of a name to be planned if one of them has targets', async () => {
    await stored();
    await stored({ targets: '["https://example.com"]' });
    expect(await store.events.passUnwanted(HERE, 10)).toMatchObject({ due: 2, passed: [] });
  });
});

describe('Events.read', () => {
  it('read() returns the stored ones of the ids', async () => {
    const id = await stored();
    const rows = await store.events.read([id, randomUUID()]);
    expect(rows).toEqual([
      expect.objectContaining({ id, hook: 'person', event: 'person.created', data: { n: 1 } }),
    ]);
    expect(await store.events.read([])).toEqual([]);
  });
});

describe('Events.skipUnreadable', () => {
  it('skipUnreadable() marks these events only', async () => {
    const [id] = [await stored(), await stored()];
    await store.events.skipUnreadable([id]);
    await store.events.skipUnreadable([]);
    const rows = await query('SELECT id, skipped FROM model_hook_event WHERE skipped IS NOT NULL');
    expect(rows).toEqual([{ id, skipped: 'unreadable' }]);
  });
});

function query<Row>(sql: string, parameters: readonly unknown[] = []): Promise<Row[]> {
  return application.dataSource.query(sql, [...parameters]);
}

interface NewEvent {
  readonly hook?: string;
  readonly event?: string;
  /** As JSON. */
  readonly targets?: string;
}

async function stored({
  hook = 'person',
  event = 'person.created',
  targets,
}: NewEvent = {}): Promise<string> {
  const id = randomUUID();
  await query(
    `INSERT INTO model_hook_event (id, hook, event, data, process_id, targets)
     VALUES ($1, $2, $3, '{"n":1}', gen_random_uuid(), $4)`,
    [id, hook, event, targets ?? null],
  );
  return id;
}

async function listener({
  hook = null,
  pattern = null,
  active = true,
  dynamic = false,
}: {
  readonly hook?: string | null;
  readonly pattern?: string | null;
  readonly active?: boolean;
  readonly dynamic?: boolean;
}): Promise<void> {
  const saved = await application.hooks.listen('*', 'http://127.0.0.1:9').save();
  await query(
    'UPDATE model_hook_listener SET hook = $2, pattern = $3, active = $4, dynamic = $5 WHERE id = $1',
    [saved.id, hook, pattern, active, dynamic],
  );
}
