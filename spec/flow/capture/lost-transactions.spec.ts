import { setTimeout as sleep } from 'node:timers/promises';
import { type EntityManager, QueryRunnerAlreadyReleasedError } from 'typeorm';
import { Flow } from '../../support/application/flow';
import { Person } from '../../support/entities/person';

let flow: Flow;

beforeAll(async () => {
  flow = await Flow.start({ attach: { work: false } });
  flow.hooks.define('shipped', { provides: ['n'] });
});
afterAll(() => flow?.stop());

/** Ends the connection of a transaction, as a restart of the database does. */
async function lose(manager: EntityManager): Promise<void> {
  const [{ pid }] = await manager.query('SELECT pg_backend_pid() AS pid');
  await flow.query('SELECT pg_terminate_backend($1)', [pid]);
  while (!manager.queryRunner?.isReleased) await sleep(5);
}

async function counts(): Promise<unknown> {
  const [row] = await flow.query(
    `SELECT (SELECT count(*)::int FROM model_hook_event) AS events, (SELECT count(*)::int FROM model_hook_schedule) AS schedules,
       (SELECT count(*)::int FROM model_hook_task) AS tasks, (SELECT count(*)::int FROM model_hook_listener) AS listeners`,
  );
  return row;
}

const NOTHING = { events: 0, schedules: 0, tasks: 0, listeners: 0 };

describe('a transaction whose connection was lost', () => {
  it.each<readonly [string, (manager: EntityManager) => Promise<unknown>]>([
    ['hooks.send()', (manager) => flow.hooks.send('shipped', { n: 1 }, { manager })],
    ['hooks.at()', (manager) => flow.hooks.at(new Date(), 'later', {}, { manager })],
    [
      'hooks.tasks.get()',
      (manager) => flow.hooks.tasks.get('https://example.com', {}, { manager }),
    ],
    [
      'save() of a listener',
      (manager) => flow.hooks.for(Person).listener('https://example.com').save({ manager }),
    ],
  ])('What %s would store in it is not stored elsewhere', async (_name, write) => {
    const errors: unknown[] = [];
    const transaction = flow.dataSource.transaction(async (manager) => {
      await lose(manager);
      await write(manager).catch((error: unknown) => errors.push(error));
      await manager.query('SELECT 1');
    });
    await expect(transaction).rejects.toThrow();
    expect(errors).toMatchObject([
      { message: expect.stringMatching(/already released|not queryable/) },
    ]);
    expect(await counts()).toEqual(NOTHING);
  });

  it('A manager is refused after its transaction', async () => {
    let ended: EntityManager | undefined;
    await flow.dataSource.transaction(async (manager) => {
      ended = manager;
    });
    const sent = flow.hooks.send('shipped', { n: 1 }, { manager: ended! });
    await expect(sent).rejects.toThrow(QueryRunnerAlreadyReleasedError);
    expect(await counts()).toEqual(NOTHING);
  });
});
