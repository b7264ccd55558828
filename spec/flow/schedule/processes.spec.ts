import type { AttachOptions } from '../../../lib';
import { ScheduleFlow } from '../../support/application/schedule-flow';
import { CrashChild } from '../../support/processes/crash-child';
import { type Receiver, startReceiver } from '../../support/receivers/receiver';

const SHORT = { sweepMs: 500, leaseMs: 3_000 } satisfies AttachOptions;
const NAMES = ['a', 'b', 'c'];
/** Due times of each schedule. `npm run chaos` lets whole systems run for longer. */
const DUE_TIMES = 12;

let flow: ScheduleFlow;
let receiver: Receiver;
const children: CrashChild[] = [];

beforeAll(async () => {
  flow = await ScheduleFlow.start({ attach: { work: false } });
  receiver = await startReceiver();
});
afterAll(async () => {
  for (const child of children) await child.kill();
  await receiver?.close();
  await flow?.stop();
});

describe('five processes that fire schedules', () => {
  it('Each due time is fired once, though two of them are killed and their clocks differ', async () => {
    const { hooks, url } = flow;
    await hooks.listen('schedule.*', { url: receiver.url, format: 'envelope' }).save();
    for (const n of [0, 1, 2, 3, 4])
      children.push(await CrashChild.start({ url, attach: SHORT, clockAheadMs: n * 3_600_000 }));
    await hooks.schedule('a', { everyMs: 1_000, data: { n: 1 } });
    await hooks.schedule('b', { cron: '* * * * * *' });
    await hooks.schedule('c', { cron: '*/1 * * * * *', timezone: 'Asia/Kolkata', catchUp: 'none' });

    await flow.untilFired('a', 4);
    await children[0]?.kill();
    await flow.untilFired('b', 7);
    await children[1]?.kill();
    for (const name of NAMES) await flow.untilFired(name, DUE_TIMES);
    for (const name of NAMES) await hooks.schedules.pause(name);

    for (const name of NAMES) {
      const due = (await flow.dueTimes(name)).map((date) => date.getTime());
      const first = due[0] ?? 0;
      expect(due).toEqual(due.map((_, n) => first + n * 1_000));
    }
    await children[2]?.tell({ kind: 'idle' });
    const all = (await Promise.all(NAMES.map((name) => flow.dueTimes(name)))).flat();
    const received = await receiver.waitFor(all.length);
    const ids = received.map(({ body }) => (body as { id: string }).id);
    expect(new Set(ids).size).toBe(all.length);
  }, 120_000);
});
