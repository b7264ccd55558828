import { type AttachOptions, BackgroundResponse, type Worker } from '../../../lib';
import { ReceivingFlow } from '../../support/application/receiving-flow';
import { until } from '../../support/application/waiting';
import { startTransactionPooler } from '../../support/processes/transaction-pooler';

const logger = { debug: jest.fn(), info: jest.fn(), warn: jest.fn(), error: jest.fn() };
/** Sweeps that no test waits for. */
const RARELY = { sweepMs: 60_000, leaseMs: 60_000, logger };
const QUICKLY_MS = 20_000;

let flow: ReceivingFlow;
beforeEach(() => {
  for (const log of Object.values(logger)) log.mockReset();
});
afterEach(() => flow.stop());

describe('hooks.work()', () => {
  it('A process that only captures begins to send', async () => {
    flow = await ReceivingFlow.start({ attach: { work: false } });
    await flow.savePeople(1, 'Ann');
    const worker = await flow.hooks.work();
    expect(worker.isRunning).toBe(true);
    await flow.savePeople(1, 'Bob');
    await flow.hooks.idle();
    expect(flow.names()).toEqual(['Ann', 'Bob']);
  });

  it('A worker that was stopped captures only, and can work again', async () => {
    flow = await ReceivingFlow.start({ attach: { work: false } });
    const first = await flow.hooks.work();
    await first.stop();
    expect(first.isRunning).toBe(false);
    await flow.savePeople(1, 'Ann');
    await flow.hooks.idle();
    expect(await flow.pendingEvents()).toBe(1);
    const second = await flow.hooks.work();
    await first.stop();
    expect([first.isRunning, second.isRunning]).toEqual([false, true]);
    await flow.hooks.idle();
    expect(flow.names()).toEqual(['Ann']);
  });

  it('A worker goes on after the DataSource was initialised again', async () => {
    flow = await ReceivingFlow.start({ attach: { work: false } });
    const calls: string[] = [];
    const worker = await flow.hooks.work({
      onStart: () => calls.push('start'),
      onStop: () => calls.push('stop'),
    });
    await flow.dataSource.destroy();
    expect([calls, worker.isRunning]).toEqual([['start', 'stop'], false]);
    await flow.dataSource.initialize();
    await flow.savePeople(1, 'Ann');
    await flow.hooks.idle();
    expect(flow.names()).toEqual(['Ann']);
    await worker.stop();
    expect(calls).toEqual(['start', 'stop', 'start', 'stop']);
  });

  it('A process that works already gives a handle of that work', async () => {
    flow = await ReceivingFlow.start({ attach: { delivery: { maxConcurrency: 8 } } });
    const worker = await flow.hooks.work({ concurrency: 8 });
    await expect(flow.hooks.work({ concurrency: 9 })).rejects.toMatchObject({
      code: 'OPTION_INVALID',
      option: 'concurrency',
    });
    await worker.stop();
    await flow.savePeople(1);
    await flow.hooks.idle();
    expect(await flow.pendingEvents()).toBe(1);
    const [one, other] = await Promise.all([flow.hooks.work(), flow.hooks.work()]);
    await Promise.all([one.stop(), other.stop()]);
    expect([one.isRunning, other.isRunning]).toEqual([false, false]);
  });

  it('`concurrency` is the most requests in flight at once', async () => {
    flow = await ReceivingFlow.start({ attach: { work: false, delivery: { maxConcurrency: 64 } } });
    let now = 0;
    let most = 0;
    const { receiver } = await flow.listen((_request, response) => {
      now += 1;
      most = Math.max(most, now);
      setImmediate(() => {
        now -= 1;
        response.end();
      });
    });
    await flow.hooks.work({ concurrency: 3 });
    await flow.savePeople(60);
    await flow.hooks.idle();
    expect(receiver.received).toHaveLength(60);
    expect(most).toBeLessThanOrEqual(3);
  });

  it('A process does not work if `onStart` throws', async () => {
    flow = await ReceivingFlow.start({ attach: { work: false } });
    const onStop = jest.fn();
    const refused = new RangeError('not ready');
    const onStart = () => Promise.reject(refused);
    await expect(flow.hooks.work({ onStart, onStop })).rejects.toBe(refused);
    await flow.savePeople(1);
    await flow.hooks.idle();
    expect(await flow.pendingEvents()).toBe(1);
    expect(onStop).toHaveBeenCalledTimes(1);
  });

  it('An error of `onStop` is logged, and the worker has stopped', async () => {
    flow = await ReceivingFlow.start({ attach: { work: false, logger } });
    const worker = await flow.hooks.work({
      onStop: () => {
        throw new RangeError('no');
      },
    });
    await worker.stop();
    expect(worker.isRunning).toBe(false);
    expect(logger.error).toHaveBeenCalledWith(expect.stringContaining('onStop'), {
      error: expect.objectContaining({ name: 'RangeError' }),
    });
  });

  it('A process with a disabled dispatcher cannot work', async () => {
    flow = await ReceivingFlow.start({ attach: { dispatcher: 'disabled' } });
    const refused = { code: 'OPTION_INVALID', option: 'dispatcher' };
    await expect(flow.hooks.work()).rejects.toMatchObject(refused);
    await expect(flow.hooks.runOnce()).rejects.toMatchObject(refused);
  });

  it('`detach()` ends a worker, and a second attach does not begin it again', async () => {
    flow = await ReceivingFlow.start({ attach: { work: false } });
    const onStop = jest.fn();
    const worker = await flow.hooks.work({ onStop });
    await flow.hooks.detach();
    expect(worker.isRunning).toBe(false);
    expect(onStop).toHaveBeenCalledTimes(1);
    await flow.savePeople(1);
    await flow.hooks.idle();
    expect(await flow.pendingEvents()).toBe(1);
  });

  it('Requests in flight end within the deadline, and the others are given back at once', async () => {
    flow = await ReceivingFlow.start({ attach: { work: false, ...RARELY } });
    const held: (() => void)[] = [];
    const { receiver, listener } = await flow.listen((_request, response) => {
      held.push(() => response.end());
    });
    const worker = await flow.hooks.work({ concurrency: 2 });
    await flow.savePeople(5);
    await until('two are in flight', () => held.length === 2);
    const stopped = worker.stop({ deadlineMs: 30_000 });
    for (const answer of held) answer();
    await stopped;
    expect(receiver.received).toHaveLength(2);
    const other = await flow.beside({ work: false, ...RARELY });
    await other.hooks.work();
    await until('all are sent', () => held.length === 5);
    for (const answer of held) answer();
    await other.hooks.idle();
    const { items } = await flow.hooks.deliveries.find({ listener: listener.id, status: 'done' });
    expect(items).toHaveLength(5);
    expect(receiver.received).toHaveLength(5);
  });
});

describe('notifications', () => {
  it.each<{ what: string; sender: AttachOptions; worker: AttachOptions; begins: boolean }>([
    { what: 'by default', sender: { work: false }, worker: { work: false }, begins: true },
    {
      what: 'with `notify: true`',
      sender: { work: false, notify: true },
      worker: { notify: true },
      begins: false,
    },
  ])('A commit wakes a worker long before its sweep $what', async ({ sender, worker, begins }) => {
    flow = await ReceivingFlow.start({ attach: { ...sender, ...RARELY } });
    const other = await flow.beside({ ...worker, ...RARELY });
    if (begins) await other.hooks.work();
    await other.hooks.idle();
    await flow.savePeople(1, 'Ann');
    await flow.receiver.waitFor(1);
    expect(flow.names()).toEqual(['Ann']);
  });

  it('An event of a defined hook wakes a worker too', async () => {
    flow = await ReceivingFlow.start({ attach: { work: false, ...RARELY } });
    const other = await flow.beside({ work: false, ...RARELY });
    const order = { provides: ['id'] };
    for (const { hooks } of [flow, other]) hooks.define('order', order);
    await flow.hooks.listen('order', flow.receiver.url).save();
    await other.hooks.work();
    await other.hooks.idle();
    await flow.hooks.send('order', { id: 1 });
    await flow.receiver.waitFor(1);
    expect(flow.receiver.received[0]?.body).toEqual({ id: 1 });
  });

  it('A delivery whose handler a worker does not know goes to another worker at once', async () => {
    flow = await ReceivingFlow.start({ attach: { work: false, ...RARELY } });
    const ignorant = await flow.beside({ work: false, ...RARELY });
    await ignorant.hooks.work();
    await flow.hooks.listen('person.created', 'handler:audit').save();
    await flow.savePeople(1);
    await flow.receiver.waitFor(1);
    await until('it was given back', async () => {
      const { items } = await flow.hooks.deliveries.find({ status: 'waiting' });
      return items.length === 1;
    });
    const handled: string[] = [];
    const knowing = await flow.beside({ work: false, ...RARELY });
    knowing.hooks.handler('audit', ({ name }) => {
      handled.push(name);
      return BackgroundResponse.done();
    });
    await knowing.hooks.work();
    await until('it is handled', () => handled.length === 1);
    await ignorant.savePeople(1);
    await until('another is handled', () => handled.length === 2);
    expect(handled).toEqual(['person.created', 'person.created']);
  });

  it('A worker whose connection was lost finds the work by its sweeps, and listens again', async () => {
    flow = await ReceivingFlow.start({ attach: { work: false, ...RARELY } });
    const other = await flow.beside({ work: false, ...RARELY });
    await other.hooks.work();
    await other.hooks.idle();
    const killed = await flow.query(TERMINATE);
    expect(killed).toHaveLength(1);
    await flow.savePeople(1, 'Ann');
    await until('it listens again', async () => (await flow.query(LISTENERS)).length === 1);
    await flow.savePeople(1, 'Bob');
    await flow.receiver.waitFor(2);
    expect(flow.names()).toEqual(['Ann', 'Bob']);
    expect(logger.warn.mock.calls.filter(([text]) => /Notifications/.test(text))).toHaveLength(1);
  });

  it(
    'Without notifications, behind a pooler of transactions too, the sweep finds the work',
    async () => {
      flow = await ReceivingFlow.start({ attach: { work: false, notify: false } });
      const pooler = await startTransactionPooler(flow.url);
      const behind = await ReceivingFlow.start({
        url: pooler.url,
        attach: { work: false, sweepMs: 200, connections: 1, logger },
        dataSource: { poolSize: 1 },
      }).catch(async (error: unknown) => {
        await pooler.stop();
        throw error;
      });
      await behind.hooks.work();
      await flow.savePeople(1, 'Ann');
      await flow.receiver.waitFor(1);
      expect(flow.names()).toEqual(['Ann']);
      await behind.stop();
      await pooler.stop();
    },
    QUICKLY_MS,
  );

  it('A worker listens until it is stopped', async () => {
    flow = await ReceivingFlow.start({ attach: { work: false } });
    const worker = await flow.hooks.work();
    expect(await flow.query(LISTENERS)).toHaveLength(1);
    await worker.stop();
    expect(await flow.query(LISTENERS)).toEqual([]);
  });

  it('`notify: false` opens no connection', async () => {
    flow = await ReceivingFlow.start({ attach: { work: false, notify: false } });
    const worker: Worker = await flow.hooks.work();
    expect(await flow.query(LISTENERS)).toEqual([]);
    await worker.stop();
  });
});

const LISTENERS = `SELECT query FROM pg_stat_activity WHERE datname = current_database() AND query LIKE 'LISTEN %' AND pid <> pg_backend_pid()`;
const TERMINATE = `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND query LIKE 'LISTEN %' AND pid <> pg_backend_pid()`;
