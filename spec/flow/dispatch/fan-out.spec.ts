import type { AttachOptions, Chunk, Dispatcher, Engine } from '../../../lib';
import { Flow } from '../../support/application/flow';
import { until } from '../../support/application/waiting';
import { Person } from '../../support/entities/person';
import { CrashChild } from '../../support/processes/crash-child';
import type { CrashOptions } from '../../support/processes/crash-process';
import { answeringAfter, headers } from '../../support/receivers/answers';
import { type Receiver, startReceiver } from '../../support/receivers/receiver';

/** In ten chunks: more than who planned them keeps. */
const LISTENERS = 4_600;
const CHUNKS = 10;
const SHORT = { sweepMs: 300, leaseMs: 1_500 } satisfies AttachOptions;

let flow: Flow;
let receiver: Receiver;
const children: CrashChild[] = [];

afterEach(async () => {
  for (const child of children.splice(0)) await child.kill();
  await receiver?.close();
  await flow?.stop();
});

describe('an event with 4,600 listeners', () => {
  it('Each of 4,600 listeners receives the event once', async () => {
    await start();
    await flow.savePeople(1);
    await flow.hooks.idle();
    await expectEachToldOnce();
  });

  it('An inline save() returns after each listener was tried', async () => {
    await start({ dispatcher: 'inline', waitMs: 60_000 });
    await flow.savePeople(1);
    // On a machine that stands still for half a second, some are given back and due again: recorded all the same.
    const recorded = Object.values(await statuses()).reduce((sum, count) => sum + count, 0);
    expect(recorded).toBe(LISTENERS);
    await flow.application.hooks.idle({ timeoutMs: 60_000 });
    expect(await statuses()).toEqual({ done: LISTENERS });
    await expectEachToldOnce();
  });

  it('The deliveries of one event are planned in chunks of at most 500, and a dispatcher gets a few at a time', async () => {
    const queue = new Queue();
    await start({ dispatcher: queue });
    await flow.savePeople(1);
    await until('all chunks were dispatched', () => queue.chunks.length >= CHUNKS);

    const sizes = queue.chunks.map(({ eventIds, listenerIds }) => {
      expect(listenerIds).toHaveLength(eventIds.length);
      return eventIds.length;
    });
    expect(sizes.sort((a, b) => b - a)).toEqual([...Array(9).fill(500), 100]);
    expect(new Set(queue.chunks.flatMap(({ listenerIds }) => listenerIds)).size).toBe(LISTENERS);
    expect(queue.handed).toEqual([8, 2]);

    await queue.deliverAll();
    await flow.hooks.idle();
    await expectEachToldOnce();
  });

  it('The deliveries of one event are shared by all processes that have room', async () => {
    await start({ work: false }, 20);
    const [planner, other] = await Promise.all([startChild(), startChild()]);
    await planner?.tell({ kind: 'save', names: ['Ann'] });
    await untilNothingIsLeft();
    await expectEachToldOnce();
    const shares = await Promise.all([
      planner?.tell({ kind: 'idle' }),
      other?.tell({ kind: 'idle' }),
    ]);
    for (const share of shares) expect(share?.attempts).toBeGreaterThan(0);
  });

  it('All listeners receive the event if the process that planned it dies', async () => {
    await start({ work: false });
    const doomed = await startChild({ diesAt: 'plan' });
    expect(await doomed.tellLast({ kind: 'save', names: ['Ann'] })).toBe('SIGKILL');
    expect(await flow.query('SELECT FROM model_hook_chunk')).toHaveLength(CHUNKS);
    expect(receiver.received).toEqual([]);

    await startChild();
    await untilNothingIsLeft();
    await expectEachToldOnce();
  });
});

/** The listeners have a URL each, at one receiver. */
async function start(attach: AttachOptions = {}, answeredAfterMs = 0): Promise<void> {
  receiver = await startReceiver(answeredAfterMs > 0 ? answeringAfter(answeredAfterMs) : undefined);
  flow = await Flow.start({ attach });
  const hook = flow.hooks.for(Person);
  const builders = Array.from({ length: LISTENERS }, (_, n) =>
    hook.listener(`${receiver.url}/${n}`),
  );
  await flow.hooks.listeners.saveMany(builders);
}

async function startChild(options: Partial<CrashOptions> = {}): Promise<CrashChild> {
  const { url } = flow.application;
  const child = await CrashChild.start({ url, attach: SHORT, ...options });
  children.push(child);
  return child;
}

async function expectEachToldOnce(): Promise<void> {
  expect(receiver.received).toHaveLength(LISTENERS);
  expect(new Set(headers(receiver, 'hook-delivery')).size).toBe(LISTENERS);
  expect(new Set(headers(receiver, 'hook-subscription')).size).toBe(LISTENERS);
  expect(await statuses()).toEqual({ done: LISTENERS });
  expect(await flow.query('SELECT FROM model_hook_chunk')).toEqual([]);
}

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

/** Keeps chunks until it is told to deliver them. */
class Queue implements Dispatcher {
  readonly chunks: Chunk[] = [];
  /** How many it was given at once. */
  readonly handed: number[] = [];
  #engine: Engine | undefined;
  #isDelivering = false;

  start(engine: Engine): void {
    this.#engine = engine;
  }

  dispatch(chunks: readonly Chunk[]): void {
    this.handed.push(chunks.length);
    this.chunks.push(...chunks);
    if (this.#isDelivering) void this.#deliver(chunks);
  }

  /** All at once: the engine lets in as many as it has room for. What a slow machine made it give back comes again, and goes at once. */
  async deliverAll(): Promise<void> {
    this.#isDelivering = true;
    await this.#deliver(this.chunks);
  }

  async #deliver(chunks: readonly Chunk[]): Promise<void> {
    await Promise.all(chunks.map((chunk) => this.#engine?.deliver(chunk)));
  }
}
