import { type AttemptContext, attempt } from '../../../lib/delivery/attempt/attempt';
import type { PendingDelivery } from '../../../lib/delivery/attempt/pending';
import type { Reply } from '../../../lib/delivery/http/reply';
import type { PreparedRequest } from '../../../lib/delivery/http/transport';
import { ATTEMPT_DEFAULTS } from '../../../lib/options/delivery-defaults';
import { answered, event, hook, pendingDelivery, recipientOf } from './pending-delivery';

const NOW = Date.parse('2026-01-02T03:04:05.600Z');
const DAY_MS = 86_400_000;

/** A transport that has this reply for every request, and what an attempt makes of it. */
async function attempted(
  reply: Reply,
  values: Partial<PendingDelivery> = {},
  context: Partial<AttemptContext> = {},
) {
  const requests: PreparedRequest[] = [];
  const truncated: number[] = [];
  const recipient = { ...(values.recipient ?? recipientOf()), clock: { nowMs: () => NOW } };
  const { record, sign } = await attempt(pendingDelivery({ ...values, recipient }), {
    transport: {
      carry: (request) => {
        requests.push(request);
        return Promise.resolve(reply);
      },
    },
    calls: { call: () => Promise.reject(new Error('There is no handler.')) },
    options: ATTEMPT_DEFAULTS,
    signal: new AbortController().signal,
    warnings: { warn: (_event, bytes) => truncated.push(bytes) },
    random: () => 0.5,
    ...context,
  });
  return { record, sign, requests, truncated };
}

describe('attempt', () => {
  it('An attempt makes one signed request, with the options of the listener over those of the hook', async () => {
    const recipients = { deny: ['8.8.8.0/24'] };
    const delivery = pendingDelivery({
      hook: { ...hook, declared: { provides: ['name'], delivery: { timeoutMs: 5, retries: 1 } } },
      recipient: recipientOf({ delivery: { timeoutMs: 7, recipients } }),
      state: { attempt: 2, retries: 2, reschedules: 0 },
    });
    const { requests } = await attempted(answered(200), delivery);
    expect(requests).toEqual([
      {
        target: delivery.target,
        method: 'POST',
        headers: expect.objectContaining({
          'hook-attempt': '3',
          'hook-delivery': delivery.deliveryId,
          'webhook-timestamp': String(Math.floor(NOW / 1_000)),
          'webhook-signature': expect.stringMatching(/^v1,/),
        }),
        body: '{"name":"Joe"}',
        timeoutMs: 7,
        maxResponseBytes: ATTEMPT_DEFAULTS.maxResponseBytes,
        hook: delivery.hook,
        recipients,
        about: {
          event: 'person',
          deliveryId: delivery.deliveryId,
          listenerId: delivery.recipient.id,
          attempt: 3,
          events: 1,
          traces: [],
        },
      },
    ]);
  });

  it.each([200, 301, 404, 500, 503])(
    'At most 1,024 characters of a reply with HTTP %i are recorded',
    async (httpStatus) => {
      const { record } = await attempted(answered(httpStatus, { text: 'x'.repeat(60_000) }));
      expect(record.attempted?.response).toBe('x'.repeat(1_024));
    },
  );

  it('A success is recorded with at most 1,024 characters of its reply', async () => {
    const reply = answered(200, { text: 'x'.repeat(2_000) });
    const { record, sign } = await attempted(reply);
    expect(record).toMatchObject({
      state: { attempt: 1, retries: 0, reschedules: 0 },
      outcome: { kind: 'done' },
      attempted: { at: new Date(NOW), httpStatus: 200, response: 'x'.repeat(1_024) },
      effect: {},
    });
    expect(sign).toBe('answered');
  });

  it('A failure is recorded with the delay of its retry', async () => {
    const { record, sign } = await attempted(answered(500));
    expect(record).toMatchObject({
      state: { attempt: 1, retries: 1, reschedules: 0 },
      outcome: { kind: 'retrying', afterMs: ATTEMPT_DEFAULTS.retryDelayMs, reason: 'HTTP 500' },
      attempted: { httpStatus: 500, response: null },
      effect: { isHealthy: false },
    });
    expect(sign).toBe('failing');
  });

  it.each<{ reply: Reply; sign: string | null }>([
    { reply: { kind: 'unanswered', reason: 'ECONNREFUSED' }, sign: 'failing' },
    { reply: { kind: 'unanswered', reason: 'late', timedOut: true }, sign: 'timedOut' },
    { reply: { kind: 'refused', reason: 'internal' }, sign: null },
    { reply: answered(404), sign: 'answered' },
    { reply: answered(503, { retryAfter: '60' }), sign: 'answered' },
    { reply: answered(503, { retryAfter: 'soon' }), sign: 'failing' },
    { reply: answered(503, { retryAfter: '0' }), sign: 'failing' },
  ])(
    'The sign of the origin after $reply.kind $reply.httpStatus is $sign',
    async ({ reply, sign }) => {
      expect((await attempted(reply)).sign).toBe(sign);
    },
  );

  it('A request that this process broke off gives no sign of the origin', async () => {
    const signal = AbortSignal.abort();
    const reply = { kind: 'unanswered', reason: 'stop' } as const;
    expect((await attempted(reply, {}, { signal })).sign).toBeNull();
  });

  it('A date in Retry-After is read by the clock of the database', async () => {
    const reply = answered(429, { retryAfter: 'Fri, 02 Jan 2026 03:05:05 GMT' });
    const { record } = await attempted(reply);
    expect(record.effect).toEqual({ pauseMs: 59_400, isHealthy: false });
  });

  it.each([
    { failingMs: ATTEMPT_DEFAULTS.disableAfterMs - 1, effect: {} },
    {
      failingMs: ATTEMPT_DEFAULTS.disableAfterMs,
      effect: { deactivate: expect.stringContaining('failed without a break since') },
    },
  ])(
    'A listener that fails for $failingMs ms is deactivated only if that is too long',
    async (values) => {
      const recipient = recipientOf({ failingSinceMs: NOW - values.failingMs });
      expect((await attempted(answered(500), { recipient })).record.effect).toEqual(values.effect);
    },
  );

  it('An answer makes a failing listener healthy again', async () => {
    const recipient = recipientOf({ failingSinceMs: NOW - DAY_MS });
    const { record } = await attempted(answered(200), { recipient });
    expect(record.effect).toEqual({ isHealthy: true });
  });

  it('Nothing is sent if the secrets of the listener cannot be opened', async () => {
    const unreadable = { kind: 'failed', reason: 'no key' } as const;
    const recipient = recipientOf({ unreadable });
    const { record, sign, requests } = await attempted(answered(200), { recipient });
    expect(record).toMatchObject({
      state: { attempt: 0, retries: 0, reschedules: 0 },
      outcome: unreadable,
      attempted: null,
    });
    expect([sign, requests]).toEqual([null, []]);
  });

  it('A record contains no secret of the listener', async () => {
    const recipient = recipientOf({ headers: { 'x-a': 'sesame!' }, secretHeaders: ['sesame!'] });
    const text = '{"status":"failure","reason":"sesame! is wrong"}';
    const { record } = await attempted(answered(200, { text }), { recipient });
    expect(record.outcome).toEqual({ kind: 'failed', reason: '[secret] is wrong' });
    expect(record.attempted?.response).not.toContain('sesame');
  });

  it('An event that is too large is sent without its data, with a warning', async () => {
    const sent = event({ data: { name: 'x'.repeat(100) } });
    const recipient = recipientOf({ delivery: { maxPayloadBytes: 50 } });
    const { requests, truncated } = await attempted(answered(200), { event: sent, recipient });
    expect(requests[0]?.body).toBe('{"truncated":true}');
    expect(truncated).toEqual([111]);
  });

  it('An attempt rejects if no request can be made', async () => {
    const recipient = recipientOf({ headers: { 'x-a': 'a' }, format: 'envelope' });
    const broken = event({ occurredAt: new Date(Number.NaN) });
    await expect(attempted(answered(200), { recipient, event: broken })).rejects.toThrow(
      RangeError,
    );
  });
});
