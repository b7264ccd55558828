import { specOptions } from '../../support/application/application';
import { Flow } from '../../support/application/flow';
import { until } from '../../support/application/waiting';
import type { BuiltProject } from '../../support/processes/built-package';
import {
  WorkerChild,
  type WorkerChildOptions,
  workerProject,
} from '../../support/processes/worker-child';

const SHORT = { sweepMs: 300, leaseMs: 1_500 };
/** Sweeps that no test waits for. */
const RARELY = { sweepMs: 60_000, leaseMs: 60_000, delivery: { timeoutMs: 60_000 } };

let project: BuiltProject;
let flow: Flow;
const children: WorkerChild[] = [];

beforeAll(() => {
  project = workerProject();
});
afterAll(() => project.remove());
beforeEach(async () => {
  flow = await Flow.start({ attach: { work: false } });
});
afterEach(async () => {
  for (const child of children.splice(0)) await child.kill();
  await flow.stop();
});

async function start(given: Partial<WorkerChildOptions> = {}): Promise<WorkerChild> {
  const attach = specOptions(given.attach);
  const child = await WorkerChild.start({ project, url: flow.url, ...given, attach });
  children.push(child);
  return child;
}

function untilNothingIsLeft(): Promise<void> {
  return until('nothing is left', async () => {
    const { events, deliveries } = await flow.hooks.stats();
    return events.waiting + deliveries.waiting === 0;
  });
}

const idsOf = (requests: readonly { readonly headers: object }[]) =>
  requests.map(({ headers }) => Reflect.get(headers, 'hook-delivery') as string);

describe('workers in processes of their own', () => {
  it('Two workers share the work; one is killed, and everything is delivered under stable ids', async () => {
    const held: (() => void)[] = [];
    let isHolding = false;
    const { receiver, listener } = await flow.listen((_request, response) => {
      if (isHolding) held.push(() => response.end());
      else response.end();
    });
    const attach = { ...SHORT, delivery: { timeoutMs: 60_000 } };
    const doomed = await start({ attach });
    await start({ attach });
    await flow.savePeople(50);
    await receiver.waitFor(50);
    isHolding = true;
    for (let batch = 0; batch < 10; batch += 1) await flow.savePeople(5);
    await receiver.waitFor(100);
    await doomed.kill();
    isHolding = false;
    for (const answer of held) answer();
    await untilNothingIsLeft();
    const { items } = await flow.hooks.deliveries.find({ listener: listener.id, limit: 500 });
    expect(items).toHaveLength(100);
    expect(new Set(items.map(({ status }) => status))).toEqual(new Set(['done']));
    const ids = new Set(idsOf(receiver.received));
    expect(ids).toEqual(new Set(items.map(({ id }) => id)));
  });

  it('A commit wakes a worker long before its sweep', async () => {
    const { receiver } = await flow.listen();
    await start({ attach: RARELY });
    await flow.savePeople(1);
    await receiver.waitFor(1);
    await untilNothingIsLeft();
    expect(receiver.received).toHaveLength(1);
  });

  it('Requests in flight end after SIGTERM, the others go to another worker at once, and the exit code is 0', async () => {
    const held: (() => void)[] = [];
    const { receiver, listener } = await flow.listen((_request, response) => {
      held.push(() => response.end());
    });
    const ending = await start({
      attach: RARELY,
      args: ['--concurrency', '2', '--deadline', '30000'],
    });
    await flow.savePeople(6);
    await receiver.waitFor(2);
    const other = await start({ attach: RARELY });
    ending.signal('SIGTERM');
    await until('the others are sent', () => held.length === 6);
    for (const answer of held.splice(0)) answer();
    expect(await ending.ended()).toBe(0);
    await untilNothingIsLeft();
    const { items } = await flow.hooks.deliveries.find({ listener: listener.id });
    expect(items.map(({ status, attempt }) => [status, attempt])).toEqual(
      Array(6).fill(['done', 1]),
    );
    expect(receiver.received).toHaveLength(6);
    expect(ending.out).toContain('"state":"stopped"');
    expect(ending.error).toContain('on start\n');
    expect(ending.error).toContain('on stop\n');
    expect(other.error).not.toContain('on stop');
  });

  it('A request that is in flight at the deadline is broken off, and another worker retries it', async () => {
    let isHanging = true;
    const { receiver } = await flow.listen((_request, response) => {
      if (!isHanging) response.end();
    });
    const ending = await start({
      attach: { ...RARELY, delivery: { timeoutMs: 60_000, retryDelayMs: 100 } },
      args: ['--deadline', '200'],
    });
    await flow.savePeople(1);
    await receiver.waitFor(1);
    isHanging = false;
    await start({ attach: RARELY });
    ending.signal('SIGINT');
    expect(await ending.ended()).toBe(0);
    await receiver.waitFor(2);
    await untilNothingIsLeft();
    expect(new Set(idsOf(receiver.received)).size).toBe(1);
  });

  it('A second signal ends a worker at once', async () => {
    const { receiver } = await flow.listen(() => undefined);
    const worker = await start({
      attach: { delivery: { timeoutMs: 60_000 } },
      args: ['--deadline', '60000'],
    });
    await flow.savePeople(1);
    await receiver.waitFor(1);
    worker.signal('SIGTERM');
    await until('it stops', () => worker.error.includes('SIGTERM: stopping'));
    worker.signal('SIGTERM');
    expect(await worker.ended()).toBe(1);
  });
});
