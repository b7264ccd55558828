import type { Logger } from '../../../lib';
import { Flow } from '../../support/application/flow';
import { until } from '../../support/application/waiting';
import { Person, person } from '../../support/entities/person';
import { ENGINE_STATEMENTS } from '../../support/processes/engine-statements';
import { type FreezingProxy, startFreezingProxy } from '../../support/processes/freezing-proxy';

const SILENT: Logger = { debug: noop, info: noop, warn: noop, error: noop };
const LIMIT_MS = 1_000;

let flow: Flow;
let proxy: FreezingProxy;
let worker: Flow;

beforeEach(async () => {
  flow = await Flow.start({ attach: { work: false } });
  proxy = await startFreezingProxy(flow.url);
});

afterEach(async () => {
  await worker.stop();
  await proxy.close();
  await flow.stop();
});

describe('one connection that stops answering', () => {
  it.each(ENGINE_STATEMENTS)(
    'Events are still sent after a reply is lost while %s',
    async (_, text) => {
      const { receiver } = await flow.listen();
      await startWorker({ sweepMs: 200, leaseMs: 3_000, statementTimeoutMs: LIMIT_MS });
      const frozen = proxy.freezeAt(text);
      await flow.savePeople(1, 'one');
      await frozen;
      await flow.savePeople(1, 'two');
      await until('both are received', () => namesIn(receiver.received).size === 2);
    },
  );
});

describe('bounds', () => {
  /** What the database may do. */
  const TROUBLES = [
    ['stops answering', () => proxy.freeze()],
    ['refuses connections', () => proxy.refuse()],
  ] as const;

  describe.each(TROUBLES)('The database %s', (_, trouble) => {
    it('detach() resolves soon after its deadline', async () => {
      await startBusyWorker();
      trouble();
      await expectWithin(5_000, worker.hooks.detach({ deadlineMs: 100 }));
    });

    it('destroy() resolves, and the pool is ended', async () => {
      await startBusyWorker();
      trouble();
      await expectWithin(10_000, worker.dataSource.destroy());
      expect(worker.dataSource.isInitialized).toBe(false);
      proxy.accept();
    });

    it('idle() rejects with IDLE_TIMEOUT', async () => {
      await startBusyWorker();
      trouble();
      await expectWithin(
        5_000,
        expect(worker.hooks.idle({ timeoutMs: 500 })).rejects.toMatchObject({
          code: 'IDLE_TIMEOUT',
        }),
      );
      proxy.accept();
    });
  });

  it('Events are sent after the database was away', async () => {
    const { receiver } = await flow.listen();
    await startWorker({ sweepMs: 200, statementTimeoutMs: LIMIT_MS });
    proxy.refuse();
    await flow.savePeople(1, 'one');
    await new Promise((resolve) => setTimeout(resolve, 500));
    proxy.accept();
    await until('it is received', () => receiver.received.length === 1);
  });

  it('A chunk that finds no free connection is sent when there is one, and idle() waits for it', async () => {
    const { receiver } = await flow.listen();
    const extra = { connectionTimeoutMillis: 300 };
    await startWorker({ sweepMs: 200 }, { poolSize: 2, extra });
    const holders = [worker.dataSource.createQueryRunner(), worker.dataSource.createQueryRunner()];
    for (const holder of holders) await holder.connect();
    await flow.savePeople(1);
    const idle = worker.hooks.idle();
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    for (const holder of holders) await holder.release();
    await idle;
    expect(receiver.received).toHaveLength(1);
  });
});

describe('a DataSource that is rebuilt', () => {
  it('initialize() rejects without our tables, and the DataSource is not initialised', async () => {
    worker = await flow.beside({ work: false });
    await worker.dataSource.destroy();
    await flow.query('ALTER TABLE model_hook_attempt RENAME TO elsewhere');
    await expect(worker.dataSource.initialize()).rejects.toMatchObject({ code: 'TABLES_MISSING' });
    expect(worker.dataSource.isInitialized).toBe(false);
    await flow.query('ALTER TABLE elsewhere RENAME TO model_hook_attempt');
    await worker.dataSource.initialize();
    expect(worker.dataSource.isInitialized).toBe(true);
  });

  it('The engine steps aside while synchronize(true) drops its tables', async () => {
    const { receiver } = await flow.listen();
    await startWorker({ sweepMs: 10 });
    for (let n = 0; n < 5; n += 1) {
      await flow.savePeople(20);
      await worker.dataSource.synchronize(true);
      await worker.dataSource.runMigrations();
    }
    expect(receiver.received.length).toBeLessThanOrEqual(100);
    await worker.dataSource.manager.save(person({ name: 'after' }));
    expect(await worker.dataSource.manager.count(Person)).toBe(1);
  });
});

async function startWorker(attach: object, dataSource: object = {}): Promise<void> {
  worker = await Flow.start({
    url: proxy.url,
    attach: { logger: SILENT, ...attach },
    dataSource,
  });
}

/** With a request in flight that does not end by itself. */
async function startBusyWorker(): Promise<void> {
  const { receiver } = await flow.listen(() => new Promise(() => undefined));
  await startWorker({ delivery: { timeoutMs: 2_000 } });
  await worker.savePeople(1);
  await until('the request is in flight', () => receiver.received.length === 1);
}

async function expectWithin(ms: number, work: Promise<unknown>): Promise<void> {
  const timer = new Promise((_, reject) => {
    setTimeout(() => reject(new Error(`It took longer than ${ms} ms.`)), ms).unref();
  });
  await Promise.race([work, timer]);
}

function namesIn(received: readonly { readonly body: unknown }[]): ReadonlySet<unknown> {
  return new Set(received.map(({ body }) => (body as { name: unknown }).name));
}

function noop(): void {
  // Errors are expected here.
}
