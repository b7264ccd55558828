import {
  type AttachOptions,
  BackgroundResponse,
  ModelHooks,
  type ScheduledEvent,
  ScheduledExecutionResponse,
  type ScheduleHandler,
} from '../../../lib';
import { ScheduleFlow } from '../../support/application/schedule-flow';
import { outcomes, until } from '../../support/application/waiting';

const SHORT = { sweepMs: 200, leaseMs: 1_500 } satisfies AttachOptions;
const YEARLY = { cron: '0 0 1 1 *' };

let flow: ScheduleFlow;

beforeEach(async () => {
  flow = await ScheduleFlow.start({ attach: SHORT });
});
afterEach(() => flow?.stop());

describe('a handler of a schedule', () => {
  it('It gets the data and the due time, and the run is in the deliveries', async () => {
    const { hooks } = flow;
    const events: ScheduledEvent[] = [];
    const done = outcomes(hooks, 1);
    await hooks.schedule('nightly', { ...YEARLY, data: { report: 'sales' } }, async (event) => {
      events.push(event);
      return ScheduledExecutionResponse.done();
    });
    const dueAt = await flow.due('nightly', 0);
    await done;
    expect(events).toMatchObject([{ name: 'schedule.nightly', data: { report: 'sales' }, dueAt }]);
    const { items } = await hooks.deliveries.find({ event: 'schedule.nightly' });
    expect(items).toMatchObject([{ status: 'done' }]);
  });

  it.each<[string, ScheduleHandler, object]>([
    ['says done', () => ScheduledExecutionResponse.done(), { status: 'done' }],
    [
      'says that it failed',
      () => ScheduledExecutionResponse.fail('the disk is full'),
      { status: 'failed', reason: 'the disk is full' },
    ],
    [
      'throws',
      () => {
        throw new Error('no network');
      },
      { status: 'retrying', reason: expect.stringContaining('no network') },
    ],
    ['answers nothing', (() => undefined) as never, { status: 'retrying' }],
  ])('A run that %s has that outcome', async (_, handler, outcome) => {
    const { hooks } = flow;
    const ended = outcomes(hooks, 1);
    await hooks.schedule('work', YEARLY, handler);
    await flow.due('work', 0);
    expect(await ended).toMatchObject([outcome]);
  });

  it('Its time limit is that of its handler', async () => {
    const { hooks } = flow;
    const never = () => new Promise<never>(() => undefined);
    const ended = outcomes(hooks, 1);
    await hooks.schedule('stuck', YEARLY, hooks.handler('stuck', never, { timeoutMs: 50 }));
    await flow.due('stuck', 0);
    expect(await ended).toMatchObject([
      { status: 'retrying', reason: 'the handler did not end within 50 ms' },
    ]);
  });

  it('Storing a schedule again keeps one listener, and another handler takes its place', async () => {
    const { hooks } = flow;
    const handler = () => ScheduledExecutionResponse.done();
    await hooks.schedule('work', YEARLY, handler);
    await hooks.schedule('work', YEARLY, handler);
    expect(await hooks.listeners.find()).toMatchObject([
      { hook: 'schedule.work', target: 'handler:schedule.work', key: 'schedule.work' },
    ]);
    await hooks.schedule(
      'work',
      YEARLY,
      hooks.handler('other', () => BackgroundResponse.done()),
    );
    await hooks.schedule('work', YEARLY);
    expect(await hooks.listeners.find()).toMatchObject([{ target: 'handler:other' }]);
  });

  it('Each due time runs once if all processes store the schedule with a handler', async () => {
    const ran: string[] = [];
    const others = [
      flow,
      await flow.beside(SHORT),
      await flow.beside(SHORT),
      await flow.beside(SHORT),
    ];
    await Promise.all(
      others.map(({ hooks }) =>
        hooks.schedule('often', { everyMs: 500 }, ({ dueAt }) => {
          ran.push(dueAt.toISOString());
          return ScheduledExecutionResponse.done();
        }),
      ),
    );
    await until('it has run 6 times', () => ran.length >= 6);
    await flow.hooks.schedules.pause('often');
    for (const { hooks } of others) await hooks.idle();
    const due = await flow.dueTimes('often');
    expect(ran.sort()).toEqual(due.map((date) => date.toISOString()));
    expect(due.map((date) => date.getTime() - (due[0] as Date).getTime())).toEqual(
      due.map((_, n) => n * 500),
    );
  });

  it('A process that starts knows stored schedules, so it does not warn about their listeners', async () => {
    await flow.hooks.schedule('work', YEARLY, () => ScheduledExecutionResponse.done());
    const warn = jest.fn();
    const logger = { debug: jest.fn(), info: jest.fn(), warn, error: jest.fn() };
    const { hooks } = await flow.beside({ ...SHORT, logger });
    expect(hooks.get('schedule.work').events).toEqual(['schedule.work']);
    expect(warn).not.toHaveBeenCalledWith(expect.stringContaining('schedule.work'));
  });

  it('A test event has the shape of an event of the schedule', async () => {
    const { hooks } = flow;
    const events: ScheduledEvent[] = [];
    await hooks.schedule('work', YEARLY, (event) => {
      events.push(event);
      return ScheduledExecutionResponse.done();
    });
    const [listener] = await hooks.listeners.find();
    expect(await hooks.listeners.test(listener?.id ?? '')).toMatchObject({ outcome: 'done' });
    expect(events).toMatchObject([{ name: 'schedule.work', data: {}, dueAt: expect.any(Date) }]);
  });

  it('A process without the handler may fire and plan, and leaves the run to one that has it', async () => {
    const { hooks } = flow;
    await hooks.detach();
    const ran: string[] = [];
    await hooks.schedule('work', YEARLY, () => {
      ran.push('here');
      return ScheduledExecutionResponse.done();
    });
    const other = await flow.beside(SHORT);
    const waiting = outcomes(other.hooks, 1, ({ status }) => status === 'waiting');
    await flow.due('work', 0);
    await waiting;
    expect(ran).toEqual([]);
    const done = outcomes(hooks, 1, ({ status }) => status === 'done');
    await other.hooks.detach();
    await ModelHooks.attach(flow.dataSource);
    await done;
    expect(ran).toEqual(['here']);
  });
});
