import { Flow } from '../../support/application/flow';
import { until } from '../../support/application/waiting';
import { Person } from '../../support/entities/person';
import { CrashChild } from '../../support/processes/crash-child';
import type { HandlerMode } from '../../support/processes/crash-process';

const SHORT = { sweepMs: 300, leaseMs: 1_500 };

/** The database and a listener with the handler `work`. It sends nothing itself. */
let flow: Flow;
const children: CrashChild[] = [];

beforeEach(async () => {
  flow = await Flow.start({ attach: { work: false } });
  await flow.query('CREATE TABLE handled (id serial, mode text)');
  await flow.hooks.for(Person).listener('handler:work').save();
});

afterEach(async () => {
  for (const child of children.splice(0)) await child.kill();
  await flow?.stop();
});

describe('a process that is killed while its handler works', () => {
  it('A handler that was killed is called again elsewhere', async () => {
    const doomed = await start('hangs');
    await flow.savePeople(1);
    await until('the handler runs', async () => (await modes()).length === 1);
    await doomed.kill();
    await start('ends');
    await untilNothingIsLeft();
    expect(await modes()).toEqual(['hangs', 'ends']);
    expect(await deliveries()).toMatchObject([{ status: 'done', attempt: 1 }]);
  });

  it('The transaction of a handler that was killed leaves nothing behind', async () => {
    const doomed = await start('hangsInTransaction');
    await flow.savePeople(1);
    await until('the transaction is open', isInTransaction);
    await doomed.kill();
    await start('ends');
    await untilNothingIsLeft();
    expect(await modes()).toEqual(['ends']);
    expect(await deliveries()).toMatchObject([{ status: 'done', attempt: 1 }]);
  });

  it('A handler whose transaction was committed is not called again', async () => {
    const doomed = await start('diesAfterTransaction');
    await flow.savePeople(1);
    await until('it is committed', async () => (await modes()).length === 1);
    await doomed.kill();
    await start('ends');
    await untilNothingIsLeft();
    expect(await modes()).toEqual(['diesAfterTransaction']);
    expect(await deliveries()).toMatchObject([{ status: 'done', attempt: 1 }]);
  });

  it('A handler that was rescheduled is called again, once, although the process was killed', async () => {
    const doomed = await start('reschedules');
    await flow.savePeople(1);
    await until(
      'it waits',
      async () =>
        (await deliveries()).filter(({ status }) => status === 'rescheduled').length === 1,
    );
    await doomed.kill();
    const [delivery] = await deliveries();
    if (delivery) await flow.makeDue(delivery);
    await Promise.all([start('ends'), start('ends')]);
    await untilNothingIsLeft();
    expect(await modes()).toEqual(['reschedules', 'ends']);
    expect(await deliveries()).toMatchObject([{ status: 'done', attempt: 2 }]);
  });
});

async function start(handler: HandlerMode): Promise<CrashChild> {
  const child = await CrashChild.start({ url: flow.url, attach: SHORT, handler });
  children.push(child);
  return child;
}

async function modes(): Promise<readonly string[]> {
  const rows = await flow.query<{ mode: string }>('SELECT mode FROM handled ORDER BY id');
  return rows.map(({ mode }) => mode);
}

async function deliveries() {
  return (await flow.hooks.deliveries.find()).items;
}

async function isInTransaction(): Promise<boolean> {
  const rows = await flow.query(
    `SELECT FROM pg_stat_activity WHERE datname = current_database() AND state = 'idle in transaction' AND query LIKE 'INSERT INTO handled%'`,
  );
  return rows.length === 1;
}

function untilNothingIsLeft(): Promise<void> {
  return until('nothing is left', async () => {
    const { events, deliveries: left } = await flow.hooks.stats();
    const chunks = await flow.query('SELECT FROM model_hook_chunk');
    return events.waiting + left.waiting + chunks.length === 0;
  });
}
