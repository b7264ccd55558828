import type { AttachOptions } from '../../../lib';
import { Flow } from '../../support/application/flow';
import { until } from '../../support/application/waiting';
import { CrashChild } from '../../support/processes/crash-child';
import type { CrashOptions } from '../../support/processes/crash-process';
import { answeringAfter, headers } from '../../support/receivers/answers';
import type { Received, Receiver } from '../../support/receivers/receiver';

const SHORT = { sweepMs: 300, leaseMs: 1_500 } satisfies AttachOptions;

/** The database, its listeners and receivers. It sends nothing itself. */
let flow: Flow;
const children: CrashChild[] = [];

beforeEach(async () => {
  flow = await Flow.start({ attach: { work: false } });
});

afterEach(async () => {
  for (const child of children.splice(0)) await child.kill();
  await flow?.stop();
});

describe('a process that is killed', () => {
  it.each([
    { when: 'after the commit, before anything was planned', diesAt: 'commit' },
    { when: 'after planning, before anything was sent', diesAt: 'plan' },
  ] as const)(
    'The next process sends what a process left that was killed $when',
    async ({ diesAt }) => {
      const { receiver } = await flow.listen();
      const doomed = await startChild({ diesAt });
      expect(await doomed.tellLast({ kind: 'save', names: ['Ann', 'Bob'] })).toBe('SIGKILL');
      expect(receiver.received).toEqual([]);

      await startChild();
      await receiver.waitFor(2);
      await untilNothingIsLeft();
      expect(names(receiver)).toEqual(['Ann', 'Bob']);
      expect(new Set(headers(receiver, 'hook-delivery')).size).toBe(2);
    },
  );

  it('All committed events and no others arrive if a process is killed while it sends', async () => {
    const { receiver } = await flow.listen(answeringAfter(20));
    const doomed = await startChild();
    const committed = Array.from({ length: 300 }, (_, n) => `committed ${n}`);
    await doomed.tell({ kind: 'rollBack', names: ['rolled back'] });
    await doomed.tell({ kind: 'leaveOpen', names: ['never committed'] });
    const saved = doomed.tell({ kind: 'save', names: committed }).catch(() => undefined);
    await receiver.waitFor(100);
    await doomed.kill();
    await saved;
    const sentByDoomed = receiver.received.length;
    expect(sentByDoomed).toBeLessThan(300);

    await startChild();
    await untilNothingIsLeft();
    expect(new Set(names(receiver))).toEqual(new Set(committed));
    // What was sent and not recorded yet is sent again, under the same id.
    const ids = receiver.received.map((request) => `${request.headers['hook-delivery']}`);
    expect(new Set(ids).size).toBe(300);
    const idsWithNames = ids.map((id, n) => `${id} ${nameOf(receiver, n)}`);
    expect(new Set(idsWithNames).size).toBe(300);
    expect(await statuses()).toEqual({ done: 300 });
  });

  it('Running processes take over the work of a process that is killed', async () => {
    const { receiver } = await flow.listen();
    await startChild();
    const doomed = await startChild({ diesAt: 'commit' });
    expect(await doomed.tellLast({ kind: 'save', names: ['Ann'] })).toBe('SIGKILL');
    await receiver.waitFor(1);
    await untilNothingIsLeft();
    expect(names(receiver)).toEqual(['Ann']);
  });
});

describe('two processes on one database', () => {
  it('Two processes share the work and send nothing twice', async () => {
    // Longer to send than the other one's next sweep is away, and more than one process takes at once.
    const { receiver } = await flow.listen(answeringAfter(50));
    const attach = { ...SHORT, leaseMs: 10_000 };
    const both = await Promise.all([startChild({ attach }), startChild({ attach })]);
    await flow.savePeople(4_000);
    await until('all came', () => receiver.received.length >= 4_000);
    await untilNothingIsLeft();
    const shares = await Promise.all(both.map((child) => child.tell({ kind: 'idle' })));
    for (const { attempts } of shares) expect(attempts).toBeGreaterThan(0);
    expect(receiver.received).toHaveLength(4_000);
    expect(new Set(headers(receiver, 'hook-delivery')).size).toBe(4_000);
  });

  it('A delivery that takes longer than a lease is sent once because leases are renewed', async () => {
    const { receiver } = await flow.listen(answeringAfter(3 * SHORT.leaseMs), {
      delivery: { timeoutMs: 10 * SHORT.leaseMs },
    });
    const [one] = await Promise.all([startChild(), startChild()]);
    await one?.tell({ kind: 'save', names: ['Ann'] });
    await receiver.waitFor(1);
    await untilNothingIsLeft();
    expect(receiver.received).toHaveLength(1);
    expect(await statuses()).toEqual({ done: 1 });
  });

  it('The late outcome of a process that was frozen beyond its lease is not recorded', async () => {
    const { receiver } = await flow.listen((_request, response, nth) => {
      response.writeHead(nth === 1 ? 500 : 200).end();
    });
    const frozen = await startChild();
    const stopped = receiver.waitFor(1).then(() => frozen.signal('SIGSTOP'));
    void frozen.tell({ kind: 'save', names: ['Ann'] }).catch(() => undefined);
    await stopped;
    await startChild();
    await receiver.waitFor(2);
    await untilNothingIsLeft();
    frozen.signal('SIGCONT');
    await frozen.tell({ kind: 'idle' });
    const { items } = await flow.hooks.deliveries.find();
    expect(items).toMatchObject([{ status: 'done', attempt: 1, httpStatus: 200 }]);
    expect(new Set(headers(receiver, 'hook-delivery')).size).toBe(1);
  });
});

async function startChild(options: Partial<CrashOptions> = {}): Promise<CrashChild> {
  const { url } = flow.application;
  const child = await CrashChild.start({ url, attach: SHORT, ...options });
  children.push(child);
  return child;
}

/** Every event planned, every chunk ended, no delivery to be tried again. */
function untilNothingIsLeft(): Promise<void> {
  return until('nothing is left', async () => {
    const { events, deliveries } = await flow.hooks.stats();
    const chunks = await flow.query('SELECT FROM model_hook_chunk');
    return events.waiting + deliveries.waiting + chunks.length === 0;
  });
}

async function statuses(): Promise<Record<string, number>> {
  const rows = await flow.query<{ status: string; count: number }>(
    'SELECT status, count(*)::int FROM model_hook_delivery GROUP BY status',
  );
  return Object.fromEntries(rows.map(({ status, count }) => [status, count]));
}

function names(receiver: Receiver): string[] {
  return receiver.received.map((_, n) => nameOf(receiver, n)).sort();
}

function nameOf({ received }: Receiver, n: number): string {
  return (received[n] as Received & { body: { name: string } }).body.name;
}
