import type { AttachOptions } from '../../../lib';
import { Pruning } from '../../../lib/dispatch/pruning';
import { CONSOLE_LOGGER } from '../../../lib/logging/logger';
import { Flow } from '../../support/application/flow';
import { testStore } from '../../support/application/test-store';
import { until } from '../../support/application/waiting';
import { CrashChild } from '../../support/processes/crash-child';
import type { CrashOptions } from '../../support/processes/crash-process';
import { type Answer, answering, answeringAfter, headers } from '../../support/receivers/answers';
import type { Receiver } from '../../support/receivers/receiver';

const HOUR_MS = 3_600_000;
const SHORT = { sweepMs: 300, leaseMs: 1_500 } satisfies AttachOptions;
/** The least delay that a listener may ask for. */
const SOON = { retryDelayMs: 1_000, jitter: 0 } as const;

/** The database, its listeners and receivers. Its clock is right, and it sends nothing itself. */
let flow: Flow;
const children: CrashChild[] = [];

beforeAll(async () => {
  flow = await Flow.start({ attach: { work: false } });
});
afterEach(async () => {
  await flow.clear();
  await flow.query('TRUNCATE model_hook_event, model_hook_chunk, model_hook_delivery');
});
afterAll(() => flow?.stop());

/** Children of earlier tests would take the work of later ones. */
async function killChildren(): Promise<void> {
  for (const child of children.splice(0)) await child.kill();
}

async function startChild(options: Partial<CrashOptions> = {}): Promise<CrashChild> {
  const child = await CrashChild.start({ url: flow.url, attach: SHORT, ...options });
  children.push(child);
  return child;
}

/** How long after the first request the second one came. */
async function secondAfterMs(receiver: Receiver): Promise<number> {
  const [first, second] = await receiver.waitFor(2);
  return (second?.at ?? 0) - (first?.at ?? 0);
}

const listen = (answers: readonly Answer[], delivery: object = SOON) =>
  flow.listen(answering(...answers), { delivery });

describe.each([{ hours: -2 }, { hours: 2 }])(
  'a process whose clock is $hours hours ahead',
  ({ hours }) => {
    const clockAheadMs = hours * HOUR_MS;
    let child: CrashChild;

    beforeAll(async () => {
      child = await startChild({ clockAheadMs });
    });
    afterAll(killChildren);

    it('A pause by Retry-After lasts as long as it says', async () => {
      const pausing = { status: 503, headers: { 'retry-after': '2' } };
      const { receiver } = await listen([pausing, {}]);
      await flow.savePeople(1);
      const afterMs = await secondAfterMs(receiver);
      expect(afterMs).toBeGreaterThan(1_900);
      expect(afterMs).toBeLessThan(10_000);
    });

    it('A retry comes after its delay', async () => {
      const { receiver } = await listen([{ status: 500 }, {}]);
      await flow.savePeople(1);
      const afterMs = await secondAfterMs(receiver);
      expect(afterMs).toBeGreaterThan(900);
      expect(afterMs).toBeLessThan(10_000);
    });

    it('A listener is deactivated only after `disableAfterMs`', async () => {
      const delivery = { ...SOON, disableAfterMs: HOUR_MS };
      const young = await listen([{ status: 500 }], delivery);
      const old = await listen([{ status: 500 }], delivery);
      await flow.query(
        "UPDATE model_hook_listener SET failing_since = now() - interval '61 min' WHERE id = $1",
        [old.listener.id],
      );
      await flow.savePeople(1);
      await young.receiver.waitFor(3);
      const isActive = async (id: string) => (await flow.hooks.listeners.get(id))?.active;
      await until('the old one is deactivated', async () => !(await isActive(old.listener.id)));
      expect(await isActive(young.listener.id)).toBe(true);
    });

    it('A previous secret signs until its grace period is over', async () => {
      const { listener, receiver } = await flow.listen();
      await flow.hooks.listeners.rotateSecret(listener.id, { graceMs: HOUR_MS });
      await flow.savePeople(1);
      await receiver.waitFor(1);
      await flow.query(
        "UPDATE model_hook_listener SET previous_secret_until = now() - interval '1 s'",
      );
      await flow.savePeople(1);
      await receiver.waitFor(2);
      const signatures = headers(receiver, 'webhook-signature').map(
        (text) => text.split(' ').length,
      );
      expect(signatures).toEqual([2, 1]);
    });

    it('Signed times are those of the database', async () => {
      const { receiver } = await flow.listen();
      await flow.savePeople(1);
      const [request] = await receiver.waitFor(1);
      const signedMs = Number(request?.headers['webhook-timestamp']) * 1_000;
      expect(Math.abs(signedMs - (request?.at ?? 0))).toBeLessThan(60_000);
      await until('it is stored', async () => (await deliveries()).length === 1);
      const [stored] = await deliveries();
      expect(Math.abs(stored?.late ?? HOUR_MS)).toBeLessThan(60);
    });

    it('A breaker lets one delivery try when its time is over', async () => {
      const failing = Array.from({ length: 20 }, () => ({ status: 500 }));
      const { receiver } = await listen([...failing, {}]);
      await flow.savePeople(20);
      await receiver.waitFor(20);
      await until('it is open', async () => (await breakers()).length === 1);
      await until('it is closed', async () => (await breakers()).length === 0);
      await receiver.waitFor(40);
    });

    it('A process takes over the chunks of a dead one, and none of a living one', async () => {
      const { receiver } = await flow.listen(answeringAfter(4_000), {
        delivery: { timeoutMs: 9_000 },
      });
      await child.kill();
      const doomed = await startChild({ diesAt: 'plan', clockAheadMs: -clockAheadMs });
      expect(await doomed.tellLast({ kind: 'save', names: ['Ann'] })).toBe('SIGKILL');
      await Promise.all([
        startChild({ clockAheadMs }),
        startChild({ clockAheadMs: -clockAheadMs }),
      ]);
      await until('all is done', async () => (await deliveries()).length === 1);
      expect(receiver.received).toHaveLength(1);
    });
  },
);

describe.each([{ hours: -2 }, { hours: 2 }])('Pruning $hours hours ahead', ({ hours }) => {
  afterEach(() => jest.useRealTimers());

  it('Rows are pruned by their age in the database', async () => {
    await flow.query(
      `INSERT INTO model_hook_event (id, hook, event, data, planned_at)
       SELECT gen_random_uuid(), 'h', 'h.created', '{}', now() - n * interval '1 min' FROM unnest('{1,59,61}'::int[]) n`,
    );
    jest.useFakeTimers({ now: Date.now() + hours * HOUR_MS, doNotFake: [...ALL_TIMERS] });
    const retention = { eventsMs: HOUR_MS, deliveriesMs: HOUR_MS };
    await new Pruning(testStore(flow.dataSource), retention, { logger: CONSOLE_LOGGER }).prune();
    const left = await flow.query('SELECT FROM model_hook_event');
    expect(left).toHaveLength(2);
  });
});

const ALL_TIMERS = [
  'hrtime',
  'nextTick',
  'performance',
  'queueMicrotask',
  'setImmediate',
  'clearImmediate',
  'setInterval',
  'clearInterval',
  'setTimeout',
  'clearTimeout',
] as const;

const breakers = () => flow.query('SELECT FROM model_hook_origin');

/** Ended deliveries, and how long after their attempt they were stored, in seconds. */
const deliveries = () =>
  flow.query<{ late: number }>(
    `SELECT extract(epoch FROM updated_at - attempted_at)::float8 AS late FROM model_hook_delivery WHERE status = 'done'`,
  );
