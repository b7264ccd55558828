import { randomUUID } from 'node:crypto';
import { EventDecoder } from '../../../lib/capture/outbox/event-decoder';
import { MAX_CHUNK_SIZE } from '../../../lib/delivery/chunk/chunk';
import { wasUnheld } from '../../../lib/dispatch/claim/claims';
import { type Plan, Planner } from '../../../lib/dispatch/plan/planner';
import { HookCatalog } from '../../../lib/hook/catalog';
import type { HookEvent } from '../../../lib/hook/event';
import type { Match } from '../../../lib/listener/matching/checks';
import type { ListenerMatching } from '../../../lib/listener/matching/matching';
import { CONSOLE_LOGGER } from '../../../lib/logging/logger';
import { Vault } from '../../../lib/vault/vault';
import { Flow } from '../../support/application/flow';
import { testStore } from '../../support/application/test-store';

const SILENT = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

let flow: Flow;

beforeEach(async () => {
  flow = await Flow.start({ attach: { work: false } });
  // Somebody listens, so that events are not passed over.
  await flow.hooks.listen('*', 'http://127.0.0.1:9').save();
});
afterEach(() => flow?.stop());

describe('Planner', () => {
  it('The first chunks of an event are leased, and the rest are left for any process', async () => {
    const [event] = await saved(1);
    const plan = await plannerWith([10 * MAX_CHUNK_SIZE]).plan();
    expect(plan.eventIds).toEqual([event]);
    expect(plan.chunks).toHaveLength(8);
    expect(plan.chunks.every(wasUnheld)).toBe(true);
    expect(plan.scattered).toEqual(new Set([event]));
    expect(await chunks()).toEqual({ leased: 8, free: 2, deliveries: 10 * MAX_CHUNK_SIZE });
  });

  it('Deliveries of several events share a chunk', async () => {
    const events = await saved(3);
    const plan = await plannerWith([1, 2]).plan();
    expect(plan.eventIds).toEqual(events);
    expect(plan.chunks.map(({ eventIds }) => [...eventIds].sort())).toEqual([
      events.flatMap((id) => [id, id, id]),
    ]);
    expect(plan.scattered.size).toBe(0);
    expect([...plan.planned.events.keys()].sort()).toEqual(events);
  });

  it('An event that no listener wants gets no chunk', async () => {
    await saved(1);
    const plan = await plannerWith([0]).plan();
    expect(plan).toMatchObject({ chunks: [], hasMore: false });
    expect(await chunks()).toEqual({ leased: 0, free: 0, deliveries: 0 });
  });

  it('Events with very many listeners are planned one at a time', async () => {
    const [first, second] = await saved(2);
    const planner = plannerWith([60_000, 41_000]);
    const plans = [await planner.plan(), await planner.plan(), await planner.plan()];
    expect(plans.map(({ eventIds }) => eventIds)).toEqual([[first], [second], []]);
    expect(plans.map(({ hasMore }: Plan) => hasMore)).toEqual([true, true, false]);
    expect(await chunks()).toEqual({ leased: 16, free: 388, deliveries: 202_000 });
  });

  describe('with an event that code cannot plan', () => {
    it('The event is left to other processes, and the others are planned', async () => {
      const events = await saved(20);
      const planner = plannerWith([1], events[7]);
      const planned = await planAll(planner);
      expect(planned).toEqual(events.filter((id) => id !== events[7]));
      expect(await eventsWhere("planned_at IS NULL AND shape = 'left'")).toEqual([events[7]]);
    });

    it('The event is skipped if no process could plan it for 20 leases', async () => {
      const events = await saved(3);
      const planner = plannerWith([1], events[0]);
      await planAll(planner);
      await planner.sweep();
      expect(await planAll(planner)).toEqual([]);
      await flow.query("UPDATE model_hook_event SET occurred_at = now() - interval '1 day'");
      await planner.sweep();
      expect(await planAll(planner)).toEqual([]);
      expect(await eventsWhere("skipped = 'refused'")).toEqual([events[0]]);
    });
  });
});

/** Ids of the events that are planned until there are no more, sorted. */
async function planAll(planner: Planner): Promise<readonly string[]> {
  const ids: string[] = [];
  for (;;) {
    const { eventIds, hasMore } = await planner.plan();
    ids.push(...eventIds);
    if (!hasMore && eventIds.length === 0) return ids.sort();
  }
}

async function eventsWhere(condition: string): Promise<readonly string[]> {
  const rows = await flow.query<{ id: string }>(
    `SELECT id FROM model_hook_event WHERE ${condition} ORDER BY id`,
  );
  return rows.map(({ id }) => id);
}

/** The ids of events, oldest first. */
async function saved(count: number): Promise<readonly string[]> {
  await flow.savePeople(count);
  const rows = await flow.query<{ id: string }>('SELECT id FROM model_hook_event ORDER BY id');
  return rows.map(({ id }) => id);
}

/** So many listeners want each event, page by page. Matching throws for the event `poison`. */
function plannerWith(pages: readonly number[], poison?: string): Planner {
  const { dataSource } = flow.application;
  const catalog = new HookCatalog(dataSource).load();
  const matching = {
    ahead: () => null,
    async *matching(_query: unknown, events: readonly HookEvent[]): AsyncGenerator<Match[]> {
      if (events.some(({ id }) => id === poison)) throw new TypeError('This event is poison.');
      for (const size of pages)
        yield events.map((event) => ({
          event,
          listenerIds: Array.from({ length: size }, randomUUID),
        }));
    },
  };
  const lease = { processId: randomUUID(), leaseMs: 60_000 };
  return new Planner(
    {
      store: testStore(dataSource),
      decoder: new EventDecoder(dataSource, catalog, lease),
      matching: matching as unknown as ListenerMatching,
      catalog,
      vault: new Vault(),
      logger: poison ? SILENT : CONSOLE_LOGGER,
      foreign: { sweep: () => Promise.resolve() },
      completion: { complete: async (_store, rows) => rows },
      judging: { sweep: () => Promise.resolve(null) },
    },
    lease,
  );
}

async function chunks(): Promise<unknown> {
  const [row] = await flow.query(
    `SELECT count(*) FILTER (WHERE lease_until > now())::int AS leased, count(*) FILTER (WHERE lease_until < now())::int AS free,
       coalesce(sum(cardinality(listener_ids)), 0)::int AS deliveries FROM model_hook_chunk`,
  );
  return row;
}
