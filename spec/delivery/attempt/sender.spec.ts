import { Sender, type SenderOptions } from '../../../lib/delivery/attempt/sender';
import { type Chunk, deliveryId } from '../../../lib/delivery/chunk/chunk';
import type { Loaded } from '../../../lib/delivery/chunk/loading';
import { UNTRIED } from '../../../lib/delivery/chunk/outcome';
import type { OutcomeRecord } from '../../../lib/delivery/chunk/outcome-record';
import type { Recipient } from '../../../lib/delivery/chunk/recipients';
import type { Reply } from '../../../lib/delivery/http/reply';
import type { PreparedRequest } from '../../../lib/delivery/http/transport';
import { Breakers } from '../../../lib/delivery/origins/breakers';
import { DELIVERY_DEFAULTS, LIMIT_DEFAULTS } from '../../../lib/options/delivery-defaults';
import { SharedOrigins } from '../origins/shared-origins';
import { answered, chunkOf, event, hook, recipientOf } from './pending-delivery';

const sent = event();
const LOGGER = { warn: () => undefined, error: () => undefined };

type Respond = (request: PreparedRequest) => Reply | Promise<Reply>;

/** A sender whose requests are answered by `respond`. */
function senderOf(respond: Respond, options: Partial<SenderOptions> = {}) {
  const clock = { now: 1_000_000 };
  const now = () => clock.now;
  const origins = new SharedOrigins(clock);
  const wakeup = { due: () => undefined };
  const requests: PreparedRequest[] = [];
  const records: OutcomeRecord[] = [];
  const closed: Chunk[] = [];
  const loads = new Map<Chunk, Loaded>();
  const sender = new Sender(
    {
      loader: { load: async (chunk) => loads.get(chunk) ?? loadedOf(chunk, []) },
      recheck: { applied: (pending) => Promise.resolve(pending) },
      recorder: {
        add: (record) => records.push(record),
        close: async (chunk) => {
          closed.push(chunk);
        },
      },
      breakers: new Breakers({ origins, logger: LOGGER, wakeup }, now, () => 0.5),
      calls: { call: () => Promise.reject(new Error('There is no handler.')) },
      handlers: { find: () => undefined, warnOfMissing: () => undefined },
      transport: {
        carry: async (request) => {
          requests.push(request);
          return respond(request);
        },
        close: () => Promise.resolve(),
      },
      reporter: { isHeard: () => false, emit: () => undefined },
      logger: LOGGER,
      wakeup,
    },
    { ...DELIVERY_DEFAULTS, limits: LIMIT_DEFAULTS, jitter: 0, ...options },
    now,
  );
  const send = async (recipients: readonly Recipient[]): Promise<boolean> => {
    const chunk = chunkOf(recipients, sent);
    loads.set(chunk, loadedOf(chunk, recipients));
    return sender.send(chunk, null);
  };
  const statuses = () => records.map(({ outcome }) => outcome.kind);
  return { sender, send, statuses, clock, origins, requests, records, closed };
}

function loadedOf({ eventIds }: Chunk, recipients: readonly Recipient[]): Loaded {
  return {
    events: new Map(eventIds.map((id) => [id, { kind: 'readable', hook, event: sent }])),
    recipients: new Map(recipients.map((recipient) => [recipient.id, recipient])),
    readAtMs: Number.POSITIVE_INFINITY,
    deliveries: recipients.map(({ id }) => ({
      deliveryId: deliveryId(sent.id, id),
      eventId: sent.id,
      listenerId: id,
      ordered: false,
      state: UNTRIED,
    })),
  };
}

const times = <T>(count: number, make: (n: number) => T): T[] =>
  Array.from({ length: count }, (_, n) => make(n));

describe('Sender', () => {
  it('Each delivery of a chunk is sent, and the last outcome closes the chunk', async () => {
    const { send, sender, statuses, records, requests } = senderOf(() => answered(200));
    const recipients = times(3, (n) => recipientOf({ target: `https://${n}.example/` }));
    expect(await send(recipients)).toBe(true);
    expect(requests).toHaveLength(3);
    expect(statuses()).toEqual(['done', 'done', 'done']);
    expect(records.map(({ closes }) => closes)).toEqual([false, false, true]);
    expect(sender.size).toBe(0);
  });

  it('A chunk whose outcomes are all stored is closed', async () => {
    const { send, closed, records } = senderOf(() => answered(200));
    expect(await send([])).toBe(false);
    expect([closed.length, records]).toEqual([1, []]);
  });

  it('The rest of a chunk is skipped for a listener that a reply deactivates', async () => {
    const { send, records, requests } = senderOf(() => answered(410), { maxConcurrency: 1 });
    const recipient = recipientOf();
    await send([recipient, recipient, recipient]);
    expect(requests).toHaveLength(1);
    expect(records.map(({ outcome }) => outcome)).toMatchObject([
      { kind: 'failed' },
      { kind: 'skipped', reason: expect.stringContaining('410') },
      { kind: 'skipped' },
    ]);
  });

  it('The rest of a chunk waits for a listener that asks for a pause, and nothing is claimed for it', async () => {
    const { send, sender, statuses, clock } = senderOf(() => answered(429, { retryAfter: '60' }), {
      maxConcurrency: 1,
    });
    const recipient = recipientOf();
    await send([recipient, recipient]);
    expect(statuses()).toEqual(['retrying', 'waiting']);
    expect([...sender.restraints]).toEqual([[recipient.id, 0]]);
    clock.now += 60_000;
    expect([...sender.restraints]).toEqual([]);
  });

  it('Deliveries to an origin with an open breaker are postponed, and others are sent', async () => {
    const { send, sender, statuses, requests, clock } = senderOf(({ target }) =>
      answered(target.url.hostname === 'a.example' ? 500 : 200),
    );
    await send(times(20, () => recipientOf()));
    const late = recipientOf();
    await send([late, recipientOf({ target: 'https://b.example/' })]);
    expect(requests).toHaveLength(21);
    expect(statuses().slice(20).sort()).toEqual(['done', 'waiting']);
    expect([...sender.restraints]).toEqual([[late.id, 0]]);
    clock.now += 2_000;
    expect([...sender.restraints]).toEqual([[late.id, 1]]);
  });

  it('One delivery is tried when the time of the breaker is over', async () => {
    const reply = { httpStatus: 500 };
    const { send, statuses, requests, clock } = senderOf(() => answered(reply.httpStatus));
    await send(times(20, () => recipientOf()));
    clock.now += 2_000;
    reply.httpStatus = 200;
    await send(times(3, () => recipientOf()));
    expect(requests).toHaveLength(21);
    expect(statuses().slice(20).sort()).toEqual(['done', 'waiting', 'waiting']);
    await send(times(3, () => recipientOf()));
    expect(statuses().slice(23)).toEqual(['done', 'done', 'done']);
  });

  it('A delivery that cannot be sent is recorded at once', async () => {
    const { send, records, requests } = senderOf(() => answered(200));
    await send([recipientOf({ active: false, inactiveReason: 'gone' })]);
    expect(requests).toEqual([]);
    expect(records).toMatchObject([
      { outcome: { kind: 'skipped' }, attempted: null, closes: true },
    ]);
  });

  it('A sender that is closed gives back jobs that did not start, and when it stops waits for requests in flight', async () => {
    let reached: () => void = () => undefined;
    const started = new Promise<void>((resolve) => {
      reached = resolve;
    });
    let answer: (reply: Reply) => void = () => undefined;
    const { send, sender, records, requests } = senderOf(
      () => {
        reached();
        return new Promise<Reply>((resolve) => {
          answer = resolve;
        });
      },
      { maxConcurrency: 1 },
    );
    const sending = send([recipientOf(), recipientOf()]);
    await started;
    expect(sender.size).toBe(2);
    sender.close();
    const givenBack = { outcome: { kind: 'waiting', reason: 'the process stopped' } };
    expect(records).toMatchObject([{ ...givenBack, closes: false }]);
    await send([recipientOf()]);
    expect(records[1]).toMatchObject({ ...givenBack, closes: true });
    const stopping = sender.stop(60_000);
    answer(answered(200));
    await Promise.all([sending, stopping]);
    expect(records[2]).toMatchObject({ outcome: { kind: 'done' }, closes: true });
    expect(requests).toHaveLength(1);
  });

  it.each([2_147_483_648, Number.MAX_SAFE_INTEGER])(
    'A deadline of %d ms, which no timer can wait for, does not end at once',
    async (deadlineMs) => {
      const { sender } = senderOf(async () => answered(200));
      const timer = jest.spyOn(globalThis, 'setTimeout');
      const stopping = sender.stop(deadlineMs);
      expect(timer).toHaveBeenCalledWith(expect.any(Function), 2_147_483_647);
      timer.mockRestore();
      await stopping;
    },
  );
});
