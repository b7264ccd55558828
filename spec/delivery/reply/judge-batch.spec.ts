import type { JsonValue } from '../../../lib/base/json';
import { judgeBatch } from '../../../lib/delivery/reply/judge-batch';
import { ATTEMPT_DEFAULTS } from '../../../lib/options/delivery-defaults';

const MEMBERS = ['a', 'b', 'c'].map((name) => ({
  deliveryId: `delivery ${name}`,
  eventId: `event ${name}`,
  state: { attempt: 0, retries: 0, reschedules: 0 },
}));

describe('judgeBatch', () => {
  it.each<{ readonly failed: JsonValue; readonly kinds: string }>([
    { failed: [{ index: 0 }], kinds: 'failed done done' },
    { failed: [{ index: 0 }, { index: 2 }], kinds: 'failed done failed' },
    { failed: [{ index: 1 }, { index: 1 }], kinds: 'done failed done' },
    { failed: [{ id: 'delivery b' }], kinds: 'done failed done' },
    { failed: [{ id: 'event c' }], kinds: 'done done failed' },
    { failed: [{ id: 'event c', index: 2 }], kinds: 'done done failed' },
    { failed: [{ id: 'event c', index: 1 }], kinds: 'failed failed failed' },
    { failed: [{ id: 'unknown' }], kinds: 'failed failed failed' },
    { failed: [{ index: 3 }], kinds: 'failed failed failed' },
    { failed: [{ index: -1 }], kinds: 'failed failed failed' },
    { failed: [{ index: 0.5 }], kinds: 'failed failed failed' },
    { failed: [{ index: '0' }], kinds: 'failed failed failed' },
    { failed: [{}], kinds: 'failed failed failed' },
    { failed: [0], kinds: 'failed failed failed' },
    { failed: [{ index: 0 }, null], kinds: 'failed failed failed' },
    { failed: [], kinds: 'failed failed failed' },
    { failed: null, kinds: 'failed failed failed' },
    { failed: 'delivery b', kinds: 'failed failed failed' },
  ])('The list $failed means $kinds', ({ failed, kinds }) => {
    expect(kindsOf({ status: 'failure', failed })).toBe(kinds);
    expect(kindsOf({ status: 'fail', failed })).toBe(kinds);
  });

  it('A list counts only beside a failure, and only if replies are read', () => {
    const failed = [{ index: 0 }];
    expect(kindsOf({ status: 'success', failed })).toBe('done done done');
    expect(kindsOf({ failed })).toBe('done done done');
    expect(kindsOf({ status: 'failure', failed }, { replies: false })).toBe('done done done');
    expect(kindsOf({ status: 'failure', failed }, { httpStatus: 500 })).toBe(
      'retrying retrying retrying',
    );
  });
});

function kindsOf(body: JsonValue, { replies = true, httpStatus = 200 } = {}): string {
  const reply = {
    kind: 'answered',
    httpStatus,
    text: JSON.stringify(body),
    truncated: false,
    retryAfter: null,
    date: null,
  } as const;
  const clock = { nowMs: () => 0 };
  const judged = judgeBatch(reply, MEMBERS, { options: ATTEMPT_DEFAULTS, replies, clock });
  return judged.map(({ outcome }) => outcome.kind).join(' ');
}
