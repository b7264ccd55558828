import { randomUUID } from 'node:crypto';
import type { PageConditions } from '../../lib/store/deliveries';
import type { Store } from '../../lib/store/store';
import { type Application, startApplication } from '../support/application/application';
import { testStore } from '../support/application/test-store';

const LISTENERS = Array.from({ length: 4 }, () => randomUUID());
const OTHER = randomUUID();
const STATUSES = ['done', 'failed', 'waiting'] as const;
const NAMES = ['a.created', 'a.updated', 'b'] as const;

let application: Application;
let store: Store;

beforeAll(async () => {
  application = await startApplication({ entities: [], attach: { work: false } });
  store = testStore(application.dataSource);
  for (const id of LISTENERS) await listener(id, 'acme');
  await listener(OTHER, 'other');
});
beforeEach(() => query('TRUNCATE model_hook_delivery'));
afterAll(() => application?.stop());

const query = <Row>(sql: string, parameters: unknown[] = []): Promise<Row[]> =>
  application.dataSource.query(sql, parameters);

function listener(id: string, owner: string | null): Promise<unknown> {
  return query(
    `INSERT INTO model_hook_listener (id, identity, target, content_type, secret, digest, headers, owner, config, replies, delivery)
     VALUES ($1, $1::uuid, '', '', '', '', '{}', $2, '{}', true, '{}')`,
    [id, owner],
  );
}

/** Deliveries of all these listeners, in every name and status, several of them at each time. */
async function filled(listeners: readonly string[], each: number): Promise<void> {
  await query(
    `INSERT INTO model_hook_delivery (id, event_id, listener_id, event, status, attempt, retries, reschedules, created_at)
     SELECT gen_random_uuid(), gen_random_uuid(), l, e, s, 1, 0, 0, to_timestamp(1000 + n % 7 * 10 + hashtext(l::text || e || s || n) % 40)
     FROM unnest($1::uuid[]) l, unnest($2::text[]) e, unnest($3::text[]) s, generate_series(1, $4) n`,
    [listeners, NAMES, STATUSES, each],
  );
}

const NONE = {
  listener: undefined,
  event: undefined,
  since: undefined,
  until: undefined,
  cursor: undefined,
} as const;

/** Ids of all pages, one after another. */
async function walked(
  page: (cursor: string | undefined) => Promise<readonly { id: string; created_at: Date }[]>,
): Promise<readonly string[]> {
  const ids: string[] = [];
  let cursor: string | undefined;
  for (;;) {
    const rows = await page(cursor);
    const last = rows.at(-1);
    if (!last) return ids;
    ids.push(...rows.map(({ id }) => id));
    cursor = await store.deliveries.cursorAfter({ id: last.id, createdAt: last.created_at });
  }
}

const at = (seconds: number) => new Date(seconds * 1_000);

const CASES: readonly Partial<PageConditions>[] = [
  {},
  { isOldestFirst: true },
  { status: 'failed' },
  { event: 'a.updated' },
  { event: 'a.updated', status: 'done', isOldestFirst: true },
  { event: 'no such event' },
  { statuses: ['done', 'failed'] },
  { since: at(1_010), until: at(1_040) },
  { event: 'b', since: at(1_020), isOldestFirst: true },
];

describe('DeliveryRows.pageOfListeners', () => {
  it.each(CASES)(
    'The pages have each delivery of the listeners once and in order, with %j',
    async (given) => {
      await filled([...LISTENERS, OTHER], 5);
      for (const limit of [1, 7, 50, 1_000]) {
        const conditions = { ...NONE, ...given };
        const page = async (cursor: string | undefined) =>
          (await store.deliveries.pageOfListeners(
            { ...conditions, cursor, listeners: LISTENERS },
            limit,
          )) ?? [];
        expect(await walked(page)).toEqual(await expected(conditions));
      }
    },
  );

  it('There is no page of listeners with very many event names', async () => {
    await query(
      `INSERT INTO model_hook_delivery (id, event_id, listener_id, event, status, attempt, retries, reschedules)
       SELECT gen_random_uuid(), gen_random_uuid(), $1, n::text, 'done', 1, 0, 0 FROM generate_series(1, 3001) n`,
      [LISTENERS[0]],
    );
    const page = (event?: string) =>
      store.deliveries.pageOfListeners({ ...NONE, event, listeners: LISTENERS }, 10);
    expect(await page()).toBeNull();
    expect(await page('7')).toHaveLength(1);
    await query(`DELETE FROM model_hook_delivery WHERE event = '3001'`);
    expect(await page()).toHaveLength(10);
  });
});

describe('DeliveryRows.page', () => {
  it.each(CASES)(
    'The pages of an owner have only its deliveries, in order, with %j',
    async (given) => {
      await filled([...LISTENERS, OTHER], 5);
      const conditions = { ...NONE, ...given };
      const page = (cursor: string | undefined) =>
        store.deliveries.page({ ...conditions, cursor, owner: 'acme' }, 7);
      // Without a filter of one status, the caller leaves out the others.
      const { statuses, ...others } = conditions;
      const all = statuses ? others : conditions;
      expect(await walked(page)).toEqual(await expected(all));
      expect(await store.deliveries.lastLookedAt({ ...conditions, owner: 'acme' })).toBeUndefined();
    },
  );

  it.each([{}, { status: 'done' } as const, { event: 'a.created', isOldestFirst: true }])(
    'A page of an owner looks at 3,000 deliveries, with %j',
    async (given) => {
      const conditions = { ...NONE, ...given, owner: 'acme' };
      const first = given && 'isOldestFirst' in given;
      await query(
        `INSERT INTO model_hook_delivery (id, event_id, listener_id, event, status, attempt, retries, reschedules, created_at)
         SELECT gen_random_uuid(), gen_random_uuid(), CASE n WHEN 3001 THEN $1::uuid ELSE $2::uuid END, 'a.created', 'done', 1, 0, 0,
           to_timestamp(${first ? '' : '10000 - '}n) FROM generate_series(1, 3001) n`,
        [LISTENERS[0], OTHER],
      );
      expect(await store.deliveries.page(conditions, 10)).toEqual([]);
      const last = await store.deliveries.lastLookedAt(conditions);
      expect(last).toMatchObject({ createdAt: at(first ? 3_000 : 10_000 - 3_000) });
      const cursor = await store.deliveries.cursorAfter(last ?? { id: '', createdAt: at(0) });
      expect(await store.deliveries.page({ ...conditions, cursor }, 10)).toHaveLength(1);
      expect(await store.deliveries.lastLookedAt({ ...conditions, cursor })).toBeUndefined();
    },
  );
});

/** Ids of the owner's deliveries that fit, by reading all. */
async function expected(conditions: PageConditions): Promise<readonly string[]> {
  const { status, statuses, event, since, until, isOldestFirst } = conditions;
  const direction = isOldestFirst ? 'ASC' : 'DESC';
  const rows = await query<{ id: string }>(
    `SELECT id FROM model_hook_delivery WHERE listener_id = ANY($1) AND ($2::text[] IS NULL OR status = ANY($2))
       AND ($3::text IS NULL OR event = $3) AND ($4::timestamptz IS NULL OR created_at >= $4)
       AND ($5::timestamptz IS NULL OR created_at < $5) ORDER BY created_at ${direction}, id ${direction}`,
    [
      LISTENERS,
      status ? [status] : (statuses ?? null),
      event ?? null,
      since ?? null,
      until ?? null,
    ],
  );
  return rows.map(({ id }) => id);
}
