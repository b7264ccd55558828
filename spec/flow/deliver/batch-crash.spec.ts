import { Flow } from '../../support/application/flow';
import { CrashChild } from '../../support/processes/crash-child';

let flow: Flow;
const children: CrashChild[] = [];

beforeEach(async () => {
  flow = await Flow.start({ attach: { work: false } });
});

afterEach(async () => {
  for (const child of children.splice(0)) await child.kill();
  await flow?.stop();
});

describe('a batch of a process that is killed', () => {
  it('The same deliveries are sent again if the process is killed between the request and its record', async () => {
    const { receiver, listener } = await flow.listen(
      (_request, response, nth) => {
        if (nth > 1) response.end();
      },
      { batch: { maxEvents: 3, maxWaitMs: 3_600_000 } },
    );
    const doomed = await startChild();
    await doomed.tell({ kind: 'save', names: ['Ann', 'Bob', 'Cid'] });
    await receiver.waitFor(1);
    await doomed.kill();

    await startChild();
    const [first, second] = await receiver.waitFor(2);
    expect(first?.headers['hook-batch']).toBe('3');
    expect(second?.headers['hook-deliveries']).toBe(first?.headers['hook-deliveries']);
    expect(second?.headers['hook-delivery']).toBe(first?.headers['hook-delivery']);
    const { items } = await flow.hooks.deliveries.find({ listener: listener.id });
    expect(items.map(({ id }) => id).sort()).toEqual(
      String(second?.headers['hook-deliveries']).split(',').sort(),
    );
  });
});

async function startChild(): Promise<CrashChild> {
  const attach = { sweepMs: 300, leaseMs: 1_500 };
  const child = await CrashChild.start({ url: flow.url, attach });
  children.push(child);
  return child;
}
