import { BackgroundResponse, type DeliveryWithAttempts, type HandlerContext } from '../../../lib';
import { Flow } from '../../support/application/flow';
import { outcomes } from '../../support/application/waiting';
import { Order } from '../../support/entities/recheck-entities';

const errors: (readonly [message: string, facts: unknown])[] = [];
const logger = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: (message: string, facts?: unknown) => errors.push([message, facts]),
};
const attach = { sweepMs: 100, statementTimeoutMs: 2_000, logger };
const role = `recheck_${process.pid}`;
const WAITING = {
  status: 'waiting',
  attempt: 1,
  reason: 'its row could not be read to check the filters again',
};

function failsFirst(_event: unknown, { attempt }: HandlerContext) {
  if (attempt === 1) throw new Error('once');
  return BackgroundResponse.done();
}

let flow: Flow;

beforeEach(async () => {
  errors.length = 0;
  flow = await Flow.start({ entities: [Order], attach });
});
afterEach(() => flow?.stop());

/** The delivery of an event that was tried once. */
async function triedOnce(): Promise<DeliveryWithAttempts> {
  const { target } = flow.hooks.handler('once', failsFirst);
  const delivery = { recheck: true, retryDelayMs: 3_600_000 };
  const hook = flow.hooks.for(Order);
  const { id } = await hook.listener({ url: target, delivery }).match({ name: 'Joe' }).save();
  const first = outcomes(flow.hooks, 1);
  await flow.dataSource.manager.save(Object.assign(new Order(), { id: 1, name: 'Joe' }));
  await first;
  return flow.deliveryOf(id);
}

async function triedAgain({ id }: DeliveryWithAttempts): Promise<DeliveryWithAttempts | null> {
  const next = outcomes(flow.hooks, 1);
  await flow.makeDue({ id });
  await next;
  return flow.hooks.deliveries.get(id);
}

describe('a late try whose row cannot be read', () => {
  it.each<readonly [string, string, string, RegExp]>([
    [
      'a column is renamed',
      'ALTER TABLE "order" RENAME name TO other',
      'ALTER TABLE "order" RENAME other TO name',
      /hook "order" wait/,
    ],
    [
      'the table is renamed',
      'ALTER TABLE "order" RENAME TO orders',
      'ALTER TABLE orders RENAME TO "order"',
      /hook "order" wait/,
    ],
    [
      'a function of the hook throws',
      `UPDATE "order" SET name = 'silence'`,
      `UPDATE "order" SET name = 'Joe'`,
      /hook "order" wait/,
    ],
  ])('It waits with an error while %s', async (_name, broken, mended, message) => {
    const delivery = await triedOnce();
    await flow.query(broken);
    expect(await triedAgain(delivery)).toMatchObject(WAITING);
    expect(errors).toEqual([
      [expect.stringMatching(message), expect.objectContaining({ hook: 'order' })],
    ]);
    expect(JSON.stringify(errors)).not.toMatch(/silence/);
    expect(await triedAgain(delivery)).toMatchObject(WAITING);
    expect(errors).toHaveLength(1);
    await flow.query(mended);
    expect(await triedAgain(delivery)).toMatchObject({ status: 'done', attempt: 2 });
  });

  it('It waits for a moment while the table is locked, and is tried by itself', async () => {
    const delivery = await triedOnce();
    const runner = flow.dataSource.createQueryRunner();
    await runner.startTransaction();
    await runner.query('LOCK TABLE "order" IN ACCESS EXCLUSIVE MODE');
    expect(await triedAgain(delivery)).toMatchObject(WAITING);
    expect(errors).toMatchObject([[expect.any(String), { error: { code: '55P03' } }]]);
    const last = outcomes(flow.hooks, 1, ({ status }) => status === 'done');
    await runner.commitTransaction();
    await runner.release();
    await last;
  });

  it.each([
    ['delivery options', `UPDATE model_hook_listener SET delivery = 'null' WHERE key = 'bad'`],
    [
      'conditions',
      `UPDATE model_hook_filter SET operator = 'allOf', operand = '5'
       WHERE listener_id = (SELECT id FROM model_hook_listener WHERE key = 'bad')`,
    ],
  ])('A listener whose %s have no known form does not delay others', async (_name, spoil) => {
    const { target } = flow.hooks.handler('once', failsFirst);
    const delivery = { recheck: true, retryDelayMs: 3_600_000 };
    const save = (key: string) =>
      flow.hooks.for(Order).listener({ url: target, key, delivery }).match({ name: 'Joe' }).save();
    const [bad, good] = [await save('bad'), await save('good')];
    const first = outcomes(flow.hooks, 2);
    await flow.dataSource.manager.save(Object.assign(new Order(), { id: 1, name: 'Joe' }));
    await first;
    await flow.query(spoil);
    const second = outcomes(flow.hooks, 2);
    await flow.query('UPDATE model_hook_delivery SET next_at = now()');
    await second;
    expect(await flow.deliveryOf(good.id)).toMatchObject({ status: 'done', attempt: 2 });
    expect((await flow.deliveryOf(bad.id)).status).toMatch(/^(?:waiting|failed)$/);
  });

  it('A row that row security may hide does not count as gone', async () => {
    const delivery = await triedOnce();
    await flow.query(`CREATE ROLE ${role};
      GRANT ALL ON ALL TABLES IN SCHEMA public TO ${role}; GRANT ALL ON ALL SEQUENCES IN SCHEMA public TO ${role};
      ALTER TABLE "order" ENABLE ROW LEVEL SECURITY`);
    await flow.hooks.detach();
    const extra = { options: `-c role=${role}` };
    const { url } = flow;
    const limited = await Flow.start({ entities: [Order], attach, url, dataSource: { extra } });
    limited.hooks.handler('once', failsFirst);
    const waiting = outcomes(limited.hooks, 1);
    await flow.makeDue(delivery);
    await waiting;
    expect(await flow.hooks.deliveries.get(delivery.id)).toMatchObject(WAITING);
    expect(errors).toMatchObject([[expect.stringContaining('row security is active'), {}]]);
    await flow.query('CREATE POLICY visible ON "order" USING (true)');
    const done = outcomes(limited.hooks, 1);
    await flow.makeDue(delivery);
    await done;
    expect(await flow.hooks.deliveries.get(delivery.id)).toMatchObject({ status: 'done' });
    await limited.stop();
    await flow.query(`DROP OWNED BY ${role}; DROP ROLE ${role}`);
  });
});
