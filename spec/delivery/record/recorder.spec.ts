import { randomUUID } from 'node:crypto';
import type { Chunk } from '../../../lib/delivery/chunk/chunk';
import type { Outcome } from '../../../lib/delivery/chunk/outcome';
import type { OutcomeRecord } from '../../../lib/delivery/chunk/outcome-record';
import { Recorder } from '../../../lib/delivery/record/recorder';
import { Reporter } from '../../../lib/logging/reports';
import type { OutcomeRow, Outcomes, RecordedRow } from '../../../lib/store/outcomes';

type Written = Parameters<Outcomes['record']>;

/** Answers that the leases of all chunks are held. */
const allLeased = (...[, chunks]: Written): readonly RecordedRow[] =>
  chunks.map(({ place }) => ({ place, repeated: null }));

function recorderOf(respond: (...written: Written) => readonly RecordedRow[] = allLeased) {
  const clock = { now: 0 };
  const written: Written[] = [];
  const updated: string[] = [];
  const logged: string[] = [];
  const abandoned: string[] = [];
  const closed: string[] = [];
  const recorded: { readonly ids: readonly string[]; readonly lost: readonly string[] }[] = [];
  const reported: string[] = [];
  const reporter = new Reporter();
  reporter.on('outcome', (report) => reported.push(`${report.deliveryId} ${report.status}`));
  const recorder = new Recorder(
    {
      outcomes: {
        record: async (...values) => {
          written.push(values);
          return respond(...values);
        },
        closeChunk: async ({ id }) => {
          closed.push(id);
        },
        abandon: async (id) => {
          abandoned.push(id);
        },
      },
      health: {
        update: async (outcomes) => {
          updated.push(...outcomes.map(({ listenerId }) => listenerId));
        },
      },
      reporter,
      logger: { error: (text) => logged.push(text) },
      wakeup: {
        recorded: (records, lost) =>
          recorded.push({ ids: records.map((record) => record.deliveryId), lost: [...lost] }),
      },
    },
    () => clock.now,
  );
  const rows = (): readonly OutcomeRow[] => written.flatMap(([outcomes]) => outcomes);
  return {
    recorder,
    clock,
    written,
    rows,
    updated,
    logged,
    recorded,
    reported,
    abandoned,
    closed,
  };
}

const chunkOf = (id: string, token = '1'): Chunk => ({
  id,
  token,
  eventIds: [],
  listenerIds: [],
});

const CHUNK = chunkOf('chunk');

function recordOf(values: Partial<OutcomeRecord> = {}): OutcomeRecord {
  return {
    chunk: CHUNK,
    deliveryId: randomUUID(),
    eventId: 'event',
    hook: 'person',
    event: 'person.created',
    listenerId: 'listener',
    state: { attempt: 1, retries: 0, reschedules: 0 },
    outcome: { kind: 'done' },
    attempted: { at: new Date(0), durationMs: 1.6, httpStatus: 200, response: null, detail: null },
    effect: {},
    ordered: false,
    closes: false,
    ...values,
  };
}

const ATTEMPTED = {
  at: new Date(0),
  durationMs: 1.6,
  httpStatus: 200,
  response: null,
  detail: null,
} as const;
const POISON = 'poison';
const hasPoison = ({ response }: OutcomeRow): boolean => response === POISON;

/** A database that refuses each batch with such a row. */
const refusing =
  (code: string | undefined, isBad: (row: OutcomeRow) => boolean) =>
  (...values: Written): readonly RecordedRow[] => {
    if (values[0].some(isBad)) throw Object.assign(new Error('refused'), { code });
    return allLeased(...values);
  };

const retryingIn = (afterMs: number): Outcome => ({ kind: 'retrying', afterMs, reason: 'busy' });

describe('Recorder', () => {
  afterEach(() => jest.useRealTimers());

  it('Outcomes that share an event or a chunk send it to the database once', async () => {
    const { recorder, written } = recorderOf();
    const [one, other] = [chunkOf('one'), chunkOf('other', '7')];
    recorder.add(recordOf({ chunk: one, eventId: 'a', event: 'A' }), false);
    recorder.add(recordOf({ chunk: other, eventId: 'b', event: 'B' }), false);
    recorder.add(recordOf({ chunk: one, eventId: 'b', event: 'B' }), false);
    await recorder.flush();
    expect(written).toHaveLength(1);
    const [[outcomes, chunks, events] = []] = written;
    expect(outcomes?.map(({ chunk, event }) => [chunk, event])).toEqual([
      [0, 0],
      [1, 1],
      [0, 1],
    ]);
    expect(chunks).toEqual([
      { place: 0, id: 'one', token: '1' },
      { place: 1, id: 'other', token: '7' },
    ]);
    expect(events).toEqual([
      { place: 0, id: 'a', name: 'A' },
      { place: 1, id: 'b', name: 'B' },
    ]);
  });

  it('An outcome waits a little for others, but not if no request is in flight', async () => {
    jest.useFakeTimers();
    const { recorder, written } = recorderOf();
    recorder.add(recordOf(), false);
    recorder.add(recordOf(), false);
    await jest.advanceTimersByTimeAsync(24);
    expect([written.length, recorder.size]).toEqual([0, 2]);
    await jest.advanceTimersByTimeAsync(1);
    expect([written.length, recorder.size]).toEqual([1, 0]);
    recorder.add(recordOf(), true);
    expect(written).toHaveLength(2);
  });

  it('Five hundred outcomes are stored at once', () => {
    const { recorder, written } = recorderOf();
    for (let n = 0; n < 500; n += 1) recorder.add(recordOf(), false);
    expect(written.map(([outcomes]) => outcomes.length)).toEqual([500]);
  });

  it('One statement stores a thousand outcomes at most', async () => {
    const { recorder, written } = recorderOf();
    for (let n = 0; n < 2_100; n += 1) recorder.add(recordOf(), false);
    await recorder.flush();
    expect(written.map(([outcomes]) => outcomes.length)).toEqual([500, 1_000, 600]);
  });

  it('One statement stores a bounded number of characters, and at least one outcome', async () => {
    const { recorder, written } = recorderOf();
    const large = (characters: number) =>
      recordOf({ outcome: { kind: 'done', retval: 'x'.repeat(characters) } });
    for (const characters of [9_000_000, 1_000_000, 3_000_000, 3_000_000, 10])
      recorder.add(large(characters), false);
    await recorder.flush();
    // Each large outcome begins a statement; what came meanwhile follows in bounded ones.
    expect(written.map(([outcomes]) => outcomes.length)).toEqual([1, 2, 2]);
    expect(recorder.size).toBe(0);
  });

  it('Outcomes are kept while the database fails, and stored later in their order', async () => {
    jest.useFakeTimers();
    let isDown = true;
    const { recorder, rows, logged, recorded } = recorderOf((...values) => {
      if (isDown) throw new Error('down');
      return allLeased(...values);
    });
    const records = [recordOf(), recordOf(), recordOf()];
    for (const record of records) recorder.add(record, false);
    await recorder.flush();
    expect([recorder.size, recorded, logged.length]).toEqual([3, [], 1]);
    isDown = false;
    await jest.advanceTimersByTimeAsync(1_000);
    expect(recorder.size).toBe(0);
    const ids = records.map(({ deliveryId }) => deliveryId);
    expect(
      rows()
        .slice(3)
        .map(({ id }) => id),
    ).toEqual(ids);
    expect(recorded).toEqual([{ ids, lost: [] }]);
  });

  it.each(['22P05', '23514', '54000', '21000', 'P0001'])(
    'A refused outcome (%s) is stored without its reply, and all others are stored',
    async (code) => {
      const { recorder, rows, logged, recorded, reported } = recorderOf(refusing(code, hasPoison));
      const records = Array.from({ length: 9 }, (_, n) =>
        recordOf({ attempted: { ...ATTEMPTED, response: n === 5 ? POISON : 'fine' } }),
      );
      for (const record of records) recorder.add(record, false);
      await recorder.flush();
      const ids = records.map(({ deliveryId }) => deliveryId);
      expect(recorded.flatMap((one) => one.ids).sort()).toEqual([...ids].sort());
      expect(reported).toHaveLength(9);
      expect(recorder.size).toBe(0);
      expect(logged).toHaveLength(1);
      expect(
        rows()
          .filter(({ id }) => id === ids[5])
          .at(-1),
      ).toMatchObject({
        status: 'done',
        response: undefined,
        reason: `the database refused to store the outcome (${code})`,
      });
    },
  );

  it('A delivery whose outcome is refused in any form ends, and its chunk is closed', async () => {
    const bad = recordOf({ closes: true });
    const isBad = ({ id }: OutcomeRow) => id === bad.deliveryId;
    const { recorder, logged, recorded, abandoned, closed } = recorderOf(refusing('23514', isBad));
    const good = recordOf();
    recorder.add(good, false);
    recorder.add(bad, false);
    await recorder.flush();
    expect([abandoned, closed]).toEqual([[bad.deliveryId], ['chunk']]);
    expect(recorded.flatMap(({ ids }) => ids)).toEqual([good.deliveryId, bad.deliveryId]);
    expect([recorder.size, logged.length]).toEqual([0, 2]);
  });

  it.each(['57P01', '40001', '08006', '53300', '42P01', undefined])(
    'A batch is tried again as a whole after the error %s',
    async (code) => {
      const { recorder, written, abandoned, closed } = recorderOf(refusing(code, () => true));
      for (let n = 0; n < 4; n += 1) recorder.add(recordOf(), false);
      await recorder.stop();
      expect(written.map(([outcomes]) => outcomes.length)).toEqual([4]);
      expect([recorder.size, abandoned, closed]).toEqual([4, [], []]);
    },
  );

  it('Outcomes that were stored before the database failed are not stored again', async () => {
    let isDown = false;
    const { recorder, rows } = recorderOf((...values) => {
      const [outcomes] = values;
      if (isDown) throw Object.assign(new Error('down'), { code: '57P01' });
      if (outcomes.length > 1) throw Object.assign(new Error('refused'), { code: '22P05' });
      isDown = true;
      return allLeased(...values);
    });
    const records = [recordOf(), recordOf(), recordOf()];
    for (const record of records) recorder.add(record, false);
    await recorder.flush();
    expect(recorder.size).toBe(2);
    isDown = false;
    await recorder.stop();
    const times = records.map(
      ({ deliveryId }) => rows().filter(({ id }) => id === deliveryId).length,
    );
    // In the batch, in its half, and alone; the others came twice.
    expect(times).toEqual([3, 5, 3]);
  });

  it('A recorder that stops tries once more, and then no longer', async () => {
    jest.useFakeTimers();
    const { recorder, written } = recorderOf(() => {
      throw new Error('down');
    });
    recorder.add(recordOf(), false);
    await recorder.stop();
    expect(written).toHaveLength(1);
    await jest.runAllTimersAsync();
    expect(written).toHaveLength(1);
  });

  it('Outcomes of a chunk that another process has taken over are lost and not reported', async () => {
    const { recorder, recorded, reported, updated } = recorderOf(() => [
      { place: 1, repeated: null },
    ]);
    const lost = recordOf({ chunk: chunkOf('lost'), listenerId: 'a' });
    const kept = recordOf({ chunk: chunkOf('kept'), listenerId: 'b' });
    recorder.add(lost, false);
    recorder.add(kept, false);
    await recorder.flush();
    expect(reported).toEqual([`${kept.deliveryId} done`]);
    expect(updated).toEqual(['b']);
    expect(recorded).toEqual([{ ids: [lost.deliveryId, kept.deliveryId], lost: ['lost1'] }]);
  });

  it('An outcome that was stored before is not reported', async () => {
    const again = recordOf({ outcome: retryingIn(60_000) });
    const { recorder, rows, recorded, reported, updated } = recorderOf(() => [
      { place: 0, repeated: null },
      { place: null, repeated: again.deliveryId },
    ]);
    recorder.add(again, false);
    await recorder.flush();
    expect([reported, updated]).toEqual([[], []]);
    expect(recorded).toEqual([{ ids: [again.deliveryId], lost: [] }]);
    // Its turn is not known either.
    recorder.add(recordOf({ outcome: retryingIn(60_000) }), false);
    await recorder.flush();
    expect(rows().map(({ gives_turn }) => gives_turn)).toEqual([true, true]);
  });

  it('An outcome gives a turn only if no known one comes in time', async () => {
    const { recorder, rows, clock } = recorderOf();
    const store = async (values: Partial<OutcomeRecord>) => {
      recorder.add(recordOf(values), false);
      await recorder.flush();
      return rows().at(-1)?.gives_turn ?? false;
    };
    expect(await store({ outcome: retryingIn(60_000) })).toBe(true);
    expect(await store({ outcome: retryingIn(90_000) })).toBe(false);
    expect(await store({ outcome: retryingIn(30_000) })).toBe(true);
    expect(await store({ outcome: retryingIn(90_000), listenerId: 'other' })).toBe(true);
    clock.now = 30_000;
    expect(await store({ outcome: retryingIn(60_000) })).toBe(true);
    expect(await store({ outcome: { kind: 'done' } })).toBe(false);
    expect(await store({ outcome: { kind: 'done' }, ordered: true })).toBe(true);
    expect(await store({ outcome: retryingIn(60_000), ordered: true })).toBe(false);
  });

  it('A row has no members that are null or zero, and no attempt that it describes itself', async () => {
    const { recorder, rows } = recorderOf();
    const outcome = { kind: 'done', retval: { a: '\0' } } as const;
    recorder.add(recordOf({ outcome, closes: true }), false);
    recorder.add(recordOf({ outcome: retryingIn(5), attempted: null }), false);
    recorder.add(
      recordOf({
        outcome: { kind: 'failed', reason: 'a\0b' },
        state: { attempt: 2, retries: 1, reschedules: 0 },
      }),
      false,
    );
    await recorder.flush();
    const base = { chunk: 0, event: 0, id: expect.any(String), listener_id: 'listener' };
    const attempted = { http_status: 200, duration_ms: 2, attempted_at: new Date(0).toISOString() };
    expect(JSON.parse(JSON.stringify(rows()))).toEqual([
      {
        ...base,
        ...attempted,
        status: 'done',
        attempt: 1,
        retval: '{"a":"\\u0000"}',
        closes: true,
      },
      { ...base, status: 'retrying', attempt: 1, after_ms: 5, reason: 'busy', gives_turn: true },
      {
        ...base,
        ...attempted,
        status: 'failed',
        attempt: 2,
        retries: 1,
        reason: 'ab',
        is_kept: true,
      },
    ]);
  });
});
