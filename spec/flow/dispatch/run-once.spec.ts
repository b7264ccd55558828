import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { BackgroundResponse, type RunOnceResult } from '../../../lib';
import { specOptions } from '../../support/application/application';
import { ReceivingFlow } from '../../support/application/receiving-flow';
import { until } from '../../support/application/waiting';
import { workerProject } from '../../support/processes/worker-child';

/** Sweeps that no test waits for. */
const RARELY = { sweepMs: 60_000, leaseMs: 60_000, work: false } as const;

let flow: ReceivingFlow;
afterEach(() => flow.stop());

const start = async (attach: object = {}) => {
  flow = await ReceivingFlow.start({ attach: { ...RARELY, ...attach } });
};

describe('hooks.runOnce()', () => {
  it('Nothing is due: nothing is done', async () => {
    await start();
    expect(await flow.hooks.runOnce()).toEqual({ planned: 0, delivered: 0, left: 0 });
  });

  it.each<{ what: string; prepare: () => Promise<unknown>; result: RunOnceResult }>([
    {
      what: 'new events',
      prepare: () => flow.savePeople(3),
      result: { planned: 3, delivered: 3, left: 0 },
    },
    {
      what: 'a due retry',
      prepare: async () => {
        const { receiver } = await flow.listen((_request, response, nth) => {
          response.statusCode = nth === 1 ? 500 : 200;
          response.end();
        });
        await flow.savePeople(1);
        await flow.hooks.runOnce();
        expect(receiver.received).toHaveLength(1);
        const { items } = await flow.hooks.deliveries.find({ status: 'retrying' });
        for (const delivery of items) await flow.makeDue(delivery);
      },
      result: { planned: 0, delivered: 1, left: 0 },
    },
    {
      what: 'an abandoned chunk',
      prepare: async () => {
        const dead = await flow.beside({ ...RARELY, dispatcher: { dispatch: () => undefined } });
        const worker = await dead.hooks.work();
        await flow.savePeople(2);
        await until('it is planned', async () => (await flow.pendingEvents()) === 0);
        await worker.stop();
        await flow.query(`UPDATE model_hook_chunk SET lease_until = '-infinity'`);
      },
      result: { planned: 0, delivered: 2, left: 0 },
    },
    {
      what: 'a due schedule',
      prepare: async () => {
        const handled = jest.fn();
        flow.hooks.handler('nightly', () => {
          handled();
          return BackgroundResponse.done();
        });
        await flow.hooks.listen('schedule.nightly', 'handler:nightly').save();
        await flow.hooks.at(new Date(Date.now() - 1_000), 'nightly');
      },
      result: { planned: 1, delivered: 1, left: 0 },
    },
  ])('$what is done, and then the process only captures', async ({ prepare, result }) => {
    await start();
    await prepare();
    expect(await flow.hooks.runOnce()).toEqual(result);
    await flow.savePeople(1);
    await flow.hooks.idle();
    expect(await flow.pendingEvents()).toBe(1);
  });

  it('A ready task is run', async () => {
    await start();
    const ran = jest.fn(() => 7);
    const task = flow.hooks.tasks.define('count', ran);
    const result = await task.apply({});
    await flow.hooks.runOnce();
    expect(ran).toHaveBeenCalledTimes(1);
    expect(await result.status()).toBe('success');
  });

  it('At the deadline it ends, gives back what was not begun and says how much is left', async () => {
    await start({ delivery: { timeoutMs: 60_000 } });
    const { receiver } = await flow.listen(() => undefined);
    await flow.savePeople(5);
    const startedAt = performance.now();
    const { planned, delivered, left } = await flow.hooks.runOnce({ deadlineMs: 1_000 });
    expect(performance.now() - startedAt).toBeLessThan(1_000 + 10_000);
    expect([planned, delivered]).toEqual([5, 5]);
    expect(receiver.received).toHaveLength(5);
    expect(left).toBe(0);
    const { items } = await flow.hooks.deliveries.find({ status: 'retrying' });
    expect(items).toHaveLength(5);
  });

  it('Without time, everything is left', async () => {
    await start();
    await flow.savePeople(4);
    const { delivered, left } = await flow.hooks.runOnce({ deadlineMs: 0 });
    const again = await flow.hooks.runOnce();
    expect(delivered + again.delivered).toBe(4);
    expect(left).toBe(4 - delivered);
    expect(again.left).toBe(0);
  });

  it('A process that works goes on working', async () => {
    await start({ work: true });
    await flow.savePeople(1);
    await flow.hooks.runOnce();
    await flow.savePeople(1);
    await flow.hooks.idle();
    expect(flow.receiver.received).toHaveLength(2);
  });

  it('Two runs at once end together, and `work()` during a run goes on', async () => {
    await start();
    await flow.savePeople(1);
    const runs = [flow.hooks.runOnce(), flow.hooks.runOnce()];
    const worker = await flow.hooks.work();
    await Promise.all(runs);
    expect(worker.isRunning).toBe(true);
    await flow.savePeople(1);
    await flow.hooks.idle();
    expect(flow.receiver.received).toHaveLength(2);
  });

  it('Nothing stays behind that keeps a process from ending', async () => {
    await start();
    await flow.savePeople(1);
    const project = workerProject();
    project.write(
      'once.js',
      `
      const { ModelHooks } = require('typeorm-model-hooks');
      const { dataSource, modelHooks } = require('./data-source.js');
      (async () => {
        await dataSource.initialize();
        const hooks = await ModelHooks.attach(dataSource, { ...modelHooks, work: false });
        console.log(JSON.stringify(await hooks.runOnce()));
        await dataSource.destroy();
      })();`,
    );
    const env = {
      ...process.env,
      PROJECT_URL: flow.url,
      PROJECT_OPTIONS: JSON.stringify(specOptions()),
    };
    const child = spawn(process.execPath, ['once.js'], { cwd: project.path, env });
    let out = '';
    child.stdout.on('data', (data) => (out += data));
    await once(child, 'close');
    project.remove();
    expect(JSON.parse(out)).toEqual({ planned: 1, delivered: 1, left: 0 });
    expect(child.exitCode).toBe(0);
  });
});
