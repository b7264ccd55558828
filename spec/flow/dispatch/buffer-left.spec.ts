import type { QueryRunner } from 'typeorm';
import type { AttachOptions } from '../../../lib';
import { Flow } from '../../support/application/flow';
import { BY_TRIGGERS } from '../../support/application/triggers-flow';
import { until } from '../../support/application/waiting';

const SHORT = { sweepMs: 100, leaseMs: 300 } as const;

let flow: Flow;
afterEach(() => flow.stop());

/** Begins a transaction by SQL of the application's own, of which TypeORM knows nothing. */
async function begun(): Promise<QueryRunner> {
  const runner = flow.dataSource.createQueryRunner();
  await runner.query('BEGIN');
  return runner;
}

const insert = (runner: QueryRunner, name: string) =>
  runner.manager.createQueryBuilder().insert().into('person').values({ name }).execute();

/** The closed buffers are forgotten. */
async function forgotten(): Promise<void> {
  const at = Date.now() + 5 * SHORT.leaseMs;
  await until('five leases are over', () => Date.now() > at);
}

const CAPTURES: readonly (readonly [string, AttachOptions])[] = [
  ['subscribers', {}],
  ['triggers', BY_TRIGGERS],
];

describe.each(CAPTURES)('Events that are committed long after their buffer (%s)', (_, capture) => {
  it('The only process sends them', async () => {
    flow = await Flow.start({ attach: { ...capture, ...SHORT } });
    const { receiver } = await flow.listen();
    const runner = await begun();
    await flow.hooks.buffer(() => insert(runner, 'late'));
    await forgotten();
    expect(receiver.received).toEqual([]);
    await runner.query('COMMIT');
    await runner.release();
    await receiver.waitFor(1);
  });

  it('A process that goes on buffering sends them, and nothing of its open buffer', async () => {
    flow = await Flow.start({ attach: { ...capture, ...SHORT, work: false } });
    const worker = await flow.beside({ ...capture, ...SHORT });
    const { receiver } = await flow.listen();
    const runner = await begun();
    await flow.hooks.buffer(() => insert(runner, 'late'));
    await forgotten();
    await flow.hooks.buffer(async () => {
      await flow.savePeople(1, 'held');
      await runner.query('COMMIT');
      await runner.release();
      await receiver.waitFor(1);
      await forgotten();
      expect(receiver.received.map(({ body }) => body)).toMatchObject([{ name: 'late' }]);
    });
    await receiver.waitFor(2);
    await worker.hooks.idle();
  });
});
