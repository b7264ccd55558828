import { noticeOf, payloadOf } from '../../lib/dispatch/notices';
import { Notifier } from '../../lib/dispatch/notifier';

describe('Notifier', () => {
  it('The first commit is sent at once, and those that follow it together', async () => {
    const { notifier, sent, goOn } = newNotifier();
    notifier.committed();
    for (let commits = 0; commits < 100; commits += 1) notifier.committed();
    notifier.tasks();
    await goOn();
    expect(sent).toEqual([['events'], ['events', 'tasks']]);
  });

  it('The earliest due time is sent', async () => {
    const { notifier, sent, goOn } = newNotifier();
    notifier.due(3_000);
    notifier.due(2_000);
    notifier.due(1_000);
    await goOn();
    expect(sent).toEqual([['due:3000'], ['due:1000']]);
  });

  it('Only deliveries that others can try are sent', async () => {
    const { notifier, sent, goOn } = newNotifier();
    const waiting = { kind: 'waiting', afterMs: 1_000, reason: 'a' };
    notifier.recorded([{ outcome: waiting }, { outcome: { kind: 'done' } }] as never);
    await goOn();
    expect(sent).toEqual([]);
    notifier.recorded([{ outcome: { ...waiting, isForOthers: true } }] as never);
    await goOn();
    expect(sent).toEqual([['due:1000']]);
  });

  it('A failure is a warning, once a minute, and nothing is thrown', async () => {
    const { notifier, send, warn, goOn } = newNotifier();
    send.mockRejectedValue(new RangeError('away'));
    notifier.committed();
    await goOn();
    expect(send).toHaveBeenCalledTimes(1);
    notifier.committed();
    await goOn();
    expect(send).toHaveBeenCalledTimes(2);
    expect(warn).toHaveBeenCalledTimes(1);
  });
});

describe('notices', () => {
  it.each([
    [{ kind: 'events' }, 'events'],
    [{ kind: 'tasks' }, 'tasks'],
    [{ kind: 'due', afterMs: 0.5 }, 'due:1'],
  ] as const)('The notice %j is the payload %s', (notice, payload) => {
    expect(payloadOf(notice)).toBe(payload);
    expect(payloadOf(noticeOf(payload) ?? { kind: 'events' })).toBe(payload);
  });

  it.each(['', 'event', 'due:', 'due:-1', 'due:1e9', 'due:9999999999999', 'EVENTS', 'due:1\n'])(
    'The payload %j of somebody else is ignored',
    (payload) => {
      expect(noticeOf(payload)).toBeNull();
    },
  );
});

/** A notifier whose pauses are as long as the time of its clock. */
function newNotifier() {
  let now = 0;
  const sent: (readonly string[])[] = [];
  const send = jest.fn(async (payloads: readonly string[]) => {
    sent.push(payloads);
  });
  const warn = jest.fn();
  const notifier = new Notifier({
    store: { notifications: { send } },
    logger: { warn },
    now: () => now,
    // The clock stands still: only the length of the pause counts.
    pause: async (ms) => {
      expect(ms).toBeLessThanOrEqual(5);
    },
  });
  const goOn = async () => {
    await new Promise((resolve) => setImmediate(resolve));
    await notifier.flush();
    await new Promise((resolve) => setImmediate(resolve));
    now += 1_000;
  };
  return { notifier, sent, send, warn, goOn };
}
