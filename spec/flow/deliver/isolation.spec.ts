import type { ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { Pool } from 'pg';
import type { DataSource } from 'typeorm';
import { Flow } from '../../support/application/flow';
import { outcomes, until } from '../../support/application/waiting';
import { answeringAfter } from '../../support/receivers/answers';
import { type Respond, startReceiver } from '../../support/receivers/receiver';

const HANG_MS = 3_000;
const DEADLINE_MS = 50;
const PACE_MS = 10;
const MEGABYTE = 1_048_576;

let flow: Flow | undefined;

afterEach(async () => {
  await flow?.stop();
  flow = undefined;
});

describe.each(['default', 'inline'] as const)(
  "dispatcher '%s' with an endpoint that hangs",
  (dispatcher) => {
    it('A pool of 4 serves 40 concurrent saves, and other queries are not delayed', async () => {
      flow = await Flow.start({ attach: { dispatcher }, dataSource: { poolSize: 4 } });
      const { receiver } = await flow.listen(answeringAfter(HANG_MS), {
        delivery: { timeoutMs: 2 * HANG_MS },
      });
      const { hooks } = flow;
      const silent = await probeDuring(flow, async () => {
        await hooks.silence(() => saveForty());
        await sleep(HANG_MS);
      });
      const hooked = await probeDuring(flow, async () => {
        const done = outcomes(hooks, 40, ({ status }) => status === 'done');
        await Promise.all([saveForty(), done]);
      });

      expect(receiver.received).toHaveLength(40);
      expect(median(hooked.map(({ pooledMs }) => pooledMs))).toBeLessThan(DEADLINE_MS);
      // Forty transactions queue for four connections whoever listens: what counts is what hooks add. To hold connections for
      // hanging requests would make nearly every query late; one in twenty is left to the machine's pauses.
      expect(lateShare(hooked)).toBeLessThan(lateShare(silent) + 0.05);
    });
  },
);

describe('an endpoint that sends without end', () => {
  it.each([
    { says: '100 MB', bytes: 100 * MEGABYTE },
    { says: 'an endless body', bytes: Number.POSITIVE_INFINITY },
  ])(
    'An endpoint that sends $says costs bounded memory and delays no other listener',
    async ({ bytes }) => {
      flow = await Flow.start();
      const sent: Sent[] = [];
      const flood: Respond = (_request, response) => sent.push(pour(response, bytes));
      const { listener } = await flow.listen(flood);
      const calm = await flow.listen();
      const before = memory();
      let peak = before;
      const watch = setInterval(() => {
        peak = Math.max(peak, memory());
      }, 5);
      await flow.savePeople(32);
      await calm.receiver.waitFor(32);
      await flow.hooks.idle();
      clearInterval(watch);

      const { items } = await flow.hooks.deliveries.find({ listener: listener.id });
      expect(items.map(({ status }) => status)).toEqual(Array(32).fill('done'));
      // 32 bodies read whole would be 3.2 GB; what is in flight is buffers of sockets.
      expect((peak - before) / MEGABYTE).toBeLessThan(128);
      // The connection was closed early, so that the sender knows.
      await until('all were cut off', () => sent.every(({ isCut }) => isCut));
      for (const { bytes: poured } of sent) expect(poured / MEGABYTE).toBeLessThan(16);
    },
  );
});

describe('hundreds of events for an endpoint that hangs', () => {
  it('A backlog for a hanging endpoint does not delay another listener', async () => {
    flow = await Flow.start();
    const hanging = await flow.listen(() => undefined, { delivery: { timeoutMs: 60_000 } });
    await flow.savePeople(400, 'backlog');
    await hanging.receiver.waitFor(32);

    const { listener, receiver } = await flow.listen();
    const done = outcomes(flow.hooks, 20, ({ listenerId }) => listenerId === listener.id);
    const delays: number[] = [];
    for (let n = 1; n <= 20; n += 1) {
      const savedAt = Date.now();
      await flow.savePeople(1);
      await receiver.waitFor(n);
      delays.push((receiver.received[n - 1]?.at ?? 0) - savedAt);
    }
    await done;
    // Nothing of the hanging one has ended: its 32 places are taken for a minute yet.
    const { items } = await flow.hooks.deliveries.find({ status: 'done' });
    expect(new Set(items.map(({ listenerId }) => listenerId))).toEqual(new Set([listener.id]));
    expect(hanging.receiver.received).toHaveLength(32);
    // Commit and delivery take a few milliseconds; to wait behind the backlog would be 500 ms at least.
    expect(median(delays)).toBeLessThan(250);
    await hanging.receiver.close();
  });

  it('A backlog for a hanging endpoint does not delay another listener of the same events', async () => {
    flow = await Flow.start();
    const hanging = await flow.listen(() => undefined, { delivery: { timeoutMs: 60_000 } });
    const { receiver, listener } = await flow.listen();
    const done = outcomes(flow.hooks, 400, ({ listenerId }) => listenerId === listener.id);
    await flow.savePeople(400);
    await done;
    expect(receiver.received).toHaveLength(400);
    expect(hanging.receiver.received).toHaveLength(32);
    await hanging.receiver.close();
  });
});

describe('a pool of one connection', () => {
  it('A pool of one connection serves saves and deliveries while an endpoint hangs', async () => {
    flow = await Flow.start({ dataSource: { poolSize: 1 } });
    const hanging = await startReceiver(() => undefined);
    await flow.listenAt(hanging.url, { delivery: { timeoutMs: 60_000 } });
    const { receiver } = await flow.listen();
    const saves = Array.from({ length: 10 }, () => flow?.savePeople(1));
    await Promise.all(saves);
    await receiver.waitFor(10);
    await hanging.close();
  });
});

interface Probe {
  readonly pooledMs: number;
  /** The same query in the same moment on connections of its own: what the machine takes, whatever the pool does. */
  readonly alsoMs: number;
}

/**
 * Queries begun at a fixed pace while something goes on. One begun only after the other would count a pause of seconds, in which
 * hundreds should have been answered, as a single late one.
 */
async function probeDuring(
  { application: { dataSource, url } }: Flow,
  work: () => Promise<void>,
): Promise<readonly Probe[]> {
  const others = new Pool({ connectionString: url, max: 4 });
  const probes: Promise<Probe>[] = [];
  const pace = setInterval(() => probes.push(probe(dataSource, others)), PACE_MS);
  try {
    await work();
    clearInterval(pace);
    return await Promise.all(probes);
  } finally {
    clearInterval(pace);
    await others.end();
  }
}

async function probe(dataSource: DataSource, others: Pool): Promise<Probe> {
  const [pooledMs, alsoMs] = await Promise.all([
    msOf(() => dataSource.query('SELECT 1')),
    msOf(() => others.query('SELECT 1')),
  ]);
  return { pooledMs, alsoMs };
}

async function msOf(work: () => Promise<unknown>): Promise<number> {
  const startedAt = performance.now();
  await work();
  return performance.now() - startedAt;
}

function lateShare(probes: readonly Probe[]): number {
  const late = probes.filter(({ pooledMs, alsoMs }) => pooledMs - alsoMs > DEADLINE_MS);
  return late.length / probes.length;
}

async function saveForty(): Promise<void> {
  await Promise.all(Array.from({ length: 40 }, () => flow?.savePeople(1)));
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

/** The receiver is in this process too: its own buffers count. */
function memory(): number {
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

interface Sent {
  bytes: number;
  isCut: boolean;
}

const BLOCK = Buffer.alloc(65_536, 'x');

/** As fast as the other side reads, so long as it reads. */
function pour(response: ServerResponse, bytes: number): Sent {
  const sent: Sent = { bytes: 0, isCut: false };
  const more = () => {
    while (!sent.isCut && sent.bytes < bytes) {
      sent.bytes += BLOCK.length;
      if (!response.write(BLOCK)) return;
    }
    response.end();
  };
  response.on('drain', more);
  response.on('error', () => undefined);
  response.once('close', () => {
    sent.isCut = true;
  });
  more();
  return sent;
}
