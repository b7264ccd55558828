import { ChunkInWork } from '../../../lib/delivery/attempt/chunk-in-work';
import type { AttemptRecord } from '../../../lib/delivery/attempt/pending';
import { unattempted } from '../../../lib/delivery/attempt/pending';
import { Try } from '../../../lib/delivery/attempt/try';
import type { Outcome } from '../../../lib/delivery/chunk/outcome';
import type { Reply } from '../../../lib/delivery/http/reply';
import { ATTEMPT_DEFAULTS } from '../../../lib/options/delivery-defaults';
import { answered, pendingDelivery } from './pending-delivery';

const ORIGIN = 'https://a.example';

interface Circumstances {
  readonly refusal?: Outcome;
  readonly isAlone?: boolean;
  readonly carry?: () => Promise<Reply>;
}

/** A delivery of a chunk of one, and everything that happened to it, in order. */
function tried({ refusal, isAlone = false, carry }: Circumstances = {}) {
  const happened: string[] = [];
  const records: AttemptRecord[] = [];
  const reports: unknown[] = [];
  const delivery = pendingDelivery();
  const chunk = new ChunkInWork(1, {
    recorder: {
      add: (record) => {
        happened.push('recorded');
        records.push(record);
      },
    },
    lanes: { size: 1, giveBack: () => undefined },
  });
  const job = new Try(delivery, chunk, {
    admission: {
      refusalAtTurn: () => Promise.resolve(refusal ? unattempted(delivery, refusal) : null),
      postpone: (_delivery, origin, { reason }) => {
        happened.push(`postponed ${origin}`);
        return unattempted(delivery, { kind: 'waiting', afterMs: 1, reason });
      },
      learn: async (_record, origin, sign) => {
        happened.push(`learned ${origin} ${sign}`);
      },
    },
    breakers: {
      admit: () => isAlone,
      leave: (origin) => happened.push(`left ${origin}`),
    },
    reporter: { isHeard: () => true, emit: (_name, report) => reports.push(report) },
    context: {
      transport: { carry: carry ?? (() => Promise.resolve(answered(200))) },
      calls: { call: () => Promise.reject(new Error('There is no handler.')) },
      options: ATTEMPT_DEFAULTS,
      signal: new AbortController().signal,
      warnings: { warn: () => undefined },
    },
  });
  return { job, chunk, delivery, happened, records, reports };
}

describe('Try', () => {
  it('A try attempts its delivery, learns from it and records it', async () => {
    const { job, chunk, delivery, happened, records, reports } = tried();
    expect(job.origin).toBe(ORIGIN);
    await job.run();
    await chunk.finished;
    expect(happened).toEqual([`learned ${ORIGIN} answered`, 'recorded']);
    expect(records).toMatchObject([
      { deliveryId: delivery.deliveryId, outcome: { kind: 'done' }, closes: true },
    ]);
    expect(reports).toMatchObject([
      { deliveryId: delivery.deliveryId, status: 'done', attempt: 1, httpStatus: 200 },
    ]);
  });

  it('A refused delivery is recorded without an attempt', async () => {
    const refusal = { kind: 'skipped', reason: 'not active' } as const;
    const { job, happened, records, reports } = tried({ refusal });
    await job.run();
    expect(happened).toEqual(['recorded']);
    expect(records).toMatchObject([{ outcome: refusal, attempted: null }]);
    expect(reports).toEqual([]);
  });

  it('A delivery is postponed when it is given back', async () => {
    const { job, chunk, happened, records } = tried();
    job.giveBack('the process stopped');
    await chunk.finished;
    expect(happened).toEqual([`postponed ${ORIGIN}`, 'recorded']);
    expect(records).toMatchObject([
      { outcome: { kind: 'waiting', reason: 'the process stopped' }, attempted: null },
    ]);
  });

  it('A delivery fails if no request can be made', async () => {
    const { job, happened, records } = tried({
      carry: () => Promise.reject(new TypeError('secret')),
    });
    await job.run();
    expect(happened).toEqual([`learned ${ORIGIN} null`, 'recorded']);
    expect(records).toMatchObject([
      {
        outcome: { kind: 'failed', reason: 'the request could not be made (TypeError)' },
        attempted: null,
      },
    ]);
  });

  it.each<{ name: string; end: (job: Try) => unknown }>([
    { name: 'ran', end: (job) => job.run() },
    { name: 'was given back', end: (job) => job.giveBack('why') },
  ])('The next delivery to an open breaker may wait when the first one $name', async ({ end }) => {
    const alone = tried({ isAlone: true });
    await end(alone.job);
    expect(alone.happened.slice(1)).toEqual([`left ${ORIGIN}`, 'recorded']);
    const others = tried();
    await end(others.job);
    expect(others.happened).not.toContain(`left ${ORIGIN}`);
  });
});
