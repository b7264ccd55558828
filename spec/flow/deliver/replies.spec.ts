import type { DeliveryWithAttempts, ListenerOptions } from '../../../lib';
import { Flow } from '../../support/application/flow';
import { secondsAhead } from '../../support/application/waiting';
import { type Answer, answering, headers } from '../../support/receivers/answers';
import type { Receiver } from '../../support/receivers/receiver';

const DAY_SECONDS = 86_400;

let flow: Flow;
let receiver: Receiver;

beforeAll(async () => {
  flow = await Flow.start({ attach: { sweepMs: 100 } });
});
afterEach(() => flow.clear());
afterAll(() => flow?.stop());

describe('the reply of a receiver', () => {
  it.each<{ readonly says: string; readonly answer: Answer; readonly retval?: unknown }>([
    { says: '204', answer: { status: 204 } },
    { says: 'text', answer: { body: 'thanks' } },
    { says: 'JSON that is no object', answer: { body: '["status"]' } },
    { says: 'broken JSON', answer: { body: '{"status":"failure"' } },
    { says: 'an unknown status', answer: { body: { status: 'whatever' } } },
    { says: 'success', answer: { status: 202, body: { status: 'success' } } },
    {
      says: 'success with a value',
      answer: { body: { status: 'success', retval: { seen: [1, null] } } },
      retval: { seen: [1, null] },
    },
    {
      says: 'success with a value that PostgreSQL cannot store as text',
      answer: { body: { status: 'success', retval: 'a\u0000b' } },
      retval: 'a\u0000b',
    },
  ])('A 2xx reply with $says means done', async ({ answer, retval = null }) => {
    const delivery = await deliver([answer]);
    expect(delivery).toMatchObject({
      status: 'done',
      attempt: 1,
      httpStatus: answer.status ?? 200,
      retval,
      reason: null,
      nextAt: null,
    });
    expect(delivery.attempts).toMatchObject([{ number: 1, outcome: 'done' }]);
  });

  it.each([
    { body: { status: 'failure', reason: 'no such order' }, reason: 'no such order' },
    { body: { status: 'fail', reason: { code: 7 } }, reason: '{"code":7}' },
  ])('A 2xx reply with $body fails the delivery without retries', async ({ body, reason }) => {
    const delivery = await deliver([{ body }]);
    expect(delivery).toMatchObject({ status: 'failed', attempt: 1, reason, nextAt: null });
    expect(receiver.received).toHaveLength(1);
  });

  it('A 2xx reply with the status skip skips the delivery and keeps the output', async () => {
    const delivery = await deliver([{ body: { status: 'skip', output: 'not mine' } }]);
    expect(delivery).toMatchObject({ status: 'skipped', attempt: 1, reason: 'not mine' });
  });

  it.each([
    { body: { status: 'reschedule' }, seconds: 30 },
    { body: { status: 'reschedule', countdown: 5 }, seconds: 30 },
    { body: { status: 'reschedule', countdown: 90 }, seconds: 90 },
    { body: { status: 'reschedule', countdown: 1e9 }, seconds: DAY_SECONDS },
    { body: { status: 'slow_process_reschedule' }, seconds: 300 },
    { body: { status: 'slow_process_reschedule', countdown: 60 }, seconds: 300 },
    { body: { status: 'slow_process_reschedule', countdown: 900 }, seconds: 900 },
  ])(
    'A 2xx reply with $body brings the next attempt after $seconds s',
    async ({ body, seconds }) => {
      const delivery = await deliver([{ body }]);
      expect(delivery).toMatchObject({ status: 'rescheduled', attempt: 1 });
      expect(secondsAhead(delivery)).toBeCloseTo(seconds, 1);
    },
  );

  it('Reschedules count as attempts and not as retries', async () => {
    const again = { body: { status: 'reschedule' } };
    const answers = [again, again, { status: 500 }, { status: 500 }];
    let delivery = await deliver(answers, { delivery: { retries: 1 } });
    for (const status of ['rescheduled', 'retrying', 'failed']) {
      await flow.makeDue(delivery);
      await flow.hooks.idle();
      delivery = await flow.deliveryOf(delivery.listenerId);
      expect(delivery.status).toBe(status);
    }
    expect(headers(receiver, 'hook-attempt')).toEqual(['1', '2', '3', '4']);
    expect(new Set(headers(receiver, 'hook-delivery'))).toEqual(new Set([delivery.id]));
  });

  it('A delivery fails after a hundred reschedules in a row', async () => {
    const { id, listenerId } = await deliver([{ body: { status: 'reschedule' } }]);
    await flow.query(
      'UPDATE model_hook_delivery SET reschedules = 100, next_at = now() WHERE id = $1',
      [id],
    );
    await flow.hooks.idle();
    expect(await flow.deliveryOf(listenerId)).toMatchObject({
      status: 'failed',
      attempt: 2,
      reason: expect.stringContaining('100'),
    });
  });

  it('The content of a 2xx reply is ignored with `replies: false`', async () => {
    const body = { status: 'failure', reason: 'ignored' };
    const delivery = await deliver([{ body }], { replies: false });
    expect(delivery).toMatchObject({ status: 'done', reason: null, retval: null });
  });

  it('A 2xx reply that is too long means done, and little of it is stored', async () => {
    const body = { status: 'failure', padding: 'x'.repeat(20_000) };
    const delivery = await deliver([{ body }]);
    expect(delivery).toMatchObject({ status: 'done', httpStatus: 200 });
    expect(delivery.response).toHaveLength(1_024);
  });

  it('Another reply that is too long is judged by its status', async () => {
    const delivery = await deliver([{ status: 500, body: 'x'.repeat(20_000) }]);
    expect(delivery).toMatchObject({ status: 'retrying', httpStatus: 500, reason: 'HTTP 500' });
    expect(delivery.response).toBe('x'.repeat(1_024));
  });

  it.each([301, 302, 303, 307, 308])(
    'A reply with status %i is retried and its location is not followed',
    async (status) => {
      const delivery = await deliver([{ status, headers: { location: '/elsewhere' } }]);
      expect(delivery).toMatchObject({ status: 'retrying', attempt: 1, httpStatus: status });
      expect(receiver.received.map(({ path }) => path)).toEqual(['/hook']);
    },
  );

  it.each([400, 401, 404, 418, 500, 502])(
    'A reply with status %i is retried with back-off',
    async (status) => {
      const delivery = await deliver([{ status, body: 'why' }], {
        delivery: { retryDelayMs: 7_000, jitter: 0 },
      });
      expect(delivery).toMatchObject({ status: 'retrying', httpStatus: status, response: 'why' });
      expect(secondsAhead(delivery)).toBeCloseTo(7, 1);
    },
  );
});

async function deliver(
  answers: readonly Answer[],
  options: Omit<ListenerOptions, 'url'> = {},
): Promise<DeliveryWithAttempts> {
  const listening = await flow.listen(answering(...answers), options);
  receiver = listening.receiver;
  await flow.savePeople(1);
  await flow.hooks.idle();
  return flow.deliveryOf(listening.listener.id);
}
