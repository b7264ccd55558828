import type { AttachOptions, Chunk, Dispatcher } from '../../../lib';
import { Flow } from '../../support/application/flow';
import { BY_TRIGGERS } from '../../support/application/triggers-flow';
import { until } from '../../support/application/waiting';
import { person } from '../../support/entities/person';
import { CrashChild } from '../../support/processes/crash-child';
import type { Receiver } from '../../support/receivers/receiver';

let flow: Flow;

afterEach(() => flow.stop());

const start = async (attach: AttachOptions = {}): Promise<Receiver> => {
  flow = await Flow.start({ attach });
  return (await flow.listen()).receiver;
};

const names = ({ received }: Receiver) =>
  received.map(({ body }) => (body as { name: string }).name);

/** Ends all that can be sent now. */
const settled = async () => {
  await flow.hooks.idle();
};

const CAPTURES = [
  ['subscribers', {}],
  ['triggers', BY_TRIGGERS],
] as const;

describe.each(CAPTURES)('hooks.buffer with capture by %s', (_, capture) => {
  it.each(['default', 'inline'] as const)(
    'Events of a block are sent when it ends, with the dispatcher %s',
    async (dispatcher) => {
      const receiver = await start({ ...capture, dispatcher });
      const result = await flow.hooks.buffer(async () => {
        await flow.savePeople(2, 'inside');
        await settled();
        expect(receiver.received).toEqual([]);
        return 'the result';
      });
      expect(result).toBe('the result');
      if (dispatcher === 'inline') expect(receiver.received).toHaveLength(2);
      await settled();
      expect(names(receiver)).toEqual(['inside', 'inside']);
    },
  );

  it('A block that throws sends what was committed, and nothing that was rolled back', async () => {
    const receiver = await start(capture);
    const failing = flow.hooks.buffer(async () => {
      await flow.savePeople(1, 'committed');
      await flow.dataSource.transaction(async (manager) => {
        await manager.save(person({ name: 'rolled back' }));
        throw new Error('of the application');
      });
    });
    await expect(failing).rejects.toThrow('of the application');
    await settled();
    expect(names(receiver)).toEqual(['committed']);
  });

  it('Only the outermost buffer sends at its end, and a flush sends for all of them', async () => {
    const receiver = await start(capture);
    await flow.hooks.buffer(async () => {
      await flow.savePeople(1, 'outer');
      await flow.hooks.buffer(() => flow.savePeople(1, 'inner'));
      await settled();
      expect(receiver.received).toEqual([]);
      await flow.hooks.buffer((inner) => inner.flush());
      await settled();
      expect(names(receiver).sort()).toEqual(['inner', 'outer']);
      await flow.savePeople(1, 'last');
    });
    await settled();
    expect(names(receiver)).toHaveLength(3);
  });

  it('Two buffers at the same time do not see each other', async () => {
    const receiver = await start(capture);
    let end: () => void = () => undefined;
    const held = flow.hooks.buffer(async () => {
      await flow.savePeople(1, 'held');
      await new Promise<void>((resolve) => {
        end = resolve;
      });
    });
    await flow.hooks.buffer(() => flow.savePeople(1, 'other'));
    await flow.savePeople(1, 'unbuffered');
    await settled();
    expect(names(receiver).sort()).toEqual(['other', 'unbuffered']);
    end();
    await held;
    await settled();
    expect(names(receiver)).toContain('held');
  });

  it('Events whose transaction is open when the block ends are sent after its commit', async () => {
    const receiver = await start(capture);
    await flow.dataSource.transaction(async (manager) => {
      await flow.hooks.buffer(() => manager.save(person({ name: 'open' })));
      await manager.save(person({ name: 'after the block' }));
      await settled();
      expect(receiver.received).toEqual([]);
    });
    await until('both are received', () => receiver.received.length === 2);
  });

  it('A savepoint that is rolled back takes its buffered events with it', async () => {
    const receiver = await start(capture);
    await flow.hooks.buffer(async () => {
      await flow.dataSource.transaction(async (manager) => {
        await manager.save(person({ name: 'kept' }));
        await manager
          .transaction(async (inner) => {
            await inner.save(person({ name: 'undone' }));
            throw new Error('undone');
          })
          .catch(() => undefined);
      });
    });
    await settled();
    expect(names(receiver)).toEqual(['kept']);
  });

  it('Work that outlives its block is not held back', async () => {
    const receiver = await start(capture);
    let late: () => Promise<unknown> = () => Promise.resolve();
    await flow.hooks.buffer(() => {
      const { AsyncResource } = require('node:async_hooks') as typeof import('node:async_hooks');
      late = AsyncResource.bind(() => flow.savePeople(1, 'late'));
    });
    await late();
    await settled();
    expect(names(receiver)).toEqual(['late']);
  });

  it('A process that captures only leaves its events to others when the block ends', async () => {
    const receiver = await start({ ...capture, work: false });
    await flow.hooks.buffer(async () => {
      await flow.savePeople(2);
      await swept(capture);
      expect(receiver.received).toEqual([]);
    });
    await receiver.waitFor(2);
  });
});

/** Another application has swept: it has released the event of a process that does not exist. */
async function swept(capture: AttachOptions = {}): Promise<void> {
  await flow.beside({ ...capture, sweepMs: 50 });
  await flow.query(
    `INSERT INTO model_hook_event (id, hook, shape, event, data)
     VALUES (gen_random_uuid(), 'elsewhere', 'buffer:' || gen_random_uuid() || ':1/fields', 'e.created', '{}')`,
  );
  await until('the event is released', async () => {
    const rows = await flow.query(`SELECT FROM model_hook_event WHERE shape = 'fields'`);
    return rows.length > 0;
  });
}

describe('hooks.buffer', () => {
  it('Events of a defined hook are held back too', async () => {
    flow = await Flow.start();
    const { receiver } = await flow.listen();
    const shipped = flow.hooks.define('order.shipped', { provides: ['name'] });
    await shipped.listener(receiver.url).save();
    await flow.hooks.buffer(async () => {
      await shipped.send({ name: 'first' });
      await settled();
      expect(receiver.received).toEqual([]);
    });
    await settled();
    expect(names(receiver)).toEqual(['first']);
  });

  it('The events of a block are skipped as always with the dispatcher `disabled`', async () => {
    const receiver = await start({ dispatcher: 'disabled' });
    await flow.hooks.buffer(() => flow.savePeople(2));
    expect(await flow.pendingEvents()).toBe(0);
    expect(receiver.received).toEqual([]);
  });

  it('A hundred buffered events of one listener are ten chunks of ten', async () => {
    const chunks: Chunk[] = [];
    const dispatcher: Dispatcher = {
      chunkSize: 10,
      dispatch: (given) => void chunks.push(...given),
    };
    await start({ dispatcher });
    await flow.hooks.buffer(async () => {
      for (let n = 0; n < 10; n += 1) await flow.savePeople(10);
    });
    await until('all are dispatched', () => chunks.length >= 10);
    expect(chunks.map(({ eventIds }) => eventIds.length)).toEqual(Array(10).fill(10));
  });

  it('maybeFlush() flushes at every hundredth call', async () => {
    const receiver = await start();
    await flow.hooks.buffer(
      async (buffer) => {
        await flow.savePeople(1);
        for (let n = 1; n < 100; n += 1) await buffer.maybeFlush();
        await settled();
        expect(receiver.received).toEqual([]);
        await buffer.maybeFlush();
        await settled();
        expect(receiver.received).toHaveLength(1);
      },
      { flushTimeoutMs: 600_000 },
    );
  });

  it('detach() in a block loses nothing, and sends nothing early', async () => {
    const receiver = await start();
    await flow.hooks.buffer(async () => {
      await flow.savePeople(1, 'before');
      await flow.hooks.detach();
      await flow.savePeople(1, 'after');
      await swept();
      expect(receiver.received).toEqual([]);
    });
    await receiver.waitFor(2);
  });

  it('destroy() in a block hands its events on', async () => {
    const receiver = await start();
    const other = await flow.beside({ sweepMs: 100 });
    await other.hooks
      .buffer(async () => {
        await other.savePeople(2);
        await other.dataSource.destroy();
      })
      .catch(() => undefined);
    await receiver.waitFor(2);
  });

  it('The events of a block are no backlog of another hook or process', async () => {
    await start();
    await flow.hooks.buffer(async () => {
      await flow.savePeople(3);
      const { events, foreign } = await flow.hooks.stats();
      expect(events.waiting).toBe(3);
      expect(foreign).toEqual({});
    });
  });

  /** Each is refused before the block runs. */
  const WRONG = [
    ['flushFreq', 0],
    ['flushFreq', 1.5],
    ['flushTimeoutMs', -1],
    ['flushEvery', 1],
  ] as const;

  it.each(WRONG)('The option %s: %s is refused', async (option, value) => {
    await start();
    const fn = jest.fn();
    const refused = flow.hooks.buffer(fn, { [option]: value });
    await expect(refused).rejects.toMatchObject({
      code: 'OPTION_INVALID',
      message: expect.stringContaining(option),
    });
    expect(fn).not.toHaveBeenCalled();
  });
});

describe('a process that dies in a buffer', () => {
  const SHORT = { sweepMs: 100, leaseMs: 1_000 } as const;

  it.each(CAPTURES)(
    'Nothing is sent while it lives, and all when it is dead (%s)',
    async (_, capture) => {
      // So old that processes would take events that nobody plans.
      const receiver = await start({ ...capture, ...SHORT });
      const child = await CrashChild.start({ url: flow.url, attach: { ...capture, ...SHORT } });
      await child.tell({ kind: 'saveBuffered', names: ['Ann', 'Bob'] });
      await flow.query(`UPDATE model_hook_event SET occurred_at = now() - interval '1 hour'`);
      const reportsUntil = Date.now() + 3 * SHORT.leaseMs;
      await until('three leases are over', () => Date.now() > reportsUntil);
      await flow.hooks.idle();
      expect(receiver.received).toEqual([]);
      await child.kill();
      await receiver.waitFor(2);
      expect(names(receiver).sort()).toEqual(['Ann', 'Bob']);
    },
  );
});
