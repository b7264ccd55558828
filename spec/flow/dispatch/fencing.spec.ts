import { randomUUID } from 'node:crypto';
import { type Chunk, deliveryId } from '../../../lib/delivery/chunk/chunk';
import type { Outcome } from '../../../lib/delivery/chunk/outcome';
import { type OutcomeRecord } from '../../../lib/delivery/chunk/outcome-record';
import { Wakeup } from '../../../lib/delivery/chunk/wakeup';
import { ListenerHealth } from '../../../lib/delivery/record/listener-health';
import { Recorder } from '../../../lib/delivery/record/recorder';
import { Claims } from '../../../lib/dispatch/claim/claims';
import { CONSOLE_LOGGER } from '../../../lib/logging/logger';
import { Reporter } from '../../../lib/logging/reports';
import { Flow } from '../../support/application/flow';
import { testStore } from '../../support/application/test-store';
import { until } from '../../support/application/waiting';

const LONG_MS = 60_000;
const FREE = new Map<string, number>();

let flow: Flow;

beforeEach(async () => {
  flow = await Flow.start({ attach: { work: false } });
});
afterEach(() => flow?.stop());

describe('a worker whose chunk was taken over', () => {
  it('A worker that lost its chunk records no outcome and learns of the loss', async () => {
    const { stale, current } = await takenOver();
    const late = recorder();
    late.recorder.add(record(stale, { kind: 'failed', reason: 'late' }), true);
    await late.recorder.flush();
    expect(late.lost).toEqual([stale.id + stale.token]);
    expect(await statuses()).toEqual(['waiting']);

    const punctual = recorder();
    punctual.recorder.add(record(current, { kind: 'done' }), true);
    await punctual.recorder.flush();
    expect(punctual.lost).toEqual([]);
    expect(await statuses()).toEqual(['done']);
    expect(await chunks()).toEqual([]);
  });

  it('A worker that lost its chunk does not deactivate a listener', async () => {
    const listener = await flow.application.hooks.listen('*', 'http://127.0.0.1:9').save();
    const { stale, current } = await takenOver(listener.id);
    const isActive = async (chunk: Chunk): Promise<boolean | undefined> => {
      const { recorder: one } = recorder();
      one.add({ ...record(chunk, { kind: 'done' }), effect: { deactivate: 'gone' } }, true);
      await one.flush();
      return (await flow.application.hooks.listeners.get(listener.id))?.active;
    };
    expect(await isActive(stale)).toBe(true);
    expect(await isActive(current)).toBe(false);
  });

  it('A worker that lost its chunk does not overwrite the outcome of the new worker', async () => {
    const { stale, current } = await takenOver();
    for (const [chunk, outcome] of [
      [current, { kind: 'done' }],
      [stale, { kind: 'retrying', afterMs: 0, reason: 'late' }],
    ] as const) {
      const one = recorder();
      one.recorder.add(record(chunk, outcome), true);
      await one.recorder.flush();
    }
    expect(await statuses()).toEqual(['done']);
  });

  it('A worker that lost its chunk cannot renew, release, take or close it', async () => {
    const { stale, current, worker } = await takenOver();
    const before = await chunks();
    await worker.renew([stale]);
    await worker.release([stale]);
    expect(await worker.take(stale)).toBeNull();
    await recorder().recorder.close(stale);
    expect(await chunks()).toEqual(before);
    expect(before).toMatchObject([{ id: current.id, token: current.token }]);
  });
});

describe('an outcome that is stored twice', () => {
  it('An outcome that is stored again does not overwrite later outcomes', async () => {
    await waitingDelivery();
    const first = (await claims(LONG_MS).due(FREE)) as Chunk;
    const again = {
      ...record(first, { kind: 'retrying', afterMs: 0, reason: 'busy' }),
      closes: false,
    };
    await store(again);
    await untilDue();
    const second = (await claims(LONG_MS).due(FREE)) as Chunk;
    await store(again);
    await store(record(second, { kind: 'done' }));
    await store(again);
    expect(await flow.query('SELECT status, next_at, chunk_id FROM model_hook_delivery')).toEqual([
      { status: 'done', next_at: null, chunk_id: null },
    ]);
  });

  it('A failure that is stored again counts only once for its listener', async () => {
    const { id } = await flow.application.hooks.listen('*', 'http://127.0.0.1:9').save();
    await waitingDelivery(id);
    const chunk = (await claims(LONG_MS).due(FREE)) as Chunk;
    const failed = {
      ...record(chunk, { kind: 'failed', reason: 'gone' }),
      effect: { isHealthy: false },
      closes: false,
    };
    const failing = () => flow.query('SELECT failing_since FROM model_hook_listener');
    await store(failed);
    expect(await failing()).toEqual([{ failing_since: expect.any(Date) }]);
    await flow.query('UPDATE model_hook_listener SET failing_since = NULL');
    await store(failed);
    expect(await failing()).toEqual([{ failing_since: null }]);
  });
});

describe('Claims', () => {
  it('A chunk with a valid lease is not taken over', async () => {
    await waitingDelivery();
    const chunk = await claims(LONG_MS).due(FREE);
    expect(chunk).not.toBeNull();
    expect(await claims(LONG_MS).unheld(8)).toEqual([]);
    expect(await claims(LONG_MS).due(FREE)).toBeNull();
  });

  it('Each chunk goes to one of many concurrent claims', async () => {
    await waitingDelivery();
    const claimed = await Promise.all(Array.from({ length: 8 }, () => claims(1).due(FREE)));
    expect(claimed.filter((chunk) => chunk !== null)).toHaveLength(1);
    await untilAbandoned();
    const taken = await Promise.all(Array.from({ length: 8 }, () => claims(LONG_MS).unheld(8)));
    expect(taken.flat()).toHaveLength(1);
  });
});

interface TakenOver {
  readonly worker: Claims;
  readonly stale: Chunk;
  readonly current: Chunk;
}

async function takenOver(listenerId?: string): Promise<TakenOver> {
  await waitingDelivery(listenerId);
  const worker = claims(1);
  const stale = (await worker.due(FREE)) as Chunk;
  await untilAbandoned();
  const [current] = await claims(LONG_MS).unheld(8);
  expect(current).toEqual({ ...stale, token: '2' });
  return { worker, stale, current: current as Chunk };
}

async function waitingDelivery(listenerId: string = randomUUID()): Promise<void> {
  const eventId = randomUUID();
  await flow.query(
    `WITH turn AS (INSERT INTO model_hook_turn (listener_id, ready_at) VALUES ($3, now()))
     INSERT INTO model_hook_delivery (id, event_id, listener_id, event, status, attempt, retries, reschedules, next_at)
     VALUES ($1, $2, $3, 'person.created', 'waiting', 0, 0, 0, now())`,
    [deliveryId(eventId, listenerId), eventId, listenerId],
  );
}

function untilAbandoned(): Promise<void> {
  return until('the lease ran out', async () => {
    const held = await flow.query(
      'SELECT FROM model_hook_chunk WHERE lease_until >= clock_timestamp()',
    );
    return held.length === 0;
  });
}

function untilDue(): Promise<void> {
  return until('the delivery is due', async () => {
    const due = await flow.query(
      'SELECT FROM model_hook_delivery WHERE next_at <= clock_timestamp()',
    );
    return due.length === 1;
  });
}

function claims(leaseMs: number): Claims {
  const { dataSource } = flow.application;
  return new Claims(testStore(dataSource), { processId: randomUUID(), leaseMs });
}

function recorder(): { readonly recorder: Recorder; readonly lost: readonly string[] } {
  const { dataSource } = flow.application;
  const lost: string[] = [];
  const wakeup = new Wakeup();
  const store = testStore(dataSource);
  const shared = { reporter: new Reporter(), logger: CONSOLE_LOGGER };
  const health = new ListenerHealth({ ...shared, store, processId: randomUUID(), wakeup });
  return {
    lost,
    recorder: new Recorder({
      ...shared,
      outcomes: store.outcomes,
      health,
      wakeup: { recorded: (_records, chunks) => lost.push(...chunks) },
    }),
  };
}

async function store(outcome: OutcomeRecord): Promise<void> {
  const { recorder: one } = recorder();
  one.add(outcome, true);
  await one.flush();
}

/** The outcome of the chunk's only delivery. */
function record(chunk: Chunk, outcome: Outcome): OutcomeRecord {
  const [[eventId = ''], [listenerId = '']] = [chunk.eventIds, chunk.listenerIds];
  return {
    chunk,
    deliveryId: deliveryId(eventId, listenerId),
    eventId,
    hook: 'person',
    event: 'person.created',
    listenerId,
    state: { attempt: 1, retries: 0, reschedules: 0 },
    outcome,
    attempted: { at: new Date(), durationMs: 1, httpStatus: 200, response: null, detail: null },
    effect: {},
    ordered: false,
    closes: true,
  };
}

async function statuses(): Promise<string[]> {
  return (await flow.hooks.deliveries.find()).items.map(({ status }) => status);
}

function chunks(): Promise<readonly { readonly id: string; readonly token: string }[]> {
  return flow.query('SELECT id, token, process_id, lease_until FROM model_hook_chunk');
}
