import fc from 'fast-check';
import { type DeliveryState, UNTRIED } from '../../../lib/delivery/chunk/outcome';
import { type Reply } from '../../../lib/delivery/http/reply';
import { type Circumstances, judge, retryAfterMs } from '../../../lib/delivery/reply/judge';
import { MAX_RESCHEDULES } from '../../../lib/delivery/reply/steering';
import { ATTEMPT_DEFAULTS } from '../../../lib/options/delivery-defaults';

type Answer = Extract<Reply, { kind: 'answered' }>;

const NOW = Date.parse('2026-01-01T00:00:00Z');
const DAY_MS = 86_400_000;

const answered = (httpStatus: number, values: Partial<Answer> = {}): Answer => ({
  kind: 'answered',
  httpStatus,
  retryAfter: null,
  text: '',
  truncated: false,
  ...values,
});
const says = (reply: unknown): Answer => answered(200, { text: JSON.stringify(reply) });

/** A delivery that was never tried, of a listener that steers by its replies. */
const circumstances = (
  values: Partial<Omit<Circumstances, 'state'>> & { state?: Partial<DeliveryState> } = {},
): Circumstances => ({
  options: ATTEMPT_DEFAULTS,
  replies: true,
  clock: { nowMs: () => NOW },
  random: () => 0.5,
  ...values,
  state: { ...UNTRIED, ...values.state },
});

const outcome = (reply: Reply, values?: Parameters<typeof circumstances>[0]) =>
  judge(reply, circumstances(values)).outcome;

describe('judge', () => {
  it.each([
    { name: 'nothing', text: '' },
    { name: 'text', text: 'ok' },
    { name: 'a list', text: '[{"status":"failure"}]' },
    { name: 'a text that is JSON', text: '"failure"' },
    { name: 'null', text: 'null' },
    { name: 'JSON that breaks off', text: '{"status":"failure"' },
    { name: 'no status', text: '{"ok":false}' },
    { name: 'another status', text: '{"status":"queued"}' },
    { name: 'another spelling', text: '{"status":"FAILURE"}' },
    { name: 'a status that is no text', text: '{"status":["failure"]}' },
    { name: 'success', text: '{"status":"success"}' },
  ])('A 2xx reply with $name means done', ({ text }) => {
    for (const httpStatus of [200, 201, 202, 204, 299])
      expect(judge(answered(httpStatus, { text }), circumstances())).toEqual({
        outcome: { kind: 'done' },
        effect: {},
      });
  });

  it.each([{ a: 1 }, [], 0, false, '', null])('The retval %j of a success is kept', (retval) => {
    expect(outcome(says({ status: 'success', retval }))).toEqual({ kind: 'done', retval });
  });

  it.each([
    { reply: { status: 'failure', reason: 'no such order' }, reason: 'no such order' },
    { reply: { status: 'fail', output: 'bad' }, reason: 'bad' },
    { reply: { status: 'failure', reason: { code: 7 } }, reason: '{"code":7}' },
    { reply: { status: 'failure' }, reason: 'the recipient failed' },
    { reply: { status: 'fail', reason: null }, reason: 'the recipient failed' },
  ])('The reply $reply fails the delivery at once', ({ reply, reason }) => {
    expect(outcome(says(reply))).toEqual({ kind: 'failed', reason });
  });

  it.each([
    { reply: { status: 'skip', output: 'a duplicate' }, reason: 'a duplicate' },
    { reply: { status: 'skip' }, reason: 'the recipient skipped it' },
  ])('The reply $reply skips the delivery', ({ reply, reason }) => {
    expect(outcome(says(reply))).toEqual({ kind: 'skipped', reason });
  });

  it.each([
    { status: 'reschedule', countdown: 60, seconds: 60 },
    { status: 'reschedule', countdown: 5, seconds: 30 },
    { status: 'reschedule', countdown: -5, seconds: 30 },
    { status: 'reschedule', countdown: undefined, seconds: 30 },
    { status: 'reschedule', countdown: '600', seconds: 30 },
    { status: 'reschedule', countdown: 1e9, seconds: 86_400 },
    { status: 'slow_process_reschedule', countdown: 60, seconds: 300 },
    { status: 'slow_process_reschedule', countdown: 600, seconds: 600 },
    { status: 'slow_process_reschedule', countdown: undefined, seconds: 300 },
  ])(
    'The next attempt comes in $seconds s for $status with the countdown $countdown',
    ({ status, countdown, seconds }) => {
      expect(outcome(says({ status, countdown }))).toEqual({
        kind: 'rescheduled',
        afterMs: seconds * 1_000,
      });
    },
  );

  it('A delivery fails after 100 reschedules in a row', () => {
    const again = says({ status: 'reschedule' });
    expect(outcome(again, { state: { reschedules: MAX_RESCHEDULES - 1 } }).kind).toBe(
      'rescheduled',
    );
    expect(outcome(again, { state: { reschedules: MAX_RESCHEDULES } }).kind).toBe('failed');
  });

  it('A reply is ignored with `replies: false` and if it is truncated', () => {
    const failure = says({ status: 'failure' });
    expect(outcome(failure, { replies: false })).toEqual({ kind: 'done' });
    expect(outcome({ ...failure, truncated: true })).toEqual({ kind: 'done' });
  });

  it('Only the content of a 2xx reply is read', () => {
    const text = '{"status":"success"}';
    for (const httpStatus of [199, 301, 400, 500])
      expect(outcome(answered(httpStatus, { text })).kind).toBe('retrying');
  });

  it('HTTP 410 fails the delivery and deactivates the listener', () => {
    const judgement = judge(answered(410, { retryAfter: '5' }), circumstances());
    expect(judgement).toEqual({
      outcome: { kind: 'failed', reason: expect.stringContaining('410') },
      effect: { deactivate: expect.stringContaining('410') },
    });
  });

  it.each([100, 301, 302, 307, 400, 401, 404, 409, 429, 500, 502, 503, 504])(
    'The delivery is retried after HTTP %i',
    (httpStatus) => {
      expect(judge(answered(httpStatus), circumstances())).toEqual({
        outcome: { kind: 'retrying', afterMs: 60_000, reason: `HTTP ${httpStatus}` },
        effect: {},
      });
    },
  );

  it('The delivery is retried after no answer, until its retries are used up', () => {
    const reply: Reply = { kind: 'unanswered', reason: 'ECONNREFUSED' };
    expect(outcome(reply, { state: { retries: 1 } })).toEqual({
      kind: 'retrying',
      afterMs: 120_000,
      reason: 'ECONNREFUSED',
    });
    expect(outcome(reply, { state: { retries: 12 } }).kind).toBe('failed');
  });

  it('A delivery that the policy refuses is not retried', () => {
    const reason = '10.0.0.1 is refused';
    expect(outcome({ kind: 'refused', reason })).toEqual({ kind: 'failed', reason });
  });

  it.each([429, 503])(
    'HTTP %i with Retry-After pauses the listener for that time',
    (httpStatus) => {
      const reply = answered(httpStatus, { retryAfter: '70' });
      expect(judge(reply, circumstances())).toEqual({
        outcome: { kind: 'retrying', afterMs: 70_000, reason: `HTTP ${httpStatus}` },
        effect: { pauseMs: 70_000 },
      });
      expect(judge(reply, circumstances({ state: { retries: 12 } }))).toEqual({
        outcome: { kind: 'failed', reason: `HTTP ${httpStatus}` },
        effect: { pauseMs: 70_000 },
      });
    },
  );

  it.each([
    { retryAfter: '0', pauseMs: undefined },
    { retryAfter: '1', pauseMs: 1_000 },
    { retryAfter: '59', pauseMs: 59_000 },
    { retryAfter: '-5', pauseMs: undefined },
    { retryAfter: '0.5', pauseMs: undefined },
    { retryAfter: 'Wed, 31 Dec 2025 23:59:59 GMT', pauseMs: undefined },
    { retryAfter: 'Thu, 01 Jan 2026 00:00:00 GMT', pauseMs: undefined },
    { retryAfter: 'Thu, 01 Jan 2026 00:00:01 GMT', pauseMs: 1_000 },
    { retryAfter: 'Thu Jan  1 00:00:01 2026', pauseMs: 1_000 },
    { retryAfter: 'Sun, 32 Nov 2026 99:00:00 GMT', pauseMs: undefined },
  ])(
    'Retry-After: $retryAfter pauses the listener, and the retry comes after its own delay',
    ({ retryAfter, pauseMs }) => {
      for (const retries of [0, 1, 5]) {
        const judged = judge(answered(503, { retryAfter }), circumstances({ state: { retries } }));
        expect(judged.outcome).toMatchObject({ kind: 'retrying', afterMs: 60_000 * 2 ** retries });
        expect(judged.effect.pauseMs).toBe(pauseMs);
      }
    },
  );

  it.each([
    { date: 'Fri, 02 Jan 2026 00:00:00 GMT', name: 'the clock of the recipient' },
    { date: 'not a date', name: 'no date' },
    { date: null, name: 'no date at all' },
  ])('A date in Retry-After is compared with the Date of the reply: $name', ({ date }) => {
    const now = date?.startsWith('Fri') ? Date.parse(date) : NOW;
    const retryAfter = new Date(now + 90_000).toUTCString();
    const judged = judge(answered(429, { retryAfter, date }), circumstances());
    expect(judged.effect).toEqual({ pauseMs: 90_000 });
  });

  it('Retry-After is ignored with another status or if it is malformed', () => {
    const usual = { outcome: { kind: 'retrying', afterMs: 60_000 }, effect: {} };
    expect(judge(answered(500, { retryAfter: '7' }), circumstances())).toMatchObject(usual);
    expect(judge(answered(503, { retryAfter: 'soon' }), circumstances())).toMatchObject(usual);
  });

  it('An unsuccessful delivery fails after its retries and not before', () => {
    const unsuccessful = fc.oneof(
      fc
        .integer({ min: 300, max: 599 })
        .filter((status) => status !== 410)
        .map((status) => answered(status)),
      fc.constant<Reply>({ kind: 'unanswered', reason: 'time-out' }),
    );
    fc.assert(
      fc.property(
        unsuccessful,
        fc.nat({ max: 20 }),
        fc.nat({ max: 20 }),
        (reply, tried, retries) => {
          const options = { ...ATTEMPT_DEFAULTS, retries };
          const judged = outcome(reply, { options, state: { retries: tried } });
          expect(judged.kind).toBe(tried >= retries ? 'failed' : 'retrying');
        },
      ),
    );
  });

  it('No reply makes judge() throw, and all delays are within a day', () => {
    const reply = fc.record({
      httpStatus: fc.integer({ min: 100, max: 599 }),
      retryAfter: fc.option(fc.string()),
      text: fc.oneof(
        fc.string(),
        fc.json(),
        fc.jsonValue().map((retval) => JSON.stringify({ status: 'skip', output: retval })),
      ),
    });
    fc.assert(
      fc.property(reply, (values) => {
        const { effect, outcome } = judge(answered(values.httpStatus, values), circumstances());
        for (const ms of [effect.pauseMs ?? 0, 'afterMs' in outcome ? outcome.afterMs : 0]) {
          expect(ms).toBeGreaterThanOrEqual(0);
          expect(ms).toBeLessThanOrEqual(DAY_MS);
        }
      }),
    );
  });
});

describe('retryAfterMs', () => {
  it.each([
    { value: '0', ms: 0 },
    { value: '120', ms: 120_000 },
    { value: ' 120 ', ms: 120_000 },
    { value: '999999999', ms: DAY_MS },
    { value: '9'.repeat(400), ms: DAY_MS },
    { value: 'Thu, 01 Jan 2026 00:01:00 GMT', ms: 60_000 },
    { value: 'Thursday, 01-Jan-26 00:01:00 GMT', ms: 60_000 },
    { value: 'Thu Jan  1 00:01:00 2026', ms: 60_000 },
    { value: 'Wed, 31 Dec 2025 23:59:00 GMT', ms: 0 },
    { value: 'Fri, 01 Jan 2027 00:00:00 GMT', ms: DAY_MS },
    { value: '', ms: null },
    { value: 'soon', ms: null },
    { value: '-5', ms: null },
    { value: '1.5', ms: null },
    { value: '1e3', ms: null },
    { value: 'in 5 minutes', ms: null },
  ])('The header "$value" is read as $ms ms', ({ value, ms }) => {
    expect(retryAfterMs(value, NOW)).toBe(ms);
  });
});
