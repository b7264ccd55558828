import type { Schedule, ScheduleOptions } from '../../../lib';
import { ScheduleFlow } from '../../support/application/schedule-flow';

let flow: ScheduleFlow;

beforeAll(async () => {
  flow = await ScheduleFlow.start({ attach: { work: false } });
});
afterAll(() => flow?.stop());
afterEach(() => flow.query('DELETE FROM model_hook_schedule'));

const get = async (name = 'a') => (await flow.hooks.schedules.get(name)) as Schedule;
const CRON = { cron: '0 3 * * *', timezone: 'Europe/Berlin' };
const EVERY = { everyMs: 60_000 };

describe('ModelHooks.schedule', () => {
  it('A new schedule has the defaults, and an interval begins when it is stored', async () => {
    const schedule = await flow.hooks.schedule('a', EVERY);
    expect(schedule).toEqual({
      name: 'a',
      event: 'schedule.a',
      cron: null,
      everyMs: 60_000,
      timezone: 'UTC',
      data: {},
      enabled: true,
      catchUp: 'one',
      nextDueAt: expect.any(Date),
      lastDueAt: null,
      createdAt: expect.any(Date),
      updatedAt: expect.any(Date),
    });
    const aheadMs = (schedule.nextDueAt as Date).getTime() - schedule.createdAt.getTime();
    expect(Math.abs(aheadMs - 60_000)).toBeLessThan(30_000);
    expect(await get()).toEqual(schedule);
  });

  it.each<[string, ScheduleOptions, ScheduleOptions, boolean]>([
    ['is stored again as it is', CRON, CRON, true],
    ['gets other data', CRON, { ...CRON, data: { b: 1 } }, true],
    ['catches up in another way', EVERY, { ...EVERY, catchUp: 'all' }, true],
    ['is disabled', CRON, { ...CRON, enabled: false }, true],
    [
      'gets another time zone, which an interval does not have',
      EVERY,
      { ...EVERY, timezone: 'Europe/Berlin' },
      true,
    ],
    ['gets another cron expression', CRON, { ...CRON, cron: '0 4 * * *' }, false],
    ['gets another time zone', CRON, { ...CRON, timezone: 'UTC' }, false],
    ['gets another interval', EVERY, { everyMs: 61_000 }, false],
    ['gets an interval in place of a cron expression', CRON, EVERY, false],
    ['gets a cron expression in place of an interval', EVERY, CRON, false],
  ])('The next due time of a schedule that %s stays: %#', async (_, first, second, isKept) => {
    await flow.hooks.schedule('a', first);
    const due = await flow.due('a', -90);
    const { nextDueAt } = await flow.hooks.schedule('a', second);
    expect((nextDueAt as Date).getTime() === due.getTime()).toBe(isKept);
  });

  it('Options that are left out take their defaults again, but for `enabled`', async () => {
    await flow.hooks.schedule('a', { ...CRON, data: { a: 1 }, catchUp: 'all', enabled: false });
    await flow.hooks.schedule('a', { cron: CRON.cron });
    expect(await get()).toMatchObject({
      timezone: 'UTC',
      data: {},
      catchUp: 'one',
      enabled: false,
    });
    await flow.hooks.schedule('a', { cron: CRON.cron, enabled: true });
    expect(await get()).toMatchObject({ enabled: true });
  });

  it('Processes that store it at the same time store one schedule', async () => {
    const { hooks } = await flow.beside({ work: false });
    const stored = await Promise.all(
      [flow.hooks, hooks, flow.hooks, hooks].map((one) => one.schedule('a', EVERY)),
    );
    expect(new Set(stored.map(({ nextDueAt }) => nextDueAt?.getTime())).size).toBe(1);
    expect(await flow.hooks.schedules.find()).toHaveLength(1);
  });

  it('An expression that is never due is refused', async () => {
    await expect(flow.hooks.schedule('a', { cron: '0 0 30 2 *' })).rejects.toMatchObject({
      code: 'OPTION_INVALID',
      option: 'cron',
    });
    expect(await flow.hooks.schedules.find()).toEqual([]);
  });

  it('A refused handler stores nothing', async () => {
    const wrong = flow.hooks.schedule('a', CRON, 'handler' as never);
    await expect(wrong).rejects.toMatchObject({ code: 'OPTION_INVALID', option: 'handler' });
    expect(await flow.hooks.schedules.find()).toEqual([]);
  });
});

describe('Schedules', () => {
  it('An update changes what it names', async () => {
    await flow.hooks.schedule('a', { ...CRON, data: { a: 1 }, catchUp: 'all' });
    await flow.hooks.schedules.update('a', { everyMs: 5_000 });
    expect(await get()).toMatchObject({
      cron: null,
      everyMs: 5_000,
      timezone: 'Europe/Berlin',
      data: { a: 1 },
      catchUp: 'all',
    });
    await flow.hooks.schedules.update('a', { cron: '0 5 * * *' });
    await flow.hooks.schedules.update('a', { timezone: 'UTC' });
    expect(await get()).toMatchObject({ cron: '0 5 * * *', everyMs: null, timezone: 'UTC' });
  });

  it.each<[string, ScheduleOptions, string]>([
    ['both', { cron: '0 5 * * *', everyMs: 5_000 }, 'everyMs'],
    ['a wrong expression', { cron: 'x' }, 'cron'],
    ['an unknown option', { crn: 'x' } as never, 'crn'],
  ])('An update with %s is refused', async (_, changes, option) => {
    await flow.hooks.schedule('a', CRON);
    const before = await get();
    await expect(flow.hooks.schedules.update('a', changes)).rejects.toMatchObject({
      code: 'OPTION_INVALID',
      option,
    });
    expect(await get()).toEqual(before);
  });

  it('Changing a schedule that does not exist is an error', async () => {
    const { schedules } = flow.hooks;
    const unknown = { code: 'SCHEDULE_NOT_FOUND', schedule: 'b' };
    await expect(schedules.update('b', {})).rejects.toMatchObject(unknown);
    await expect(schedules.pause('b')).rejects.toMatchObject(unknown);
    await expect(schedules.resume('b')).rejects.toMatchObject(unknown);
    expect(await schedules.remove('b')).toBe(false);
    expect(await schedules.get('b')).toBeNull();
  });

  it('Schedules are found by name, and by whether they fire', async () => {
    const { hooks } = flow;
    await hooks.schedule('b', EVERY);
    await hooks.schedule('a', { ...EVERY, enabled: false });
    await hooks.at(new Date('2100-01-01T00:00:00Z'), 'once');
    const names = async (where?: { readonly enabled?: boolean }) =>
      (await hooks.schedules.find(where)).map(({ name }) => name);
    expect(await names()).toEqual(['a', 'b']);
    expect(await names({ enabled: true })).toEqual(['b']);
    expect(await names({ enabled: false })).toEqual(['a']);
    await expect(names({ enabled: undefined } as never)).rejects.toMatchObject({
      code: 'OPTION_INVALID',
    });
  });
});
