import { type Chunk, deliveryId } from '../../lib/delivery/chunk/chunk';
import { NOTHING_PLANNED } from '../../lib/delivery/chunk/loading';
import type { OutcomeRecord } from '../../lib/delivery/chunk/outcome-record';
import type { Plan } from '../../lib/dispatch/plan/planner';
import { TrialWaits } from '../../lib/dispatch/trial-waits';

const EVENT = '11111111-1111-4111-8111-111111111111';
const OTHER = '22222222-2222-4222-8222-222222222222';
const LISTENERS = ['aaaaaaaa-aaaa-4aaa-8aaa-aaaaaaaaaaaa', 'bbbbbbbb-bbbb-4bbb-8bbb-bbbbbbbbbbbb'];
const [FIRST = '', SECOND = ''] = LISTENERS;

describe('TrialWaits', () => {
  beforeEach(() => jest.useFakeTimers());
  afterEach(() => jest.useRealTimers());

  it('A wait waits until each delivery of a planned chunk is recorded', async () => {
    const { waits, wait } = newWaits();
    const waiting = wait([EVENT]);
    waits.notePlanned(plan({ chunks: [chunk(EVENT, LISTENERS)] }));
    waits.noteRecorded([recorded(EVENT, FIRST)]);
    expect(await waiting.hasEnded()).toBe(false);
    waits.noteRecorded([recorded(EVENT, SECOND)]);
    expect(await waiting.hasEnded()).toBe(true);
    expect(waits.isAwaited).toBe(false);
  });

  it('A wait waits for deliveries in turn too', async () => {
    const { waits, wait } = newWaits();
    const waiting = wait([EVENT]);
    waits.notePlanned(plan({ inTurn: [{ eventId: EVENT, listenerId: FIRST }] }));
    expect(await waiting.hasEnded()).toBe(false);
    waits.noteRecorded([recorded(EVENT, FIRST)]);
    expect(await waiting.hasEnded()).toBe(true);
  });

  it('A wait ends when its events are planned and no listener wants them', async () => {
    const { waits, wait } = newWaits();
    const waiting = wait([EVENT]);
    waits.notePlanned(plan({ eventIds: [OTHER] }));
    expect(await waiting.hasEnded()).toBe(false);
    waits.notePlanned(plan({}));
    expect(await waiting.hasEnded()).toBe(true);
  });

  it('A wait waits for no event of others that were planned together with its own', async () => {
    const { waits, wait } = newWaits();
    const waiting = wait([EVENT]);
    const chunks = [chunk(EVENT, [FIRST]), chunk(OTHER, [SECOND])];
    waits.notePlanned(plan({ eventIds: [EVENT, OTHER], chunks }));
    waits.noteRecorded([recorded(EVENT, FIRST)]);
    expect(await waiting.hasEnded()).toBe(true);
  });

  it('A wait asks the database about an event that other processes send a part of', async () => {
    const { waits, wait, areTried } = newWaits();
    const waiting = wait([EVENT]);
    waits.notePlanned(plan({ scattered: new Set([EVENT]) }));
    expect(await waiting.hasEnded()).toBe(false);
    areTried.mockResolvedValueOnce(false).mockResolvedValueOnce(true);
    await jest.advanceTimersByTimeAsync(250);
    expect(await waiting.hasEnded()).toBe(false);
    await jest.advanceTimersByTimeAsync(250);
    expect(await waiting.hasEnded()).toBe(true);
    expect(areTried.mock.calls).toEqual([[[EVENT]], [[EVENT]]]);
  });

  it('A wait ends after its time, whatever is left', async () => {
    const { waits, wait } = newWaits();
    const waiting = wait([EVENT], 600);
    expect(waits.isAwaited).toBe(true);
    await jest.advanceTimersByTimeAsync(599);
    expect(await waiting.hasEnded()).toBe(false);
    await jest.advanceTimersByTimeAsync(1);
    expect(await waiting.hasEnded()).toBe(true);
    expect(waits.isAwaited).toBe(false);
  });

  it('A wait rejects if the query to the database fails', async () => {
    const { waits, areTried } = newWaits();
    areTried.mockRejectedValueOnce(new Error('no connection'));
    const rejected = expect(waits.tried([EVENT], 10_000)).rejects.toThrow('no connection');
    await jest.advanceTimersByTimeAsync(250);
    await rejected;
    expect(waits.isAwaited).toBe(false);
  });
});

function newWaits() {
  const areTried = jest.fn((_ids: readonly string[]) => Promise.resolve(false));
  const waits = new TrialWaits({ upkeep: { areTried } });
  const wait = (eventIds: readonly string[], waitMs = 10_000) => {
    let isOver = false;
    void waits.tried(eventIds, waitMs).then(() => {
      isOver = true;
    });
    const hasEnded = async (): Promise<boolean> => {
      await jest.advanceTimersByTimeAsync(0);
      return isOver;
    };
    return { hasEnded };
  };
  return { waits, wait, areTried };
}

function plan(made: Partial<Plan>): Plan {
  const nothing = { chunks: [], scattered: new Set<string>(), inTurn: [] };
  return { eventIds: [EVENT], hasMore: false, planned: NOTHING_PLANNED, ...nothing, ...made };
}

function chunk(eventId: string, listenerIds: readonly string[]): Chunk {
  return { id: eventId, token: '1', eventIds: listenerIds.map(() => eventId), listenerIds };
}

function recorded(eventId: string, listenerId: string): OutcomeRecord {
  return { deliveryId: deliveryId(eventId, listenerId) } as OutcomeRecord;
}
