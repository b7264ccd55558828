import type { Chunk, Dispatcher } from '../../lib';
import { chunkKey } from '../../lib/delivery/chunk/chunk';
import { NOTHING_PLANNED } from '../../lib/delivery/chunk/loading';
import type { OutcomeRecord } from '../../lib/delivery/chunk/outcome-record';
import { Carrier } from '../../lib/dispatch/carrier';
import { dispatcherOf } from '../../lib/dispatch/dispatcher';

describe('Carrier', () => {
  it('The carrier sends a chunk that the dispatcher hands straight back under its lease, with the planned events', async () => {
    const { carrier, claims, sender } = newCarrier();
    expect(await carrier.dispatch([A], NOTHING_PLANNED)).toBe(true);
    expect(sender.send.mock.calls).toEqual([[A, NOTHING_PLANNED]]);
    expect(claims.take).not.toHaveBeenCalled();
  });

  it('The carrier takes over a chunk that a dispatcher hands back later, without the planned events', async () => {
    const { carrier, claims, sender } = newCarrier({ dispatcher: { dispatch: () => undefined } });
    await carrier.dispatch([A], NOTHING_PLANNED);
    await carrier.deliver(A);
    expect(claims.take).toHaveBeenCalledWith({ id: A.id, token: A.token }, 1);
    expect(sender.send.mock.calls).toEqual([[{ ...A, token: '2' }, null]]);
  });

  it('The carrier leaves a chunk alone that another process has taken over', async () => {
    const { carrier, claims, sender } = newCarrier();
    claims.take.mockResolvedValueOnce(null);
    await carrier.deliver(A);
    expect(sender.send).not.toHaveBeenCalled();
    expect(carrier.inFlight).toBe(0);
  });

  it('The carrier starts no chunk whose signal is aborted', async () => {
    const { carrier, claims } = newCarrier();
    await carrier.deliver(A, { signal: AbortSignal.abort() });
    expect(claims.take).not.toHaveBeenCalled();
  });

  it('The carrier sends a chunk once, however often it is handed back', async () => {
    const { carrier, sender } = newCarrier();
    await Promise.all([carrier.dispatch([A], null), carrier.deliver(A)]);
    await carrier.deliver(A);
    expect(sender.send).toHaveBeenCalledTimes(1);
  });

  it('The carrier renews the lease of a chunk until its last outcome is stored', async () => {
    const { carrier, claims } = newCarrier();
    await carrier.dispatch([A, B], null);
    await carrier.renew();
    expect(claims.renew).toHaveBeenLastCalledWith([A, B]);
    carrier.noteRecorded([record(A, { closes: false }), record(B, { closes: true })], new Set());
    await carrier.renew();
    expect(claims.renew).toHaveBeenLastCalledWith([A]);
    expect(carrier.inFlight).toBe(1);
  });

  it('The carrier renews the lease of no chunk that another process has taken over', async () => {
    const { carrier } = newCarrier();
    await carrier.dispatch([A], null);
    carrier.noteRecorded([record(A, { closes: false })], new Set([chunkKey(A)]));
    expect(carrier.inFlight).toBe(0);
  });

  it('The carrier holds no chunk whose outcomes were stored before', async () => {
    const { carrier, sender } = newCarrier();
    sender.send.mockResolvedValueOnce(false);
    await carrier.deliver(A);
    expect(carrier.inFlight).toBe(0);
  });

  it('The carrier loads a chunk again that cannot be loaded at first, and holds it meanwhile', async () => {
    const { carrier, claims, logger, sender } = newCarrier();
    sender.send.mockRejectedValueOnce(new Error('no connection'));
    const delivering = carrier.deliver(A);
    await new Promise(setImmediate);
    expect(carrier.inFlight).toBe(1);
    await delivering;
    expect(sender.send).toHaveBeenCalledTimes(2);
    expect(logger.error).toHaveBeenCalledTimes(1);
    expect(claims.release).not.toHaveBeenCalled();
  });

  it('The carrier releases a chunk for a second that cannot be loaded three times', async () => {
    const { carrier, claims, logger, sender } = newCarrier();
    sender.send.mockRejectedValue(new Error('no connection'));
    await carrier.deliver(A);
    expect(claims.release.mock.calls).toEqual([[[{ ...A, token: '2' }], 1_000]]);
    expect(logger.error).toHaveBeenCalledTimes(3);
    expect(carrier.inFlight).toBe(0);
  });

  it('The carrier does not load a chunk again once it is closed', async () => {
    const { carrier, claims, sender } = newCarrier();
    sender.send.mockRejectedValue(new Error('no connection'));
    carrier.close();
    await carrier.deliver(A);
    expect(sender.send).toHaveBeenCalledTimes(1);
    expect(claims.release).toHaveBeenCalledTimes(1);
  });

  it('The carrier gives a dispatcher as long as a lease to take its chunks', async () => {
    const dispatcher = { dispatch: () => new Promise<void>(() => undefined) };
    const { carrier, claims, logger } = newCarrier({ dispatcher, leaseMs: 20 });
    expect(await carrier.dispatch([A], null)).toBe(false);
    expect(claims.release.mock.calls).toEqual([[[A]]]);
    expect(logger.error).toHaveBeenCalledTimes(1);
  });

  it.each([
    ['never stops', () => new Promise<void>(() => undefined)],
    ['throws', () => Promise.reject(new Error('no queue'))],
  ])('The carrier stops the sender after a dispatcher that %s', async (_, stop) => {
    const { carrier, logger, sender } = newCarrier({
      dispatcher: { dispatch: () => undefined, stop },
    });
    await carrier.stop(20);
    expect(sender.stop).toHaveBeenCalledTimes(1);
    expect(logger.warn.mock.calls.length + logger.error.mock.calls.length).toBe(1);
  });

  it('The carrier releases the chunks that a dispatcher did not take before it threw', async () => {
    const { carrier, claims, logger } = newCarrier({
      dispatcher: {
        isLocal: true,
        dispatch: ([first]) => {
          if (first) void carrier.deliver(first);
          throw new Error('the queue is full');
        },
      },
    });
    expect(await carrier.dispatch([A, B], null)).toBe(false);
    expect(claims.release.mock.calls).toEqual([[[B]]]);
    expect(logger.error).toHaveBeenCalledTimes(1);
  });

  it('The carrier lets chunks wait while it is full, and claims nothing then', async () => {
    const { carrier, recorder, sender } = newCarrier();
    recorder.size = 2_000;
    const delivered = carrier.deliver(A);
    const room = carrier.hasRoom();
    await new Promise(setImmediate);
    expect(sender.send).not.toHaveBeenCalled();
    expect(carrier.chunksWanted).toBe(1);
    recorder.size = 0;
    carrier.noteRecorded([], new Set());
    await Promise.all([delivered, room]);
    expect(sender.send).toHaveBeenCalledTimes(1);
    expect(carrier.chunksWanted).toBe(4);
  });

  it('The carrier counts chunks by the size that the dispatcher wants', () => {
    const dispatch = () => undefined;
    expect(newCarrier({ dispatcher: { dispatch } }).carrier.chunksWanted).toBe(8);
    const local = { dispatch, isLocal: true, chunkSize: 100 };
    expect(newCarrier({ dispatcher: local }).carrier.chunksWanted).toBe(20);
  });

  it('The carrier gives no room limit to a dispatcher that carries chunks elsewhere', async () => {
    const { carrier, recorder } = newCarrier({ dispatcher: { dispatch: () => undefined } });
    recorder.size = 2_000;
    await expect(carrier.hasRoom()).resolves.toBeUndefined();
  });

  it('The carrier begins no further request from the moment that it is closed', () => {
    const { carrier, sender } = newCarrier();
    carrier.close();
    expect(sender.close).toHaveBeenCalledTimes(1);
    expect(sender.stop).not.toHaveBeenCalled();
  });

  it('The carrier stops the dispatcher, the sender and the recorder in this order, and releases what is left', async () => {
    const stopped: string[] = [];
    const { carrier, claims, recorder, sender } = newCarrier({
      dispatcher: {
        dispatch: () => undefined,
        stop: ({ deadlineMs }) => void stopped.push(`dispatcher ${deadlineMs}`),
      },
    });
    sender.stop.mockImplementation(() => Promise.resolve(void stopped.push('sender')));
    recorder.stop.mockImplementation(() => Promise.resolve(void stopped.push('recorder')));
    await carrier.deliver(A);
    carrier.close();
    await carrier.stop(50);
    expect(stopped).toEqual(['dispatcher 50', 'sender', 'recorder']);
    expect(claims.release).toHaveBeenLastCalledWith([{ ...A, token: '2' }]);
  });
});

const A: Chunk = { id: 'a', token: '1', eventIds: ['e'], listenerIds: ['l'] };
const B: Chunk = { ...A, id: 'b' };

interface Given {
  readonly dispatcher?: Dispatcher;
  readonly leaseMs?: number;
}

function newCarrier({ dispatcher, leaseMs = 30_000 }: Given = {}) {
  const claims = {
    take: jest.fn(
      (given: Pick<Chunk, 'id' | 'token'>): Promise<Chunk | null> =>
        Promise.resolve({ ...A, ...given, token: '2' }),
    ),
    renew: jest.fn((_chunks: readonly Chunk[]) => Promise.resolve()),
    release: jest.fn((_chunks: readonly Chunk[], _afterMs?: number | null) => Promise.resolve()),
  };
  const sender = {
    size: 0,
    restraints: new Map<string, number>(),
    send: jest.fn((_chunk: Chunk, _events: unknown) => Promise.resolve(true)),
    close: jest.fn(),
    stop: jest.fn((_deadlineMs: number) => Promise.resolve()),
  };
  const recorder = { size: 0, stop: jest.fn(() => Promise.resolve()) };
  const logger = { debug: jest.fn(), info: jest.fn(), warn: jest.fn(), error: jest.fn() };
  const resolved = dispatcherOf(dispatcher ?? 'default');
  const parts = { claims, sender, recorder, dispatcher: resolved, logger, leaseMs };
  const carrier = new Carrier(parts);
  const engine = {
    deliver: carrier.deliver.bind(carrier),
    claimDue: () => Promise.resolve({ isClaimed: false }),
  };
  if (!dispatcher) void carrier.start(engine);
  return { carrier, claims, sender, recorder, logger };
}

function record(chunk: Chunk, { closes }: Pick<OutcomeRecord, 'closes'>): OutcomeRecord {
  return { chunk, closes } as OutcomeRecord;
}
