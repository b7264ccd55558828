import { Releases } from '../../support/application/releases';
import { until } from '../../support/application/waiting';
import { NewTicket } from '../../support/entities/tickets';

const DAY_MS = 86_400_000;

let releases: Releases;
beforeEach(async () => {
  releases = await Releases.start([NewTicket]);
});
afterEach(() => releases?.stop());

/** Events of a hook that no process attaches, that many days old. */
async function storeForeign(count: number, days: number): Promise<void> {
  await releases.query(
    `INSERT INTO model_hook_event (id, hook, event, data, occurred_at)
     SELECT gen_random_uuid(), 'gone', 'gone.created', '{}', now() - $2 * interval '1 day' FROM generate_series(1, $1::int)`,
    [count, days],
  );
}

const stored = async () =>
  (await releases.query("SELECT 1 FROM model_hook_event WHERE hook = 'gone'")).length;

describe('events of a hook that no process attaches', () => {
  it('stats() counts them by hook, and a warning names the hook', async () => {
    await storeForeign(3, 1);
    const { hooks, logged } = await releases.run(NewTicket, { leaseMs: 100 });
    expect((await hooks.stats()).foreign).toEqual({ gone: 3 });
    await until('a warning is logged', () => logged.length > 0);
    expect(logged).toEqual([
      { level: 'warn', message: expect.stringContaining('Events of hook "gone" are not planned') },
    ]);
    expect(await stored()).toBe(3);
  });

  it('stats() counts nothing if there are none', async () => {
    const { hooks } = await releases.run(NewTicket);
    expect((await hooks.stats()).foreign).toEqual({});
  });

  it.each([
    {
      what: 'deletes those that are older than `retention.eventsMs`',
      days: 8,
      eventsMs: 7 * DAY_MS,
    },
    { what: 'deletes those that are older than a shorter time', days: 1, eventsMs: 1_000 },
  ])('Pruning $what, with a warning', async ({ days, eventsMs }) => {
    await storeForeign(3, days);
    const { logged } = await releases.run(NewTicket, { leaseMs: 100, retention: { eventsMs } });
    await until('they are deleted', async () => (await stored()) === 0);
    expect(logged).toContainEqual({
      level: 'warn',
      message: expect.stringContaining('Events of hook "gone" were deleted unsent'),
    });
  });

  it.each([
    { what: 'younger events', days: 1, eventsMs: 7 * DAY_MS },
    { what: 'all events if `eventsMs` is 0', days: 1_000, eventsMs: 0 },
  ])('Pruning keeps $what', async ({ days, eventsMs }) => {
    await storeForeign(3, days);
    const { logged } = await releases.run(NewTicket, { leaseMs: 100, retention: { eventsMs } });
    await until('pruning was due', () => logged.length > 0);
    expect(await stored()).toBe(3);
  });
});
