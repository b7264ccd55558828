import { Flow } from '../../support/application/flow';
import { CrashChild } from '../../support/processes/crash-child';
import { type Receiver, startReceiver } from '../../support/receivers/receiver';

const SHORT = { sweepMs: 100, leaseMs: 1_500 } as const;

let flow: Flow;
let server: Receiver;
const children: CrashChild[] = [];
beforeEach(async () => {
  flow = await Flow.start({ attach: { work: false } });
  // The first request is never answered.
  server = await startReceiver((_request, response, nth) => {
    if (nth > 1) response.end('{"status":"success","retval":"done"}');
  });
});
afterEach(async () => {
  for (const child of children.splice(0)) await child.kill();
  await server.close();
  await flow.stop();
});

async function startChild(): Promise<CrashChild> {
  const child = await CrashChild.start({
    url: flow.url,
    attach: { ...SHORT, delivery: { recipients: 'development' } },
  });
  children.push(child);
  return child;
}

describe('a process that is killed while it runs a task', () => {
  it('Another process calls the task again, with the same id, and ends it', async () => {
    const task = await flow.hooks.tasks.get(server.url, { x: 1 }, { timeoutMs: 300_000 });
    const doomed = await startChild();
    await server.waitFor(1);
    await doomed.kill();
    await startChild();
    expect(await task.get({ timeoutMs: 40_000 })).toBe('done');
    expect(
      server.received.map(({ headers }) => [headers['task-id'], headers['task-attempt']]),
    ).toEqual([
      [task.id, '1'],
      [task.id, '2'],
    ]);
  });

  it('What a frozen process learns later does not count any more', async () => {
    const task = await flow.hooks.tasks.get(server.url, { x: 1 }, { timeoutMs: 20_000 });
    const frozen = await startChild();
    await server.waitFor(1);
    frozen.signal('SIGSTOP');
    await startChild();
    expect(await task.get({ timeoutMs: 40_000 })).toBe('done');
    frozen.signal('SIGCONT');
    await frozen.tell({ kind: 'idle' });
    expect(await (await flow.hooks.tasks.result(task.id))?.get()).toBe('done');
  });
});
