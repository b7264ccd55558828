import type { Listener } from '../../../lib';
import { Flow } from '../../support/application/flow';
import { secondsAhead } from '../../support/application/waiting';
import { answering, headers } from '../../support/receivers/answers';

const DAY_SECONDS = 86_400;
/** A retry comes no later than Retry-After says. */
const SOON = { retryDelayMs: 1_000 };

let flow: Flow;

beforeAll(async () => {
  // One request at a time: what a reply says of the listener is known before the next one begins.
  flow = await Flow.start({ attach: { sweepMs: 100, delivery: { maxConcurrencyPerOrigin: 1 } } });
});
afterEach(() => flow.clear());
afterAll(() => flow?.stop());

describe('410', () => {
  it('A 410 fails the delivery, deactivates the listener and skips its planned deliveries', async () => {
    const { listener, receiver } = await flow.listen(answering({ status: 410 }));
    const disabled: string[] = [];
    const stop = flow.hooks.on('listenerDisabled', (one) => disabled.push(one.listenerId));
    await flow.savePeople(3);
    await flow.hooks.idle();
    stop();

    const { items } = await flow.hooks.deliveries.find({ listener: listener.id });
    expect(items.map(({ status }) => status).sort()).toEqual(['failed', 'skipped', 'skipped']);
    for (const { status, reason, attempt } of items) {
      expect(reason).toContain('410');
      expect(attempt).toBe(status === 'failed' ? 1 : 0);
    }
    expect(receiver.received).toHaveLength(1);
    expect(disabled).toEqual([listener.id]);
    expect(await flow.hooks.listeners.get(listener.id)).toMatchObject({
      active: false,
      inactiveReason: expect.stringContaining('410'),
      inactiveSince: expect.any(Date),
    });
  });
});

describe('Retry-After', () => {
  it.each([
    { status: 429, header: () => '60', seconds: 60 },
    { status: 503, header: () => '120', seconds: 120 },
    { status: 503, header: () => httpDateIn(60), seconds: 60 },
    { status: 429, header: () => String(10 * DAY_SECONDS), seconds: DAY_SECONDS },
  ])(
    'A Retry-After with $status pauses the listener for $seconds s',
    async ({ status, header, seconds }) => {
      const startedMs = Date.now();
      const answer = { status, headers: { 'retry-after': header() } };
      const { listener, receiver } = await flow.listen(answering(answer), { delivery: SOON });
      await flow.savePeople(3);
      await flow.hooks.idle();
      await flow.savePeople(1);
      await flow.hooks.idle();

      const { items } = await flow.hooks.deliveries.find({ listener: listener.id });
      const statuses = items.map((delivery) => `${delivery.status} ${delivery.attempt}`).sort();
      expect(statuses).toEqual(['retrying 1', 'waiting 0', 'waiting 0', 'waiting 0']);
      expect(receiver.received).toHaveLength(1);
      const paused = await flow.hooks.listeners.get(listener.id);
      expect(paused?.active).toBe(true);
      for (const time of [paused?.pausedUntil, ...items.map(({ nextAt }) => nextAt)]) {
        const at = time?.getTime() ?? 0;
        expect(at).toBeLessThanOrEqual(Date.now() + (seconds + 1) * 1_000);
        expect(at).toBeGreaterThan(startedMs + (seconds - 10) * 1_000);
      }
    },
  );

  it('Everything arrives after the time of Retry-After has passed', async () => {
    const answers = [{ status: 503, headers: { 'retry-after': '1' } }, {}];
    const { receiver } = await flow.listen(answering(...answers), { delivery: SOON });
    await flow.savePeople(3);
    await receiver.waitFor(4);
    expect(headers(receiver, 'hook-attempt').sort()).toEqual(['1', '1', '1', '2']);
  });

  it('An attempt that is answered with Retry-After counts as a retry', async () => {
    const answer = { status: 429, headers: { 'retry-after': '60' } };
    const { listener } = await flow.listen(answering(answer), { delivery: { retries: 0 } });
    await flow.savePeople(1);
    await flow.hooks.idle();
    expect(await flow.deliveryOf(listener.id)).toMatchObject({
      status: 'failed',
      attempt: 1,
      nextAt: null,
    });
  });

  it.each([
    { status: 500, header: '60' },
    { status: 503, header: 'soon' },
  ])(
    'A Retry-After with $status and the value "$header" is ignored',
    async ({ status, header }) => {
      const answer = { status, headers: { 'retry-after': header } };
      const delivery = { retryDelayMs: 7_000, jitter: 0 };
      const { listener } = await flow.listen(answering(answer), { delivery });
      await flow.savePeople(1);
      await flow.hooks.idle();
      expect(secondsAhead(await flow.deliveryOf(listener.id))).toBeCloseTo(7, 1);
      const stored = await flow.hooks.listeners.get(listener.id);
      expect(stored?.pausedUntil).toBeNull();
    },
  );
});

describe('disableAfterMs', () => {
  const failing = { status: 500 };
  const delivery = { retries: 5, disableAfterMs: 3_600_000 };

  it('A listener that failed without a break for `disableAfterMs` is deactivated', async () => {
    const { listener, receiver } = await flow.listen(answering(failing), { delivery });
    await fail(listener);
    expect((await stored(listener)).active).toBe(true);
    await ageFailure(listener);
    await fail(listener);
    const { active, inactiveReason } = await stored(listener);
    expect({ active, inactiveReason }).toEqual({
      active: false,
      inactiveReason: expect.stringContaining('failed without a break since'),
    });

    await flow.makeDue(await flow.deliveryOf(listener.id));
    await flow.hooks.idle();
    expect(await flow.deliveryOf(listener.id)).toMatchObject({
      status: 'skipped',
      attempt: 2,
      reason: expect.stringContaining('failed without a break since'),
    });
    expect(receiver.received).toHaveLength(2);
  });

  it('The time of `disableAfterMs` starts again after any 2xx reply', async () => {
    const respond = answering(failing, { status: 204 }, failing);
    const { listener } = await flow.listen(respond, { delivery });
    await fail(listener);
    await ageFailure(listener);
    await flow.savePeople(1);
    await flow.hooks.idle();
    await flow.savePeople(1);
    await flow.hooks.idle();
    const { items } = await flow.hooks.deliveries.find({ listener: listener.id });
    expect(items.map(({ status }) => status)).toEqual(['retrying', 'done', 'retrying']);
    expect((await stored(listener)).active).toBe(true);
  });

  it('The deactivation event is sent only to listeners of its name or its prefix', async () => {
    const { receiver } = await flow.listen();
    const heard = ['model-hooks.listener.disabled', 'model-hooks.*', '*', '*.listener.disabled'];
    for (const pattern of heard)
      await flow.hooks.listen(pattern, `${receiver.url}/${pattern}`).save();
    const options = { delivery, headers: { 'X-Key': 'v' } };
    const { listener } = await flow.listen(answering(failing), options);
    await fail(listener);
    await ageFailure(listener);
    await fail(listener);
    await flow.hooks.idle();
    const told = receiver.received.filter(
      ({ headers }) => headers['hook-event'] === 'model-hooks.listener.disabled',
    );
    expect(told.map(({ path }) => path).sort()).toEqual([
      '/model-hooks.*',
      '/model-hooks.listener.disabled',
    ]);
    expect(told[0]?.body).toEqual({
      id: listener.id,
      hook: 'person',
      pattern: null,
      origin: new URL(listener.target).origin,
      owner: null,
      key: null,
      reason: expect.stringContaining('failed without a break since'),
      failingSince: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
    });
    await flow.hooks.listeners.resume(listener.id);
    expect(await stored(listener)).toMatchObject({ active: true, inactiveReason: null });
  });

  /** One failed attempt: of a new delivery, or the next one of the delivery that there is. */
  async function fail({ id }: Listener): Promise<void> {
    const [delivery] = (await flow.hooks.deliveries.find({ listener: id })).items;
    if (delivery) await flow.makeDue(delivery);
    else await flow.savePeople(1);
    await flow.hooks.idle();
  }

  async function ageFailure({ id }: Listener): Promise<void> {
    await flow.query(
      "UPDATE model_hook_listener SET failing_since = failing_since - interval '1 day' WHERE id = $1",
      [id],
    );
  }

  async function stored({ id }: Listener): Promise<Listener> {
    return (await flow.hooks.listeners.get(id)) as Listener;
  }
});

function httpDateIn(seconds: number): string {
  return new Date(Date.now() + seconds * 1_000).toUTCString();
}
