import type { EntityManager } from 'typeorm';
import {
  BackgroundResponse,
  type DeliveryWithAttempts,
  type HandlerFunction,
  type HandlerOptions,
} from '../../../lib';
import { Flow } from '../../support/application/flow';
import { outcomes, until } from '../../support/application/waiting';
import { Person } from '../../support/entities/person';

type Hanging = (manager: EntityManager) => Promise<never>;

let flow: Flow;

beforeAll(async () => {
  flow = await Flow.start({ attach: { sweepMs: 100, leaseMs: 1_500 } });
  await flow.query('CREATE TABLE ledger (delivery uuid NOT NULL, note text NOT NULL)');
});
afterEach(async () => {
  await flow.clear();
  await flow.query('DELETE FROM ledger');
});
afterAll(() => flow?.stop());

const write = { sql: 'INSERT INTO ledger VALUES ($1, $2)' } as const;
const notes = async () =>
  (await flow.query<{ note: string }>('SELECT note FROM ledger')).map(({ note }) => note);

async function deliver(
  fn: HandlerFunction,
  options?: HandlerOptions,
): Promise<DeliveryWithAttempts> {
  const handler = flow.hooks.handler('ledger', fn, options);
  const { id } = await flow.hooks.for(Person).listener(handler).save();
  const ended = outcomes(flow.hooks, 1);
  await flow.savePeople(1);
  await ended;
  return flow.deliveryOf(id);
}

describe('context.transaction', () => {
  it('What a handler writes and its outcome are committed together', async () => {
    const seen: unknown[] = [];
    const delivery = await deliver((_event, { transaction, deliveryId }) =>
      transaction(async (manager) => {
        await manager.query(write.sql, [deliveryId, 'written']);
        seen.push(await flow.query('SELECT * FROM model_hook_delivery'));
        return BackgroundResponse.done();
      }),
    );
    expect(seen).toEqual([[]]);
    expect(await notes()).toEqual(['written']);
    expect(delivery).toMatchObject({ status: 'done', attempt: 1, reason: null });
    const [row] = await flow.query<{ same: boolean }>(
      'SELECT d.xmin = l.xmin AS same FROM model_hook_delivery d, ledger l',
    );
    expect(row?.same).toBe(true);
    expect(await flow.query('SELECT * FROM model_hook_chunk')).toEqual([]);
  });

  it.each([
    ['fail', BackgroundResponse.fail('no'), { status: 'failed', reason: 'no' }],
    ['skip', BackgroundResponse.skip('old'), { status: 'skipped', reason: 'old' }],
    ['reschedule', BackgroundResponse.reschedule(60), { status: 'rescheduled' }],
  ])('The answer %s is committed with what was written', async (_name, answer, expected) => {
    const delivery = await deliver((_event, { transaction, deliveryId }) =>
      transaction(async (manager) => {
        await manager.query(write.sql, [deliveryId, 'written']);
        return answer;
      }),
    );
    expect(await notes()).toEqual(['written']);
    expect(delivery).toMatchObject({ ...expected, attempt: 1 });
  });

  it.each<readonly [string, () => unknown, RegExp]>([
    [
      'throws',
      () => {
        throw new Error('boom');
      },
      /boom/,
    ],
    ['returns no answer', () => undefined, /returned undefined, which is not a response/],
  ])('Nothing is written if the transaction %s', async (_name, end, reason) => {
    const delivery = await deliver((_event, { transaction, deliveryId }) =>
      transaction(async (manager) => {
        await manager.query(write.sql, [deliveryId, 'written']);
        return end() as never;
      }),
    );
    expect(await notes()).toEqual([]);
    expect(delivery).toMatchObject({ status: 'retrying', reason: expect.stringMatching(reason) });
  });

  it('The committed outcome stands, whatever the handler does then', async () => {
    const delivery = await deliver(async (_event, { transaction, deliveryId }) => {
      await transaction(async (manager) => {
        await manager.query(write.sql, [deliveryId, 'written']);
        return BackgroundResponse.skip('committed');
      });
      throw new Error('too late');
    });
    expect(await notes()).toEqual(['written']);
    expect(delivery).toMatchObject({ status: 'skipped', reason: 'committed' });
  });

  it('A second transaction of one call is rolled back', async () => {
    const errors: unknown[] = [];
    await deliver(async (_event, { transaction, deliveryId }) => {
      const run = (note: string) =>
        transaction(async (manager) => {
          await manager.query(write.sql, [deliveryId, note]);
          return BackgroundResponse.done();
        });
      const answer = await run('first');
      await run('second').catch((error: unknown) => errors.push(error));
      return answer;
    });
    expect(errors).toMatchObject([{ code: 'DELIVERY_ENDED' }]);
    expect(await notes()).toEqual(['first']);
  });

  it('A transaction that ends after the time limit of the handler is rolled back', async () => {
    let rolledBack: Promise<unknown> = Promise.resolve();
    const delivery = await deliver(
      (_event, { transaction, deliveryId, signal }) => {
        const work = transaction(async (manager) => {
          await manager.query(write.sql, [deliveryId, 'late']);
          await new Promise((resolve) => signal.addEventListener('abort', resolve));
          return BackgroundResponse.done();
        });
        rolledBack = work.catch((error: unknown) => error);
        return work;
      },
      { timeoutMs: 100 },
    );
    expect(delivery).toMatchObject({
      status: 'retrying',
      reason: expect.stringContaining('100 ms'),
    });
    expect(await rolledBack).toBeInstanceOf(Error);
    expect(await notes()).toEqual([]);
  });

  it.each<readonly [string, (manager: EntityManager, work: Hanging) => Promise<never>]>([
    ['transaction', (manager, work) => work(manager)],
    ['nested transaction', (manager, work) => manager.transaction(work)],
  ])(
    'A %s that never ends gives its connection back, and writes nothing afterwards',
    async (_name, within) => {
      let refused: Promise<unknown> = Promise.resolve();
      const delivery = await deliver(
        (_event, { transaction, deliveryId, signal }) =>
          transaction((outer) =>
            within(outer, async (manager) => {
              const late = () => manager.query(write.sql, [deliveryId, 'late']);
              await late();
              refused = new Promise((resolve) => {
                signal.addEventListener('abort', () => late().catch(resolve));
              });
              return new Promise(() => undefined);
            }),
          ),
        { timeoutMs: 100 },
      );
      expect(delivery.status).toBe('retrying');
      expect(await refused).toBeInstanceOf(Error);
      expect(await notes()).toEqual([]);
      // It would wait for the transaction.
      await flow.query('TRUNCATE ledger');
      // The engine has transactions of its own, which end.
      await until('no transaction is open', async () => {
        const open = await flow.query(
          "SELECT FROM pg_stat_activity WHERE datname = current_database() AND state LIKE 'idle in transaction%'",
        );
        return open.length === 0;
      });
    },
  );

  it('Transactions that hang leave half of the pool to the application', async () => {
    let running = 0;
    const hang = async () => {
      running += 1;
      return new Promise<never>(() => undefined);
    };
    for (const name of ['hanging', 'hanging, too']) {
      const handler = flow.hooks.handler(name, (_event, { transaction }) => transaction(hang), {
        timeoutMs: 1_000,
      });
      await flow.hooks.for(Person).listener(handler).save();
    }
    const ended = outcomes(flow.hooks, 20);
    await flow.savePeople(10);
    await until('half of the pool is held', () => running === 5);
    const queries = Array.from({ length: 5 }, () => flow.query('SELECT pg_sleep(0.1)'));
    await Promise.all(queries);
    expect(running).toBe(5);
    await ended;
  });

  it('A transaction whose chunk another process has taken over is rolled back', async () => {
    const handler = flow.hooks.handler('taken', (_event, { transaction, deliveryId, attempt }) =>
      transaction(async (manager) => {
        await manager.query(write.sql, [deliveryId, `attempt ${attempt}`]);
        await flow.query('UPDATE model_hook_chunk SET token = token + 1, lease_until = now()');
        return BackgroundResponse.done();
      }),
    );
    await flow.hooks.for(Person).listener(handler).save();
    await flow.savePeople(1);
    await until(
      'the transaction ran',
      async () => (await flow.query('SELECT * FROM model_hook_chunk WHERE token > 1')).length > 0,
    );
    expect(await notes()).toEqual([]);
  });

  it('The writes of hooked entities in it make events', async () => {
    const { receiver } = await flow.listen();
    const handler = flow.hooks.handler('writing', ({ data }, { transaction }) =>
      transaction(async (manager) => {
        if (data.name === 'Joe') await manager.save(Object.assign(new Person(), { name: 'Ann' }));
        return BackgroundResponse.done();
      }),
    );
    await flow.hooks.for(Person).listener(handler).save();
    await flow.savePeople(1);
    await receiver.waitFor(2);
    expect(receiver.received.map(({ body }) => (body as unknown as { name: string }).name)).toEqual(
      ['Joe', 'Ann'],
    );
  });
});
