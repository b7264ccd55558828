import type { DataSource } from 'typeorm';
import { Flow } from '../../support/application/flow';
import { Person, person } from '../../support/entities/person';
import { answering, answeringAfter } from '../../support/receivers/answers';
import type { Receiver, Respond } from '../../support/receivers/receiver';

let flow: Flow | undefined;

afterEach(async () => {
  await flow?.stop();
  flow = undefined;
});

describe("dispatcher 'inline'", () => {
  it('A save() returns after each matching listener was tried once and the outcome is stored', async () => {
    const { hooks } = await start();
    const slow = await running().listen(answeringAfter(300));
    const broken = await running().listen(answering({ status: 500 }));
    const other = hooks.for(Person).listener(`${slow.receiver.url}/other`);
    await other.match({ name: 'Zoe' }).save();

    await running().savePeople(2);
    const { items } = await hooks.deliveries.find();
    const statuses = items.map(({ listenerId, status }) => [listenerId, status]).sort();
    expect(statuses).toEqual(
      [
        [slow.listener.id, 'done'],
        [slow.listener.id, 'done'],
        [broken.listener.id, 'retrying'],
        [broken.listener.id, 'retrying'],
      ].sort(),
    );
    expect(slow.receiver.received).toHaveLength(2);
    expect(await left()).toEqual({ chunks: 0, unplanned: 0 });
  });

  it('The connection is returned to the pool before the wait, so that a pool of one is enough', async () => {
    await start({ poolSize: 1 });
    const gate = new Gate();
    const { receiver } = await running().listen(gate.respond);
    const saved = running().savePeople(1);
    await receiver.waitFor(1);
    // The call still waits, and its connection is the only one.
    expect(await dataSource().query('SELECT 1 AS one')).toEqual([{ one: 1 }]);
    expect(await left()).toMatchObject({ chunks: 1 });
    gate.open();
    await saved;
    expect(await left()).toMatchObject({ chunks: 0 });
  });

  it('A save() waits at most `waitMs`, and the delivery continues without it', async () => {
    await start({ waitMs: 200 });
    const gate = new Gate();
    await running().listen(gate.respond);
    const startedAt = performance.now();
    await running().savePeople(1);
    expect(performance.now() - startedAt).toBeGreaterThanOrEqual(195);
    expect((await running().hooks.deliveries.find()).items).toEqual([]);
    gate.open();
    await running().hooks.idle();
    expect(await statuses()).toEqual(['done']);
  });

  it('A save() does not wait if there is no listener', async () => {
    await start({ waitMs: 60_000 });
    await running().savePeople(1);
    expect(await left()).toEqual({ chunks: 0, unplanned: 0 });
  });

  it('A rollback does not wait and sends nothing', async () => {
    await start();
    const { receiver } = await running().listen();
    const failing = dataSource().transaction(async (manager) => {
      await manager.save(person());
      throw new Error('changed my mind');
    });
    await expect(failing).rejects.toThrow('changed my mind');
    await running().hooks.idle();
    expect(receiver.received).toEqual([]);
  });

  it('Only the call of dataSource.transaction() waits, and not the save() in it', async () => {
    await start();
    const { receiver } = await running().listen(answeringAfter(100));
    await dataSource().transaction(async (manager) => {
      await manager.save(person({ name: 'Ann' }));
      await manager.save(person({ name: 'Bob' }));
      expect(receiver.received).toEqual([]);
    });
    expect(names(receiver)).toEqual(['Ann', 'Bob']);
    expect(await statuses()).toEqual(['done', 'done']);
  });

  it('The release() of a query runner waits for all of its transactions', async () => {
    await start();
    const { receiver } = await running().listen(answeringAfter(100));
    const runner = dataSource().createQueryRunner();
    for (const name of ['Ann', 'Bob']) {
      await runner.startTransaction();
      await runner.manager.save(person({ name }));
      await runner.commitTransaction();
    }
    await runner.release();
    expect(names(receiver)).toEqual(['Ann', 'Bob']);
    expect(await statuses()).toEqual(['done', 'done']);
    expect(runner.isReleased).toBe(true);
  });

  it('The send() of a defined hook waits, or the transaction that it joins', async () => {
    const { hooks } = await start();
    const shipped = hooks.define('order.shipped', { provides: ['order'] });
    const { receiver } = await running().listen(answeringAfter(100));
    await shipped.listener(`${receiver.url}/shipped`).save();
    const eventId = await shipped.send({ order: 1, secret: 'no' });
    const { items } = await hooks.deliveries.find({ event: eventId });
    expect(items).toMatchObject([{ status: 'done', event: 'order.shipped' }]);

    await dataSource().transaction(async (manager) => {
      await shipped.send({ order: 2 }, { manager });
      expect(receiver.received).toHaveLength(1);
    });
    expect(receiver.received.map(({ body }) => body)).toEqual([{ order: 1 }, { order: 2 }]);
    expect(await statuses()).toEqual(['done', 'done']);
  });

  it('An endpoint that fails never makes save() throw', async () => {
    await start();
    const { receiver } = await running().listen();
    await receiver.close();
    await expect(running().savePeople(1)).resolves.toHaveLength(1);
    expect(await statuses()).toEqual(['retrying']);
  });
});

async function start({
  poolSize = 4,
  waitMs = 10_000,
}: {
  readonly poolSize?: number;
  readonly waitMs?: number;
} = {}): Promise<Flow> {
  flow = await Flow.start({ attach: { dispatcher: 'inline', waitMs }, dataSource: { poolSize } });
  return flow;
}

function running(): Flow {
  if (!flow) throw new Error('Start it first.');
  return flow;
}

function dataSource(): DataSource {
  return running().application.dataSource;
}

async function statuses(): Promise<readonly string[]> {
  return (await running().hooks.deliveries.find()).items.map(({ status }) => status);
}

function names({ received }: Receiver): string[] {
  return received.map(({ body }) => (body as { name: string }).name).sort();
}

async function left(): Promise<unknown> {
  const [row] = await running().query(
    `SELECT (SELECT count(*)::int FROM model_hook_chunk) AS chunks,
       (SELECT count(*)::int FROM model_hook_event WHERE planned_at IS NULL) AS unplanned`,
  );
  return row;
}

/** Answers nothing before it is opened. */
class Gate {
  #open = () => {};
  readonly #opened = new Promise<void>((resolve) => {
    this.#open = resolve;
  });

  readonly respond: Respond = (_request, response) => {
    void this.#opened.then(() => response.end());
  };

  open(): void {
    this.#open();
  }
}
