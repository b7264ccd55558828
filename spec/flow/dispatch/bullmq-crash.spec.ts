import { randomUUID } from 'node:crypto';
import type { AttachOptions } from '../../../lib';
import { bullmq } from '../../../lib/bullmq';
import { Flow } from '../../support/application/flow';
import { until } from '../../support/application/waiting';
import { CrashChild } from '../../support/processes/crash-child';
import { hasRedisServer, OwnRedis } from '../../support/processes/own-redis';
import { answeringAfter, headers } from '../../support/receivers/answers';
import type { Receiver } from '../../support/receivers/receiver';

const SHORT = { sweepMs: 300, leaseMs: 2_000 } satisfies AttachOptions;
const SILENT = { debug: noop, info: noop, warn: noop, error: noop };

if (!hasRedisServer() && process.env.REQUIRE_SERVICES === '1')
  throw new Error('The program redis-server is not installed, and REQUIRE_SERVICES is 1.');
const describeHere = hasRedisServer() ? describe : describe.skip;

let redis: OwnRedis;
let queue: string;
let flow: Flow;
const children: CrashChild[] = [];

beforeEach(async () => {
  redis = await OwnRedis.start();
  queue = `spec-${randomUUID()}`;
});

afterEach(async () => {
  for (const child of children.splice(0)) await child.kill();
  await flow.stop();
  await redis.stop();
});

describeHere('a Redis that loses everything', () => {
  it('All events are delivered if it is flushed while chunks wait in it, with stable ids', async () => {
    const receiver = await start({ consume: false });
    await flow.savePeople(60);
    await until('all are planned', async () => (await flow.pendingEvents()) === 0);
    await redis.flush();
    await startWorker(SHORT);
    await untilDelivered(receiver, 60);
  });

  it('All writes succeed while it is down, and their events follow when it is back', async () => {
    const receiver = await start({});
    await redis.stop();
    await flow.savePeople(20);
    expect(await flow.query('SELECT FROM person')).toHaveLength(20);
    await redis.start();
    await untilDelivered(receiver, 20);
  });

  it('A process stops while it is down, and its events follow', async () => {
    const receiver = await start({});
    await flow.savePeople(1);
    await receiver.waitFor(1);
    await redis.stop();
    await flow.savePeople(5);
    await flow.hooks.detach({ deadlineMs: 1_000 });
    await redis.start();
    await startWorker(SHORT);
    await untilDelivered(receiver, 6);
  });

  it('A process attaches while it is down', async () => {
    await redis.stop();
    const receiver = await start({});
    await flow.savePeople(5);
    await redis.start();
    await untilDelivered(receiver, 5);
  });
});

describeHere('workers that are killed', () => {
  it('All events are delivered if two are killed in turn, with stable ids', async () => {
    const receiver = await start({ consume: false }, answeringAfter(20));
    const first = await startWorker(SHORT);
    await flow.savePeople(300);
    await receiver.waitFor(40);
    await first.kill();
    const second = await startWorker(SHORT);
    await receiver.waitFor(120);
    await second.kill();
    await startWorker(SHORT);
    await untilDelivered(receiver, 300);
  });

  it('The chunks of one come back long before their lease expires', async () => {
    const long = { sweepMs: 300, leaseMs: 600_000 };
    const receiver = await start({ consume: false, attach: long }, answeringAfter(500));
    const doomed = await startWorker(long);
    await flow.savePeople(30);
    await receiver.waitFor(1);
    await doomed.kill();
    await startWorker(long);
    await untilDelivered(receiver, 30);
  });
});

interface Started {
  readonly consume?: boolean;
  readonly attach?: AttachOptions;
}

/** The application that plans, with a listener. */
async function start(
  { consume = true, attach = SHORT }: Started,
  respond?: Parameters<Flow['listen']>[0],
): Promise<Receiver> {
  const connection = { host: '127.0.0.1', port: redis.port };
  const dispatcher = bullmq({ connection, queue, consume });
  flow = await Flow.start({ attach: { ...attach, logger: SILENT, dispatcher } });
  return (await flow.listen(respond)).receiver;
}

async function startWorker(attach: AttachOptions): Promise<CrashChild> {
  const child = await CrashChild.start({
    url: flow.url,
    attach,
    bullmq: { port: redis.port, queue },
  });
  children.push(child);
  return child;
}

/** Each event has one id, however often it came. */
async function untilDelivered(receiver: Receiver, count: number): Promise<void> {
  await until('all are done', async () => {
    const rows = await flow.query(`SELECT FROM model_hook_delivery WHERE status = 'done'`);
    return rows.length === count;
  });
  expect(new Set(headers(receiver, 'hook-delivery')).size).toBe(count);
}

function noop(): void {
  // Trouble with Redis is what these specs make.
}
