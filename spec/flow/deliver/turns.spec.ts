import { randomUUID } from 'node:crypto';
import type { Listener } from '../../../lib';
import { Claims } from '../../../lib/dispatch/claim/claims';
import { TurnMending } from '../../../lib/dispatch/claim/turn-mending';
import type { Store } from '../../../lib/store/store';
import { Flow } from '../../support/application/flow';
import { testStore } from '../../support/application/test-store';
import { until } from '../../support/application/waiting';
import { answeringAfter } from '../../support/receivers/answers';

const LEASE_MS = 60_000;
const MANY = 100_000;
const CHUNK = 500;
const FREE: ReadonlyMap<string, number> = new Map();

/** Sweeps after which a hidden delivery is found at the latest. */
const SWEEPS = 5;

interface Kind {
  readonly ordered?: boolean;
  readonly headed?: boolean;
  /** Whether its rows have heads. */
  readonly hasHead?: boolean;
}

const PLAIN: Kind = {};
/** As an earlier release stores it. */
const HEADLESS: Kind = { ordered: true };
/** As an earlier release leaves the next one when it ends a delivery. */
const BEHEADED: Kind = { ordered: true, headed: true };
const WHOLE: Kind = { ordered: true, headed: true, hasHead: true };

const HIDDEN = [
  { what: 'A delivery', row: PLAIN },
  { what: 'An ordered delivery of an earlier release', row: HEADLESS },
  { what: 'An ordered delivery whose head is missing', row: BEHEADED },
  { what: 'An ordered delivery with a head', row: WHOLE },
].flatMap(({ what, row }) => [
  { what, row, beside: '7,000 barred ones', others: { count: 7_000, listeners: 1 } },
  {
    what,
    row,
    beside: '7,000 barred ordered ones',
    others: { count: 7_000, listeners: 1, ...WHOLE },
  },
  {
    what,
    row,
    beside: '7,000 barred ones of an earlier release',
    others: { count: 7_000, listeners: 1, ...HEADLESS },
  },
  { what, row, beside: '3,000 other listeners', others: { count: 3_000, listeners: 3_000 } },
  {
    what,
    row,
    beside: 'ordered ones of 300 listeners',
    others: { count: 3_000, listeners: 300, ...WHOLE },
  },
]);

let flow: Flow;
afterEach(() => flow?.stop());

describe('Claims.due', () => {
  beforeEach(async () => {
    flow = await Flow.start({ attach: { work: false } });
  });

  it('A claim contains deliveries of every listener, even if one has very many', async () => {
    const [busy, other] = [randomUUID(), randomUUID()];
    await waiting(busy, MANY, { dueSince: '1 hour' });
    await waiting(other, 1);
    const chunk = await claims().due(FREE);
    expect(count(chunk?.listenerIds, busy)).toBe(CHUNK / 2);
    expect(count(chunk?.listenerIds, other)).toBe(1);
  });

  it('Listeners take turns if there are more than one claim serves', async () => {
    const listeners = Array.from({ length: 100 }, randomUUID);
    for (const listener of listeners) await waiting(listener, 20, { dueSince: '1 hour' });
    const served = new Set<string>();
    for (let n = 0; n < 2; n += 1)
      for (const listener of (await claims().due(FREE))?.listenerIds ?? []) served.add(listener);
    expect(served).toEqual(new Set(listeners));
  });

  it('Concurrent claims get each delivery once and leave no turn behind', async () => {
    const listeners = Array.from({ length: 7 }, randomUUID);
    for (const [n, listener] of listeners.entries()) await waiting(listener, 100 * (n + 1));
    const claimed: string[] = [];
    for (;;) {
      const chunks = await Promise.all(Array.from({ length: 4 }, () => claims().due(FREE)));
      if (chunks.every((chunk) => chunk === null)) break;
      for (const chunk of chunks) claimed.push(...(chunk?.eventIds ?? []));
    }
    expect(claimed).toHaveLength(2_800);
    expect(new Set(claimed).size).toBe(2_800);
    expect(await turns()).toEqual([]);
    expect(await claims().nextDueMs(FREE)).toBeNull();
  });

  it('A claim respects restraints and takes nothing of a barred listener', async () => {
    const [barred, few] = [randomUUID(), randomUUID()];
    await waiting(barred, 10);
    await waiting(few, 10);
    const restraints = new Map([
      [barred, 0],
      [few, 1],
    ]);
    const chunk = await claims().due(restraints);
    expect(chunk?.listenerIds).toEqual([few]);
    expect((await claims().due(FREE))?.listenerIds).toHaveLength(19);
  });

  it('A listener is claimed again when its next delivery is due', async () => {
    const listener = randomUUID();
    await waiting(listener, 1);
    await waiting(listener, 1, { dueSince: '-1 hour' });
    expect((await claims().due(FREE))?.listenerIds).toHaveLength(1);
    expect(await claims().due(FREE)).toBeNull();
    const nextMs = await claims().nextDueMs(FREE);
    expect(nextMs).toBeGreaterThan(3_500_000);
    expect(nextMs).toBeLessThanOrEqual(3_600_000);
  });

  it('Deliveries that were made due by hand are claimed after their turns are mended', async () => {
    const listener = randomUUID();
    await waiting(listener, 3, { dueSince: '-1 hour' });
    await flow.query('DELETE FROM model_hook_turn');
    await flow.query('UPDATE model_hook_delivery SET next_at = now()');
    expect(await claims().due(FREE)).toBeNull();
    await store().mending.turns(null);
    await store().mending.turns(null);
    expect(await turns()).toHaveLength(1);
    expect((await claims().due(FREE))?.listenerIds).toHaveLength(3);
  });

  it.each(HIDDEN)('$what without a turn is found behind $beside', async ({ row, others }) => {
    const [busy, other] = [randomUUID(), randomUUID()];
    await stored({ ...others, listener: others.listeners === 1 ? busy : null });
    await flow.query(
      'INSERT INTO model_hook_turn (listener_id, ready_at) SELECT DISTINCT listener_id, now() FROM model_hook_delivery',
    );
    await stored({ count: 1, listeners: 1, ...row, listener: other });
    const barred = new Map(others.listeners === 1 ? [[busy, 0]] : []);
    const mending = new TurnMending(store());
    for (let sweep = 0; sweep < SWEEPS; sweep += 1) await mending.mend();
    const claimed: string[] = [];
    for (let chunk = await claims().due(barred); chunk; chunk = await claims().due(barred))
      claimed.push(...chunk.listenerIds);
    expect(count(claimed, other)).toBe(1);
    expect(count(claimed, busy)).toBe(0);
  });

  it('merge() keeps one old turn of a listener and all recent or future ones', async () => {
    const [one, other] = [randomUUID(), randomUUID()];
    for (let n = 0; n < 5; n += 1) await waiting(one, 2, { dueSince: `${n + 1} minutes` });
    await waiting(one, 1, { dueSince: '-1 hour' });
    await waiting(other, 1, { dueSince: '1 minute' });
    await waiting(other, 1);
    await Promise.all(Array.from({ length: 4 }, () => store().mending.merge(null)));
    await store().mending.merge(null);
    const left = (await turns()).map(({ listener_id }) => listener_id);
    expect([count(left, one), count(left, other)]).toEqual([2, 2]);
    expect((await claims().due(FREE))?.listenerIds).toHaveLength(12);
  });

  it('All processes together claim for a paced listener only what its rate allows', async () => {
    const { id } = await listening({ maxPerSecond: 0.01 });
    await waiting(id, 100);
    const chunks = await Promise.all(Array.from({ length: 8 }, () => claims().due(FREE)));
    expect(chunks.flatMap((chunk) => chunk?.listenerIds ?? [])).toEqual([id]);
    expect(await claims().due(FREE)).toBeNull();
    const nextMs = await claims().nextDueMs(FREE);
    expect(nextMs).toBeGreaterThan(60_000);
    expect(nextMs).toBeLessThanOrEqual(100_000);
  });

  it("A listener with a high rate gets a tenth of a second's deliveries at a time", async () => {
    const { id } = await listening({ maxPerSecond: 50 });
    await waiting(id, 100);
    expect((await claims().due(FREE))?.listenerIds).toHaveLength(5);
  });
});

describe('maxPerSecond', () => {
  it('The option `maxPerSecond` spreads attempts over time', async () => {
    flow = await Flow.start();
    const { receiver } = await flow.listen(undefined, { maxPerSecond: 10 });
    await flow.savePeople(16);
    await receiver.waitFor(16);
    const [first, last] = [receiver.received[0]?.at ?? 0, receiver.received[15]?.at ?? 0];
    // Fifteen tenths of a second; half of one for the clock of the receiver.
    expect(last - first).toBeGreaterThanOrEqual(1_450);
  });
});

describe('a listener that does not keep up', () => {
  it('A slow listener delays another by less than a chunk of its own deliveries', async () => {
    flow = await Flow.start();
    const slow = await flow.listen(answeringAfter(100), { delivery: { timeoutMs: 10_000 } });
    await flow.savePeople(3_000);
    await slow.receiver.waitFor(64);
    const { receiver } = await flow.listen();
    const before = slow.receiver.received.length;
    await flow.savePeople(1);
    await receiver.waitFor(1);
    expect(slow.receiver.received.length - before).toBeLessThan(CHUNK);
    // Nothing is lost of what had to wait: it is in rows, or in flight.
    await until('much waits in rows', async () => (await waitingRows(slow.listener)) > 1_000);
  });
});

/** Due deliveries of one listener, or spread over new ones. */
async function stored({
  count: rows,
  listener,
  listeners,
  ordered = false,
  headed = false,
  hasHead = false,
}: Kind & {
  readonly count: number;
  readonly listeners: number;
  readonly listener: string | null;
}) {
  await flow.query(
    `WITH l AS (SELECT n, coalesce($2::uuid, gen_random_uuid()) AS id FROM generate_series(0, $3::int - 1) n), d AS (
       INSERT INTO model_hook_delivery
         (id, event_id, listener_id, event, status, attempt, retries, reschedules, next_at, row_id, sequence, headed)
       SELECT gen_random_uuid(), gen_random_uuid(), l.id, 'person.created', 'waiting', 0, 0, 0, now() - interval '1 minute',
         CASE WHEN $4::boolean THEN gen_random_uuid() END, 1, $5::boolean FROM generate_series(1, $1::int) r JOIN l ON l.n = r % $3::int
       RETURNING *
     ) INSERT INTO model_hook_head (listener_id, row_id, ready_at) SELECT listener_id, row_id, next_at FROM d WHERE $6::boolean`,
    [rows, listener, listeners, ordered, headed, hasHead],
  );
}

function claims(): Claims {
  return new Claims(store(), { processId: randomUUID(), leaseMs: LEASE_MS });
}

function store(): Store {
  return testStore(flow.application.dataSource);
}

/** So many deliveries of a listener that are due, as if they had been recorded at once. */
async function waiting(
  listener: string,
  count: number,
  { dueSince = '0 s' }: { readonly dueSince?: string } = {},
): Promise<void> {
  await flow.query(
    `WITH turn AS (INSERT INTO model_hook_turn (listener_id, ready_at) VALUES ($1, now() - $3::interval))
     INSERT INTO model_hook_delivery (id, event_id, listener_id, event, status, attempt, retries, reschedules, next_at)
     SELECT gen_random_uuid(), gen_random_uuid(), $1, 'person.created', 'waiting', 0, 0, 0, now() - $3::interval
     FROM generate_series(1, $2)`,
    [listener, count, dueSince],
  );
}

function listening(options: { readonly maxPerSecond: number }): Promise<Listener> {
  return flow.hooks.listen('*', { url: 'http://127.0.0.1:9', ...options }).save();
}

function turns(): Promise<readonly { readonly listener_id: string }[]> {
  return flow.query('SELECT listener_id FROM model_hook_turn');
}

async function waitingRows({ id }: Listener): Promise<number> {
  const [row] = await flow.query<{ count: number }>(
    'SELECT count(*)::int AS count FROM model_hook_delivery WHERE listener_id = $1 AND next_at IS NOT NULL',
    [id],
  );
  return row?.count ?? 0;
}

function count(list: readonly string[] = [], what: string): number {
  return list.filter((one) => one === what).length;
}
