import type { Chunk, Dispatcher, Engine } from '../../../lib';
import { ReceivingFlow } from '../../support/application/receiving-flow';

let flow: ReceivingFlow;
afterEach(() => flow.stop());

describe('work: false', () => {
  it('An attachment with `work: false` captures, and other processes send', async () => {
    flow = await ReceivingFlow.start({ attach: { work: false } });
    await flow.savePeople(1, 'Ann');
    await flow.hooks.idle();
    expect(await flow.pendingEvents()).toBe(1);
    const worker = await flow.beside();
    await worker.hooks.idle();
    expect(flow.names()).toEqual(['Ann']);
  });
});

describe("dispatcher 'disabled'", () => {
  it('A disabled dispatcher stores its events as skipped, and no process sends them', async () => {
    flow = await ReceivingFlow.start({ attach: { dispatcher: 'disabled' } });
    await flow.savePeople(1, 'Ann');
    await flow.hooks.idle();
    const worker = await flow.beside();
    await worker.savePeople(1, 'Bob');
    await worker.hooks.idle();
    expect(flow.names()).toEqual(['Bob']);
    const stored = await flow.dataSource.query(
      "SELECT data->>'name' AS name, skipped FROM model_hook_event ORDER BY id",
    );
    expect(stored).toEqual([
      { name: 'Ann', skipped: 'the dispatcher was disabled' },
      { name: 'Bob', skipped: null },
    ]);
  });

  it('A disabled dispatcher claims no events of other processes', async () => {
    flow = await ReceivingFlow.start({ attach: { work: false } });
    await flow.savePeople(1, 'Ann');
    const disabled = await flow.beside({
      dispatcher: 'disabled',
      sweepMs: 10,
    });
    await disabled.savePeople(1, 'Bob');
    await disabled.hooks.idle();
    expect(await flow.pendingEvents()).toBe(1);
  });
});

describe('a dispatcher of the application', () => {
  it('The dispatcher receives the engine and each chunk, and decides when to deliver', async () => {
    const dispatcher = new Queue();
    flow = await ReceivingFlow.start({ attach: { dispatcher } });
    await flow.savePeople(1, 'Ann');
    await flow.savePeople(1, 'Bob');
    await dispatcher.holding(2);
    expect(flow.receiver.received).toEqual([]);
    await dispatcher.deliverAll();
    await flow.hooks.idle();
    expect(flow.names()).toEqual(['Ann', 'Bob']);
    await flow.hooks.detach();
    expect(dispatcher.stopped).toEqual([{ deadlineMs: expect.any(Number) }]);
  });

  it('The dispatcher receives chunks of the size that it wants', async () => {
    const dispatcher = Object.assign(new Queue(), { chunkSize: 2 });
    flow = await ReceivingFlow.start({ attach: { dispatcher } });
    await flow.savePeople(5);
    await dispatcher.holding(5);
    expect(dispatcher.sizes.sort()).toEqual([1, 2, 2]);
    await dispatcher.deliverAll();
    await flow.hooks.idle();
    expect(flow.receiver.received).toHaveLength(5);
  });

  it('A commit waits until each delivery was tried if the dispatcher says so', async () => {
    const dispatcher = Object.assign(new Queue(), { waitsForTries: true });
    flow = await ReceivingFlow.start({ attach: { dispatcher, waitMs: 60_000 } });
    let hasReturned = false;
    const saved = flow.savePeople(1, 'Ann').then(() => {
      hasReturned = true;
    });
    await dispatcher.holding(1);
    expect(hasReturned).toBe(false);
    await dispatcher.deliverAll();
    await saved;
    const { items } = await flow.hooks.deliveries.find();
    expect(items).toMatchObject([{ status: 'done' }]);
  });

  it('An error of the dispatcher is logged, and the next sweep hands over the chunk again', async () => {
    const logger = { debug: jest.fn(), info: jest.fn(), warn: jest.fn(), error: jest.fn() };
    let calls = 0;
    let engine: Engine | undefined;
    const dispatcher: Dispatcher = {
      start: (given) => {
        engine = given;
      },
      dispatch: async (chunks) => {
        calls += 1;
        if (calls === 1) throw new RangeError('the queue is away');
        for (const chunk of chunks) await engine?.deliver(chunk);
      },
    };
    flow = await ReceivingFlow.start({ attach: { dispatcher, sweepMs: 50, logger } });
    await flow.savePeople(1, 'Ann');
    await flow.receiver.waitFor(1);
    await flow.hooks.idle();
    expect(flow.names()).toEqual(['Ann']);
    expect(calls).toBe(2);
    expect(logger.error).toHaveBeenCalledWith(expect.stringContaining('dispatcher threw'), {
      error: expect.objectContaining({ name: 'RangeError' }),
    });
  });
});

/** Keeps chunks until it is told to deliver them. */
class Queue implements Dispatcher {
  readonly stopped: { readonly deadlineMs: number }[] = [];
  #engine: Engine | undefined;
  #chunks: Chunk[] = [];
  #arrived = () => {};

  start(engine: Engine): void {
    this.#engine = engine;
  }

  dispatch(chunks: readonly Chunk[]): void {
    this.#chunks.push(...chunks);
    this.#arrived();
  }

  stop(options: { readonly deadlineMs: number }): void {
    this.stopped.push(options);
  }

  get sizes(): number[] {
    return this.#chunks.map(({ eventIds }) => eventIds.length);
  }

  /** Waits until chunks of so many events are here. */
  async holding(events: number): Promise<void> {
    while (new Set(this.#chunks.flatMap(({ eventIds }) => eventIds)).size < events)
      await new Promise<void>((resolve) => {
        this.#arrived = resolve;
      });
  }

  async deliverAll(): Promise<void> {
    for (const chunk of this.#chunks.splice(0)) await this.#engine?.deliver(chunk);
  }
}
