import {
  type AttachOptions,
  BackgroundResponse,
  becomes,
  changed,
  type DeliveryOptions,
  type DeliveryWithAttempts,
  type HandlerContext,
  type Operation,
  was,
} from '../../../lib';
import type { Condition } from '../../../lib/match/matcher';
import { Flow } from '../../support/application/flow';
import { BY_TRIGGERS } from '../../support/application/triggers-flow';
import { outcomes, until } from '../../support/application/waiting';
import { Nameless, Order } from '../../support/entities/recheck-entities';
import { answering } from '../../support/receivers/answers';
import { startReceiver } from '../../support/receivers/receiver';

const logged: string[] = [];
const logger = {
  debug: () => undefined,
  info: () => undefined,
  warn: (message: string) => logged.push(message),
  error: (message: string) => logged.push(message),
};

const RECHECKED = { recheck: true, retryDelayMs: 3_600_000 } as const;
const SENT = 'it is sent';
const GONE = 'the row does not exist any more';
const NO_MATCH = 'the row no longer matches the condition on "name"';
const REMOVED = 'the row is soft-removed now';
const RECOVERED = 'the row is not soft-removed any more';
const AGAIN = 'the row exists again';

let count = 0;

/** Each captures in its own way. */
const CAPTURES: readonly (readonly [string, AttachOptions])[] = [
  ['subscribers', {}],
  ['triggers', BY_TRIGGERS],
];

describe.each(CAPTURES)('a late try of an event captured by %s', (_capture, attach) => {
  let flow: Flow;

  beforeAll(async () => {
    flow = await Flow.start({ entities: [Order], attach: { sweepMs: 100, logger, ...attach } });
  });
  afterEach(() => flow.clear());
  afterAll(() => flow?.stop());

  const insertAgain = (id: number) =>
    flow.query(`INSERT INTO "order" (id, name) VALUES ($1, 'Joe')`, [id]);
  const remove = (id: number) => flow.query('DELETE FROM "order" WHERE id = $1', [id]);
  const rename = (id: number, name: string) =>
    flow.query('UPDATE "order" SET name = $2 WHERE id = $1', [id, name]);

  /** What happens to the row before the late try. */
  const MEANWHILE = {
    nothing: async () => undefined,
    'another name': (id: number) => rename(id, 'Ann'),
    'another name and back': async (id: number) => {
      await rename(id, 'Ann');
      await rename(id, 'Joe');
    },
    'a removal': remove,
    'a removal and an insert': async (id: number) => {
      await remove(id);
      await insertAgain(id);
    },
    'an insert': insertAgain,
    'an insert under another key': (id: number) => insertAgain(id + 500_000),
    'another key': (id: number) => flow.query('UPDATE "order" SET id = -id WHERE id = $1', [id]),
    'a soft removal': (id: number) =>
      flow.query('UPDATE "order" SET "deletedAt" = now() WHERE id = $1', [id]),
    'a recovery': (id: number) =>
      flow.query('UPDATE "order" SET "deletedAt" = NULL WHERE id = $1', [id]),
  } as const;

  /** Makes one event of this operation. */
  const MAKE: Readonly<Record<Operation, (order: Order) => Promise<unknown>>> = {
    insert: (order) => flow.dataSource.manager.save(order),
    update: (order) => flow.dataSource.manager.save(Object.assign(order, { size: 2 })),
    remove: ({ id }) => flow.dataSource.manager.delete(Order, { id }),
    softRemove: ({ id }) => flow.dataSource.manager.softDelete(Order, { id }),
    recover: ({ id }) => flow.dataSource.manager.restore(Order, { id }),
  };

  async function newOrder(operation: Operation): Promise<Order> {
    count += 1;
    const order = Object.assign(new Order(), { id: count, name: 'Joe' });
    if (operation !== 'insert') await flow.dataSource.manager.insert(Order, { ...order });
    if (operation === 'recover') await flow.dataSource.manager.softDelete(Order, { id: count });
    await flow.hooks.idle();
    return order;
  }

  interface Trial {
    readonly operation: Operation;
    readonly meanwhile: (id: number) => Promise<unknown>;
    readonly match?: Readonly<Record<string, Condition>>;
    readonly target?: string;
    readonly between?: (listener: string) => Promise<unknown>;
  }

  /** The delivery of one event after its second try, of which the first one was retried. */
  async function afterLateTry(trial: Trial): Promise<DeliveryWithAttempts> {
    const { operation, meanwhile, match = { name: 'Joe' }, target = failingOnce() } = trial;
    const order = await newOrder(operation);
    const { id: listener } = await flow.hooks
      .for(Order)
      .listener({ url: target, delivery: RECHECKED })
      .match(match)
      .on(operation)
      .save();
    const first = outcomes(flow.hooks, 1, (one) => one.listenerId === listener);
    await MAKE[operation](order);
    const [{ deliveryId } = { deliveryId: '' }] = await first;
    await meanwhile(order.id);
    await trial.between?.(listener);
    const second = outcomes(flow.hooks, 1, (one) => one.deliveryId === deliveryId);
    await flow.makeDue({ id: deliveryId });
    await second;
    return (await flow.hooks.deliveries.get(deliveryId)) as DeliveryWithAttempts;
  }

  function failingOnce(): string {
    count += 1;
    return flow.hooks.handler(`once ${count}`, failsFirst).target;
  }

  type Case = readonly [Operation, keyof typeof MEANWHILE, string];
  const changes = (operation: Operation): readonly Case[] => [
    [operation, 'nothing', SENT],
    [operation, 'another name', NO_MATCH],
    [operation, 'another name and back', SENT],
    [operation, 'a removal', GONE],
    [operation, 'a removal and an insert', SENT],
    [operation, 'another key', GONE],
    [operation, 'a soft removal', REMOVED],
  ];
  const CASES: readonly Case[] = [
    ...changes('insert'),
    ...changes('update'),
    ...changes('recover'),
    ['softRemove', 'nothing', SENT],
    ['softRemove', 'another name', NO_MATCH],
    ['softRemove', 'a removal', GONE],
    ['softRemove', 'a removal and an insert', RECOVERED],
    ['softRemove', 'a recovery', RECOVERED],
    ['softRemove', 'another key', GONE],
    ['remove', 'nothing', SENT],
    ['remove', 'an insert', AGAIN],
    ['remove', 'an insert under another key', SENT],
  ];

  const expected = (reason: string) =>
    reason === SENT
      ? { status: 'done', attempt: 2 }
      : { status: 'skipped', attempt: 1, reason, nextAt: null };

  it.each(CASES)(
    'The event of %s and then %s has the outcome %s',
    async (operation, meanwhile, why) => {
      const delivery = await afterLateTry({ operation, meanwhile: MEANWHILE[meanwhile] });
      expect(delivery).toMatchObject(expected(why));
    },
  );

  it.each<Case>([
    ['insert', 'nothing', SENT],
    ['insert', 'another name', NO_MATCH],
    ['update', 'a removal', GONE],
    ['remove', 'an insert', AGAIN],
  ])(
    'A URL gets an event of %s and then %s by the same rules: %s',
    async (operation, meanwhile, why) => {
      const receiver = await startReceiver(answering({ status: 500 }, { status: 200 }));
      const target = `${receiver.url}/hook`;
      const delivery = await afterLateTry({ operation, meanwhile: MEANWHILE[meanwhile], target });
      expect(delivery).toMatchObject(expected(why));
      expect(receiver.received).toHaveLength(why === SENT ? 2 : 1);
      await receiver.close();
    },
  );

  it.each<readonly [string, Readonly<Record<string, Condition>>, keyof typeof MEANWHILE, string]>([
    ['becomes', { size: becomes(2) }, 'nothing', SENT],
    ['becomes', { size: becomes(2) }, 'a removal and an insert', '"size"'],
    ['changed', { size: changed() }, 'another name', SENT],
    ['changed', { size: changed() }, 'a removal and an insert', '"size"'],
    ['was', { size: was(1) }, 'a removal and an insert', SENT],
    ['a computed field', { loud: 'JOE' }, 'nothing', SENT],
    ['a computed field', { loud: 'JOE' }, 'another name', '"loud"'],
    ['no condition', {}, 'another name', SENT],
  ])(
    'It compares %s with the previous values of the event (%j, %s)',
    async (_n, match, meanwhile, field) => {
      const delivery = await afterLateTry({
        operation: 'update',
        meanwhile: MEANWHILE[meanwhile],
        match,
      });
      const reason = `the row no longer matches the condition on ${field}`;
      expect(delivery).toMatchObject(expected(field === SENT ? SENT : reason));
    },
  );

  it('The filters of a listener are those of now', async () => {
    const between = (id: string) => flow.hooks.listeners.update(id, { match: { name: 'Ann' } });
    const kept = await afterLateTry({
      operation: 'insert',
      meanwhile: MEANWHILE['another name'],
      between,
    });
    expect(kept).toMatchObject(expected(SENT));
    const left = await afterLateTry({ operation: 'insert', meanwhile: MEANWHILE.nothing, between });
    expect(left).toMatchObject(expected(NO_MATCH));
    const gone = await afterLateTry({ operation: 'remove', meanwhile: MEANWHILE.nothing, between });
    expect(gone).toMatchObject(expected(NO_MATCH));
  });

  it('A rescheduled delivery and one that has waited are late', async () => {
    const rescheduling = flow.hooks.handler('rescheduling', () => BackgroundResponse.reschedule());
    const target = rescheduling.target;
    const meanwhile = MEANWHILE['another name'];
    expect(await afterLateTry({ operation: 'insert', meanwhile, target })).toMatchObject({
      ...expected(NO_MATCH),
      attempts: [{ outcome: 'rescheduled' }],
    });
    const waiting = async () => {
      await until('it waits', async () => logged.some((one) => one.includes('"later 1"')));
      flow.hooks.handler('later 1', () => BackgroundResponse.done());
    };
    const late = {
      operation: 'insert',
      meanwhile,
      target: 'handler:later 1',
      between: waiting,
    } as const;
    expect(await afterLateTry(late)).toMatchObject({ status: 'skipped', attempt: 0 });
  });

  it('A retry by hand is late', async () => {
    const delivery = await afterLateTry({ operation: 'insert', meanwhile: MEANWHILE.nothing });
    await flow.query('UPDATE "order" SET name = $1', ['Ann']);
    const third = outcomes(flow.hooks, 1, (one) => one.deliveryId === delivery.id);
    await flow.hooks.deliveries.retry(delivery.id);
    expect(await third).toMatchObject([{ status: 'skipped', reason: NO_MATCH }]);
  });
});

describe('the option recheck', () => {
  it.each<readonly [string, DeliveryOptions, boolean | undefined, boolean | undefined, string]>([
    ['nobody', {}, undefined, undefined, 'done'],
    ['the attachment', { recheck: true }, undefined, undefined, 'skipped'],
    ['the handler', {}, true, undefined, 'skipped'],
    ['the listener', {}, undefined, true, 'skipped'],
    ['the attachment but not the handler', { recheck: true }, false, undefined, 'done'],
    ['the handler but not the listener', {}, true, false, 'done'],
  ])('It is set by %s', async (_name, delivery, ofHandler, ofListener, status) => {
    const flow = await Flow.start({ entities: [Order], attach: { sweepMs: 100, delivery } });
    const options = ofHandler === undefined ? {} : { recheck: ofHandler };
    const { target } = flow.hooks.handler('once', failsFirst, options);
    const own = ofListener === undefined ? {} : { recheck: ofListener };
    const { id } = await flow.hooks.for(Order).listener({ url: target, delivery: own }).save();
    const order = Object.assign(new Order(), { id: 1, name: 'Joe' });
    const first = outcomes(flow.hooks, 1);
    await flow.dataSource.manager.save(order);
    await first;
    await flow.query('DELETE FROM "order"');
    await flow.makeDue(await flow.deliveryOf(id));
    await flow.hooks.idle();
    expect(await flow.deliveryOf(id)).toMatchObject({ status });
    await flow.stop();
  });

  it('It is refused where the hook does not provide its key', async () => {
    const flow = await Flow.start({ entities: [Nameless] });
    const url = 'https://example.com/hooks';
    const delivery = { recheck: true };
    const defined = flow.hooks.define('mail', { provides: ['to'] });
    for (const hook of [flow.hooks.for(Nameless), defined])
      await expect(hook.listener({ url, delivery }).save()).rejects.toMatchObject({
        code: 'LISTENER_INVALID',
        fields: { delivery: [expect.stringContaining('delivery.recheck needs')] },
      });
    expect(() => flow.hooks.define('letter', { provides: ['to'], delivery })).toThrow(
      expect.objectContaining({ code: 'OPTION_INVALID', option: 'delivery.recheck' }),
    );
    await flow.stop();
  });

  it('Set for the attachment, it does not hold for such a hook, with a warning', async () => {
    logged.length = 0;
    const delivery = { recheck: true };
    const attach = { sweepMs: 100, logger, delivery };
    const flow = await Flow.start({ entities: [Nameless], attach });
    expect(logged).toEqual([expect.stringContaining('does not hold for the hook "nameless"')]);
    const handler = flow.hooks.handler('once', failsFirst);
    const { id } = await flow.hooks.for(Nameless).listener(handler).save();
    const first = outcomes(flow.hooks, 1);
    await flow.dataSource.manager.save(Object.assign(new Nameless(), { name: 'Joe' }));
    await first;
    await flow.query('DELETE FROM nameless');
    await flow.makeDue(await flow.deliveryOf(id));
    await flow.hooks.idle();
    expect(await flow.deliveryOf(id)).toMatchObject({ status: 'done', attempt: 2 });
    expect(logged).toHaveLength(1);
    await flow.stop();
  });
});

function failsFirst(_event: unknown, { attempt }: HandlerContext) {
  if (attempt === 1) throw new Error('once');
  return BackgroundResponse.done();
}
