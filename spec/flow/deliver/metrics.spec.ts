import { metrics } from '@opentelemetry/api';
import type { Histogram } from '@opentelemetry/sdk-metrics';
import { type AttachOptions, BackgroundResponse, ModelHooks } from '../../../lib';
import { Lag } from '../../../lib/store/lag';
import { Flow } from '../../support/application/flow';
import { BY_TRIGGERS } from '../../support/application/triggers-flow';
import { Person, person } from '../../support/entities/person';
import { answering } from '../../support/receivers/answers';
import { MeasuredMetrics } from '../../support/telemetry';

const PERSON = { 'model_hooks.hook': 'person' };

let measured: MeasuredMetrics;
let flow: Flow;
beforeEach(() => {
  measured = new MeasuredMetrics();
});
afterEach(async () => {
  await flow.stop();
  await measured.stop();
});

const captured = () => measured.points('model_hooks.events.captured');
const outcomes = () => measured.points('model_hooks.outcomes');

describe.each<[string, AttachOptions]>([
  ['subscribers', {}],
  ['triggers', BY_TRIGGERS],
])('The metrics with capture by %s', (_, attach) => {
  it('An event is counted as captured if its transaction committed, and not if it or its savepoint rolled back', async () => {
    flow = await Flow.start({ attach });
    await flow.listen();
    const { manager } = flow.dataSource;
    const [joe = person()] = await flow.savePeople(2);
    await manager.transaction(async (outer) => {
      await outer.save(person());
      const savepoint = outer.transaction(async (inner) => {
        await inner.save([person(), person(), person()]);
        throw new RangeError('no');
      });
      await expect(savepoint).rejects.toThrow(RangeError);
    });
    const whole = manager.transaction(async (outer) => {
      await outer.save(person());
      throw new RangeError('no');
    });
    await expect(whole).rejects.toThrow(RangeError);
    await manager.save(Object.assign(joe, { name: 'Jill' }));
    await flow.hooks.idle();
    expect(await captured()).toEqual([
      { attributes: { ...PERSON, 'model_hooks.operation': 'insert' }, value: 3 },
      { attributes: { ...PERSON, 'model_hooks.operation': 'update' }, value: 1 },
    ]);
  });

  it('An event that no listener wants is counted once, although several processes work', async () => {
    flow = await Flow.start({ attach });
    const beside = await flow.beside(attach);
    await flow.savePeople(3);
    await beside.savePeople(4);
    await flow.hooks.idle();
    const operation = { 'model_hooks.operation': 'insert' };
    expect(await captured()).toEqual([{ attributes: { ...PERSON, ...operation }, value: 7 }]);
  });
});

describe('The metrics of deliveries', () => {
  it('Each outcome is counted by its status, and each attempt has a duration in seconds', async () => {
    flow = await Flow.start({ attach: { sweepMs: 200, delivery: { retries: 1 } } });
    const answers = [{ status: 503 }, { status: 200 }];
    const first = await flow.listen(answering(...answers));
    await flow.listen(answering({ status: 410 }));
    await flow.listen();
    await flow.savePeople(1);
    await flow.hooks.idle();
    await flow.makeDue(await flow.deliveryOf(first.listener.id));
    await flow.hooks.idle();
    const counts = [
      { attributes: { ...PERSON, 'model_hooks.status': 'done' }, value: 2 },
      { attributes: { ...PERSON, 'model_hooks.status': 'failed' }, value: 1 },
      { attributes: { ...PERSON, 'model_hooks.status': 'retrying' }, value: 1 },
    ];
    expect(inOrder(await outcomes())).toEqual(counts);
    const durations = inOrder(await measured.points('model_hooks.attempt.duration'));
    expect(durations).toMatchObject(
      counts.map(({ attributes, value }) => ({ attributes, value: { count: value } })),
    );
    const [{ value } = { value: null }] = durations;
    const { sum, buckets } = value as Histogram;
    expect(buckets.boundaries[0]).toBe(0.005);
    expect(sum).toBeLessThan(9);
  });

  it('What is in flight is counted while it runs, and a call of a handler that throws has ended', async () => {
    flow = await Flow.start();
    const inFlight: unknown[] = [];
    const handler = flow.hooks.handler('audit', async () => {
      inFlight.push(...(await measured.points('model_hooks.attempts.in_flight')));
      if (inFlight.length === 1) return BackgroundResponse.done();
      throw new RangeError('no');
    });
    await flow.hooks.for(Person).listener(handler).save();
    await flow.savePeople(1);
    await flow.hooks.idle();
    await flow.savePeople(1);
    await flow.hooks.runOnce({ deadlineMs: 60_000 }).catch(() => undefined);
    const of = (value: number) => ({ attributes: PERSON, value });
    expect(inFlight).toEqual([of(1), of(1)]);
    expect(await measured.points('model_hooks.attempts.in_flight')).toEqual([of(0)]);
  });

  it('Two DataSources count together, and each has its own lag', async () => {
    flow = await Flow.start();
    const other = await Flow.start();
    try {
      for (const one of [flow, other]) {
        await one.listen();
        await one.savePeople(2);
        await one.hooks.idle();
      }
      expect(await outcomes()).toMatchObject([{ value: 4 }]);
      const namespaces = [flow, other].map(({ url }) => ({
        'db.namespace': `${new URL(url).pathname.slice(1)}|public`,
      }));
      const lags = inOrder(await measured.points('model_hooks.lag.oldest'));
      expect(lags).toEqual(inOrder(namespaces.map((attributes) => ({ attributes, value: 0 }))));
    } finally {
      await other.stop();
    }
  });
});

describe('The lag', () => {
  const lag = async () => (await measured.points('model_hooks.lag.oldest'))[0]?.value;

  it('The lag is the age of an event that no process plans, of a chunk, or of a delivery since it was due', async () => {
    flow = await Flow.start({ attach: { work: false } });
    const { listener } = await flow.listen(answering({ status: 503 }));
    expect(await lag()).toBe(0);
    await flow.savePeople(1);
    const age = `- interval '1 hour'`;
    await flow.query(`UPDATE model_hook_event SET occurred_at = occurred_at ${age}`);
    expect(await lag()).toBeGreaterThan(3_599);
    const beside = await flow.beside();
    await beside.hooks.idle();
    await beside.hooks.detach();
    expect(await lag()).toBe(0);
    await flow.makeDue(await flow.deliveryOf(listener.id));
    await flow.query(`UPDATE model_hook_delivery SET next_at = next_at ${age} * 2`);
    expect(await lag()).toBeGreaterThan(7_199);
  });

  it('Nothing is read after detach() and destroy(), and again after attach() and initialize()', async () => {
    flow = await Flow.start();
    const reads = jest.spyOn(Lag.prototype, 'oldestSeconds');
    const readsOfOne = async () => {
      reads.mockClear();
      await measured.collected();
      return reads.mock.calls.length;
    };
    expect(await readsOfOne()).toBe(1);
    await flow.hooks.detach();
    expect(await readsOfOne()).toBe(0);
    await ModelHooks.attach(flow.dataSource);
    expect(await readsOfOne()).toBe(1);
    await flow.dataSource.destroy();
    expect(await readsOfOne()).toBe(0);
    await flow.dataSource.initialize();
    expect(await readsOfOne()).toBe(1);
    reads.mockRestore();
  });

  it('Collections at the same time share one query', async () => {
    flow = await Flow.start({ attach: { work: false } });
    const reads = jest.spyOn(Lag.prototype, 'oldestSeconds');
    const collected = await measured.twice();
    expect(collected).toEqual([0, 0]);
    expect(reads).toHaveBeenCalledTimes(1);
    reads.mockRestore();
  });

  it('A value that cannot be read is left out, and this is logged once', async () => {
    const warn = jest.fn();
    const logger = { debug: jest.fn(), info: jest.fn(), warn, error: jest.fn() };
    flow = await Flow.start({ attach: { logger } });
    const reads = jest.spyOn(Lag.prototype, 'oldestSeconds').mockRejectedValue(new RangeError());
    expect([await lag(), await lag()]).toEqual([undefined, undefined]);
    const logged = warn.mock.calls.filter(([text]) => String(text).includes('The lag'));
    expect(logged).toHaveLength(1);
    reads.mockRestore();
  });
});

describe('The SDK', () => {
  it('Metrics are counted by an SDK that is registered after the DataSource was attached', async () => {
    metrics.disable();
    flow = await Flow.start();
    await flow.savePeople(1);
    await flow.hooks.idle();
    await measured.stop();
    measured = new MeasuredMetrics();
    await flow.savePeople(2);
    await flow.hooks.idle();
    expect(await captured()).toMatchObject([{ value: 2 }]);
    expect(await measured.points('model_hooks.lag.oldest')).toMatchObject([{ value: 0 }]);
  });

  it('Nothing is measured with `telemetry: false`', async () => {
    flow = await Flow.start({ attach: { telemetry: false } });
    await flow.listen();
    await flow.savePeople(1);
    await flow.hooks.idle();
    expect((await measured.collected()).scopeMetrics).toEqual([]);
  });
});

const inOrder = <Point extends { readonly attributes: object }>(points: readonly Point[]) =>
  [...points].sort((a, b) =>
    JSON.stringify(a.attributes) < JSON.stringify(b.attributes) ? -1 : 1,
  );
