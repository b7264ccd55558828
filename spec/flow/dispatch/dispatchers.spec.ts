import type { Chunk, Dispatcher, Engine } from '../../../lib';
import { Attachments, pendingEvents, savePerson } from '../../support/application/attachments';

let attachments: Attachments;
beforeEach(async () => {
  attachments = await Attachments.begin();
});
afterEach(() => attachments.end());

describe('work: false', () => {
  it('captures, and leaves sending to processes that work', async () => {
    const application = await attachments.start({ work: false });
    await savePerson(application, 'Ann');
    await application.hooks.idle();
    expect(await pendingEvents(application)).toBe(1);
    const worker = await attachments.startBeside(application);
    await worker.hooks.idle();
    expect(attachments.names()).toEqual(['Ann']);
  });
});

describe("dispatcher 'disabled'", () => {
  it('stores its events as skipped, which nobody sends', async () => {
    const application = await attachments.start({ dispatcher: 'disabled' });
    await savePerson(application, 'Ann');
    await application.hooks.idle();
    const worker = await attachments.startBeside(application);
    await savePerson(worker, 'Bob');
    await worker.hooks.idle();
    expect(attachments.names()).toEqual(['Bob']);
    const stored = await application.dataSource.query(
      "SELECT data->>'name' AS name, skipped FROM model_hook_event ORDER BY id",
    );
    expect(stored).toEqual([
      { name: 'Ann', skipped: 'the dispatcher was disabled' },
      { name: 'Bob', skipped: null },
    ]);
  });

  it('claims nothing of what others captured', async () => {
    const application = await attachments.start({ work: false });
    await savePerson(application, 'Ann');
    const disabled = await attachments.startBeside(application, {
      dispatcher: 'disabled',
      sweepMs: 10,
    });
    await savePerson(disabled, 'Bob');
    await disabled.hooks.idle();
    expect(await pendingEvents(application)).toBe(1);
  });
});

describe('a Dispatcher of one’s own', () => {
  it('is given the engine and every chunk, and has it delivered when it likes', async () => {
    const dispatcher = new Queue();
    const application = await attachments.start({ dispatcher });
    await savePerson(application, 'Ann');
    await savePerson(application, 'Bob');
    await dispatcher.holding(2);
    expect(attachments.receiver.received).toEqual([]);
    await dispatcher.deliverAll();
    await application.hooks.idle();
    expect(attachments.names()).toEqual(['Ann', 'Bob']);
    await application.hooks.detach();
    expect(dispatcher.stopped).toEqual([{ deadlineMs: expect.any(Number) }]);
  });

  it('may throw: that is logged, and the next sweep hands the chunk over again', async () => {
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
    const application = await attachments.start({ dispatcher, sweepMs: 50, logger });
    await savePerson(application, 'Ann');
    await attachments.receiver.waitFor(1);
    await application.hooks.idle();
    expect(attachments.names()).toEqual(['Ann']);
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
