import type { AttachOptions } from '../../../lib';
import { ScheduleFlow } from '../../support/application/schedule-flow';
import { until } from '../../support/application/waiting';
import { type Receiver, startReceiver } from '../../support/receivers/receiver';

const SHORT = { sweepMs: 200, leaseMs: 1_500 } satisfies AttachOptions;
const YEARLY = { cron: '0 0 1 1 *' };

let flow: ScheduleFlow;
let receiver: Receiver;

beforeEach(async () => {
  flow = await ScheduleFlow.start({ attach: SHORT });
  receiver = await startReceiver();
});
afterEach(async () => {
  await receiver?.close();
  await flow?.stop();
});

const bodies = () => receiver.received.map(({ body }) => body);

describe('ModelHooks.schedule', () => {
  it('A due time is sent to a listener with the data of the schedule', async () => {
    const { hooks } = flow;
    const data = { report: 'sales', to: { team: 'a.b' }, 'dotted.name': [1, null] };
    await hooks.listen('schedule.nightly', { url: receiver.url, format: 'envelope' }).save();
    await hooks.schedule('nightly', { ...YEARLY, data });
    const dueAt = await flow.due('nightly', 0);
    await receiver.waitFor(1);
    expect(bodies()).toEqual([
      {
        id: expect.any(String),
        event: 'schedule.nightly',
        operation: null,
        ref: null,
        sender: null,
        timestamp: expect.any(String),
        dueAt: dueAt.toISOString(),
        data,
        previous: null,
        changed: ['report', 'to', 'dotted.name'],
      },
    ]);
    await hooks.idle();
    const { items } = await hooks.deliveries.find({ event: 'schedule.nightly' });
    expect(items).toMatchObject([{ event: 'schedule.nightly', status: 'done' }]);
    expect(await hooks.schedules.get('nightly')).toMatchObject({ lastDueAt: dueAt });
  });

  it('A process fires a schedule at its due time without waiting for a sweep', async () => {
    const { hooks } = await flow.beside({ sweepMs: 3_600_000 });
    await hooks.listen('schedule.*', receiver.url).save();
    const { nextDueAt } = await hooks.schedule('often', { everyMs: 1_000 });
    await flow.application.hooks.detach();
    const [first, second] = await flow.untilFired('often', 2);
    expect(first).toEqual(nextDueAt);
    expect((second as Date).getTime() - (first as Date).getTime()).toBe(1_000);
  });

  it('Listeners have conditions on the data, nested data and data of a form too', async () => {
    const { hooks } = flow;
    await hooks.schedule('a', { ...YEARLY, data: { region: 'eu', of: { kind: 'x' } } });
    await hooks.schedule('b', { ...YEARLY, data: { region: 'us', of: { kind: 'y' } } });
    const { id } = await hooks
      .get('schedule.a')
      .listener({ url: receiver.url, contentType: 'application/x-www-form-urlencoded' })
      .match({ region: 'eu', 'of.kind': 'x' })
      .save();
    await hooks.get('schedule.a').listener(receiver.url).match({ region: 'us' }).save();
    await hooks.listen('schedule.*', `${receiver.url}/all`).match({ 'of.kind': 'y' }).save();
    await flow.due('a', 0);
    await flow.due('b', 0);
    await receiver.waitFor(2);
    await hooks.idle();
    const received = receiver.received.map(({ path, body }) => ({ path, body }));
    expect(received).toHaveLength(2);
    expect(received).toEqual(
      expect.arrayContaining([
        { path: '/', body: { region: 'eu', of: '{"kind":"x"}' } },
        { path: '/all', body: { region: 'us', of: { kind: 'y' } } },
      ]),
    );
    expect(hooks.get('schedule.a').provides).toEqual(['*']);
    expect((await hooks.listeners.get(id))?.match).toHaveLength(2);
  });

  it('A mistyped field is refused by a wildcard of other hooks all the same', async () => {
    await flow.hooks.schedule('a', YEARLY);
    const listener = flow.hooks.listen('*', receiver.url).match({ nmae: 'Joe' });
    await expect(listener.save()).rejects.toMatchObject({ code: 'FILTER_FIELD_NOT_PROVIDED' });
  });

  it('Releases with different data run at once, and each plans the events of the other', async () => {
    const { hooks } = flow;
    const other = await flow.beside(SHORT);
    await other.hooks.schedule('work', { ...YEARLY, data: { b: 2, c: 3 } });
    await other.hooks.listen('schedule.work', receiver.url).match({ b: 2 }).save();
    await flow.due('work', 0);
    await receiver.waitFor(1);
    await hooks.schedule('work', { ...YEARLY, data: { a: 1, b: 2 } });
    await flow.due('work', 0);
    await receiver.waitFor(2);
    expect(bodies()).toEqual([
      { b: 2, c: 3 },
      { a: 1, b: 2 },
    ]);
  });

  it('A schedule that is not enabled is not fired, and goes on with its next due time', async () => {
    const { hooks } = flow;
    await hooks.schedule('often', { everyMs: 1_000, enabled: false });
    const due = await flow.due('often', -60.5);
    await hooks.idle();
    expect(await flow.dueTimes('often')).toEqual([]);
    await hooks.schedules.resume('often');
    const [first] = await flow.untilFired('often', 1);
    expect((first as Date).getTime() - due.getTime()).toBeGreaterThanOrEqual(60_000);
    await hooks.schedules.pause('often');
    expect(await hooks.schedules.find({ enabled: true })).toEqual([]);
    expect(await hooks.schedules.find({ enabled: false })).toMatchObject([{ name: 'often' }]);
  });

  it.each<[string, AttachOptions]>([
    ['does not work', { work: false }],
    ['has no dispatcher', { dispatcher: 'disabled' }],
  ])('A process that %s fires nothing', async (_, attach) => {
    const { hooks } = await flow.beside({ ...SHORT, ...attach });
    await flow.hooks.detach();
    await hooks.schedule('idle', YEARLY);
    await flow.due('idle', 0);
    await hooks.idle();
    expect(await flow.dueTimes('idle')).toEqual([]);
  });

  it('A process that detaches fires nothing until it attaches again', async () => {
    const { hooks } = flow;
    await hooks.schedule('often', { everyMs: 1_000 });
    await flow.untilFired('often', 1);
    await hooks.detach();
    const fired = (await flow.dueTimes('often')).length;
    const { nextDueAt } = (await hooks.schedules.get('often')) ?? {};
    await until('the next due time has passed', async () => {
      const [row] = await flow.query<{ ok: boolean }>('SELECT now() > $1 AS ok', [nextDueAt]);
      return row?.ok ?? false;
    });
    expect(await flow.dueTimes('often')).toHaveLength(fired);
  });

  it('An event that code sends for a schedule has the data that is given', async () => {
    const { hooks } = flow;
    await hooks.schedule('nightly', YEARLY);
    await hooks.listen('schedule.nightly', receiver.url).save();
    await hooks.send('schedule.nightly', { region: 'eu' });
    await receiver.waitFor(1);
    expect(bodies()).toEqual([{ region: 'eu' }]);
  });

  it('A removed schedule fires no more', async () => {
    const { hooks } = flow;
    await hooks.schedule('gone', YEARLY);
    expect(await hooks.schedules.remove('gone')).toBe(true);
    expect(await hooks.schedules.remove('gone')).toBe(false);
    expect(await hooks.schedules.get('gone')).toBeNull();
    expect(await hooks.schedules.find()).toEqual([]);
  });

  it('The events of a schedule come one after another at an ordered listener', async () => {
    const { hooks } = flow;
    await hooks
      .listen('schedule.often', { url: receiver.url, ordered: true, format: 'envelope' })
      .save();
    await hooks.schedule('often', { everyMs: 1_000, catchUp: 'all' });
    await flow.due('often', -5);
    await receiver.waitFor(5);
    const due = bodies().map((body) => (body as { dueAt: string }).dueAt);
    expect(due).toEqual([...due].sort());
  });

  it('A schedule that this release cannot read is left to others, and does not hold the others up', async () => {
    const { hooks } = flow;
    await hooks.schedule('newer', YEARLY);
    await hooks.schedule('known', YEARLY);
    await flow.query("UPDATE model_hook_schedule SET catch_up = 'some' WHERE name = 'newer'");
    await flow.due('newer', -10);
    await flow.due('known', 0);
    await flow.untilFired('known', 1);
    expect(await flow.dueTimes('newer')).toEqual([]);
  });

  it('A name that a defined hook has is refused', async () => {
    flow.hooks.define('schedule.taken', { provides: ['a'] });
    await expect(flow.hooks.schedule('taken', YEARLY)).rejects.toMatchObject({
      code: 'HOOK_DUPLICATE',
    });
    await expect(flow.hooks.at(new Date(), 'taken')).rejects.toMatchObject({
      code: 'HOOK_DUPLICATE',
    });
  });
});

describe('ModelHooks.at', () => {
  it('The event is fired once, at its date', async () => {
    const { hooks } = flow;
    await hooks.listen('schedule.reminder', receiver.url).save();
    const [row] = await flow.query<{ soon: Date }>("SELECT now() + interval '1 second' AS soon");
    const { soon } = row as { soon: Date };
    const { id, cancel } = await hooks.at(soon, 'reminder', { order: 7 });
    await receiver.waitFor(1);
    expect(bodies()).toEqual([{ order: 7 }]);
    expect(await flow.dueTimes('reminder')).toEqual([new Date(soon)]);
    expect(await cancel()).toBe(false);
    await hooks.idle();
    expect((await hooks.deliveries.find({ event: id })).items).toHaveLength(1);
  });

  it('A date that has passed is fired at once, whatever its age', async () => {
    const { hooks } = flow;
    await hooks.at(new Date('2000-01-01T00:00:00Z'), 'late');
    await hooks.idle();
    expect(await flow.dueTimes('late')).toEqual([new Date('2000-01-01T00:00:00Z')]);
  });

  it('A cancelled event never fires', async () => {
    const { hooks } = flow;
    const { id, cancel } = await hooks.at(new Date('2100-01-01T00:00:00Z'), 'never');
    expect(await cancel()).toBe(true);
    expect(await cancel()).toBe(false);
    expect(await hooks.schedules.cancel(id)).toBe(false);
    expect(await flow.query('SELECT FROM model_hook_schedule')).toEqual([]);
  });

  it('Events that fire once have the names of schedules, also more than one', async () => {
    const { hooks } = flow;
    await hooks.schedule('nightly', YEARLY);
    const past = new Date('2000-01-01T00:00:00Z');
    await hooks.at(past, 'nightly', { extra: 1 });
    await hooks.at(past, 'nightly', { extra: 2 });
    await hooks.idle();
    expect(await flow.dueTimes('nightly')).toEqual([past, past]);
    expect(await hooks.schedules.find()).toMatchObject([{ name: 'nightly', lastDueAt: null }]);
  });

  it('An event can be cancelled in the transaction that stores it', async () => {
    const { hooks, dataSource } = flow;
    const past = new Date('2000-01-01T00:00:00Z');
    await dataSource.transaction(async (manager) => {
      const { cancel } = await hooks.at(past, 'recalled', {}, { manager });
      expect(await cancel()).toBe(true);
      expect(await cancel()).toBe(false);
    });
    await hooks.idle();
    expect(await flow.dueTimes('recalled')).toEqual([]);
  });

  it('An event of a transaction is fired when it commits, without waiting for a sweep', async () => {
    const calm = await flow.beside({ sweepMs: 600_000 });
    await calm.hooks.idle();
    await flow.hooks.detach();
    await calm.dataSource.transaction((manager) =>
      calm.hooks.at(new Date('2000-01-01T00:00:00Z'), 'committed', {}, { manager }),
    );
    await flow.untilFired('committed', 1);
    await calm.stop();
  });

  it('An event joins the transaction of a manager', async () => {
    const { hooks, dataSource } = flow;
    const past = new Date('2000-01-01T00:00:00Z');
    const rolledBack = dataSource.transaction(async (manager) => {
      await hooks.at(past, 'lost', {}, { manager });
      throw new Error('rolled back');
    });
    await expect(rolledBack).rejects.toThrow('rolled back');
    await dataSource.transaction((manager) => hooks.at(past, 'kept', {}, { manager }));
    await flow.untilFired('kept', 1);
    expect(await flow.dueTimes('lost')).toEqual([]);
  });

  it('A process that does not know the name plans an event that another one fired and left', async () => {
    const { hooks } = flow;
    await hooks.listen('*', receiver.url).save();
    await hooks.at(new Date('2100-01-01T00:00:00Z'), 'elsewhere', { a: 1 });
    // What a process leaves that dies between firing and planning.
    await flow.query(
      `INSERT INTO model_hook_event (id, hook, event, data, process_id, shape, due_at)
       SELECT gen_random_uuid(), 'schedule.' || n, 'schedule.' || n, '{"b":2}', gen_random_uuid(), 'open', now()
       FROM (VALUES ('unknown')) AS v(n)`,
    );
    await receiver.waitFor(1);
    expect(bodies()).toEqual([{ b: 2 }]);
  });
});
