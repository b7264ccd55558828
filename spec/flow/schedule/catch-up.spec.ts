import { v4 as uuidv4 } from 'uuid';
import { type AttachOptions, type CatchUp, ModelHooks } from '../../../lib';
import { ScheduleFlow } from '../../support/application/schedule-flow';
import { testStore } from '../../support/application/test-store';
import { until } from '../../support/application/waiting';

const SHORT = { sweepMs: 200, leaseMs: 1_500 } satisfies AttachOptions;
const HOUR_MS = 3_600_000;

let flow: ScheduleFlow;

beforeEach(async () => {
  flow = await ScheduleFlow.start({ attach: SHORT });
});
afterEach(() => flow?.stop());

/** The events of a schedule by their due times, counted from the first one. */
async function fired(name: string, first: Date, everyMs: number): Promise<readonly number[]> {
  const due = await flow.dueTimes(name);
  return due.map((one) => (one.getTime() - first.getTime()) / everyMs);
}

/** How many processes say that they fire schedules. */
async function firing(): Promise<number> {
  const rows = await flow.query('SELECT FROM model_hook_process WHERE fires_until IS NOT NULL');
  return rows.length;
}

describe('a downtime of all processes', () => {
  it.each<{ catchUp?: CatchUp; numbers: readonly number[] }>([
    { numbers: [3] },
    { catchUp: 'one', numbers: [3] },
    { catchUp: 'all', numbers: [0, 1, 2, 3] },
    { catchUp: 'none', numbers: [] },
  ])(
    'A schedule with catchUp $catchUp fires these of four missed due times: $numbers',
    async ({ numbers, ...options }) => {
      const { hooks, dataSource } = flow;
      await hooks.detach();
      await hooks.schedule('hourly', { everyMs: HOUR_MS, ...options });
      const first = await flow.due('hourly', (-3.5 * HOUR_MS) / 1_000);
      await ModelHooks.attach(dataSource);
      await hooks.idle();
      expect(await fired('hourly', first, HOUR_MS)).toEqual(numbers);
      const schedule = await hooks.schedules.get('hourly');
      expect(schedule?.nextDueAt).toEqual(new Date(first.getTime() + 4 * HOUR_MS));
    },
  );

  it('Many missed due times are caught up on completely, and each once', async () => {
    const { hooks, dataSource } = flow;
    await hooks.detach();
    await hooks.schedule('often', { everyMs: 1_000, catchUp: 'all' });
    const first = await flow.due('often', -350);
    await ModelHooks.attach(dataSource);
    await hooks.idle();
    await hooks.detach();
    const seconds = await fired('often', first, 1_000);
    expect(seconds).toEqual(seconds.map((_, n) => n));
    expect(seconds.length).toBeGreaterThan(350);
  });

  it('Due times are fired late and not missed if another process was there', async () => {
    const { hooks } = flow;
    await hooks.schedule('often', { everyMs: 1_000, catchUp: 'none', enabled: false });
    const other = await flow.beside({ ...SHORT, sweepMs: 3_600_000 });
    await until('both processes fire schedules', async () => (await firing()) === 2);
    // As if the other process had been there for a minute, and too busy to fire anything.
    await flow.query("UPDATE model_hook_process SET fires_since = now() - interval '1 minute'");
    await hooks.detach();
    const first = await flow.due('often', -3.5);
    await flow.query('UPDATE model_hook_schedule SET enabled = true');
    await other.hooks.idle();
    expect((await fired('often', first, 1_000)).slice(0, 4)).toEqual([0, 1, 2, 3]);
  });

  it.each([
    { late: '30 seconds', since: '1 hour' },
    { late: '2 minutes', since: '0' },
  ])('A process that comes back $late late was there for $since', async ({ late, since }) => {
    const { hooks, dataSource } = flow;
    await until('the process fires schedules', async () => (await firing()) === 1);
    await hooks.detach();
    const id = uuidv4();
    await flow.query(
      `INSERT INTO model_hook_process (id, hostname, pid, fires_since, fires_until)
       VALUES ($1, 'here', 1, now() - interval '1 hour', now() - $2::interval)`,
      [id, late],
    );
    const time = await testStore(dataSource).schedules.fires(id, 1_000, 60_000);
    const [row] = await flow.query<{ ok: boolean }>(
      "SELECT now() - $2::interval - $1::timestamptz BETWEEN '0' AND '1 minute' AS ok",
      [time, since],
    );
    expect(row?.ok).toBe(true);
  });

  it('A process that only captures does not count as there', async () => {
    const { hooks, dataSource } = flow;
    await hooks.detach();
    const web = await flow.beside({ work: false });
    await web.hooks.schedule('often', { everyMs: 1_000, catchUp: 'none' });
    await flow.due('often', -60.5);
    await ModelHooks.attach(dataSource);
    await hooks.idle();
    expect((await flow.dueTimes('often')).length).toBeLessThan(30);
  });
});
