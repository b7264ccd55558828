import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { inspect } from 'node:util';
import type { Reports } from '../../../lib';
import { ReceivingFlow } from '../../support/application/receiving-flow';
import { Person, person } from '../../support/entities/person';

let flow: ReceivingFlow;
beforeEach(async () => {
  flow = await ReceivingFlow.start({ entities: [Person] });
});
afterEach(() => flow.stop());

describe('hooks.on', () => {
  it('Each captured event is reported, even if its transaction rolls back later', async () => {
    const captured: Reports['captured'][] = [];
    flow.hooks.on('captured', (report) => captured.push(report));
    const run = flow.dataSource.transaction(async (manager) => {
      await manager.save(person());
      expect(captured).toHaveLength(1);
      throw new RangeError('no');
    });
    await expect(run).rejects.toThrow(RangeError);
    await flow.dataSource.manager.save([person(), person()]);
    const told = await flow.received();
    expect(captured.slice(1)).toEqual(
      told.map(({ id }) => ({
        eventId: id,
        hook: 'person',
        event: 'person.created',
        operation: 'insert',
      })),
    );
  });

  it('Attempts and outcomes of deliveries are reported', async () => {
    const attempts: Reports['attempt'][] = [];
    const outcomes: Reports['outcome'][] = [];
    flow.hooks.on('attempt', (report) => attempts.push(report));
    flow.hooks.on('outcome', (report) => outcomes.push(report));
    await flow.dataSource.manager.save(person());
    const [event] = await flow.received();
    const [listener] = await flow.hooks.listeners.find();
    const delivery = {
      deliveryId: flow.receiver.received[0]?.headers['hook-delivery'],
      eventId: event?.id,
      hook: 'person',
      event: 'person.created',
      listenerId: listener?.id,
      status: 'done',
    };
    expect(attempts).toEqual([
      { ...delivery, attempt: 1, httpStatus: 200, durationMs: expect.any(Number) },
    ]);
    expect(outcomes).toEqual([{ ...delivery, reason: null }]);
  });

  it('A subscription lasts over destroy() and initialize() until it is ended', async () => {
    const ended = jest.fn();
    const lasting = jest.fn();
    const end = flow.hooks.on('captured', ended);
    flow.hooks.on('captured', lasting);
    await flow.dataSource.manager.save(person());
    end();
    await flow.dataSource.destroy();
    await flow.dataSource.initialize();
    await flow.dataSource.manager.save(person());
    expect(ended).toHaveBeenCalledTimes(1);
    expect(lasting).toHaveBeenCalledTimes(2);
  });

  it('A subscriber that throws is logged once without its message, and no write fails', async () => {
    const logged = jest.spyOn(console, 'error').mockImplementation(() => {});
    flow.hooks.on('captured', () => {
      throw new RangeError('a bad subscriber');
    });
    await flow.dataSource.manager.save([person(), person()]);
    const calls = inspect([...logged.mock.calls], { depth: 9 });
    logged.mockRestore();
    expect(await flow.received()).toHaveLength(2);
    expect(calls.match(/A subscriber to "captured" failed/g)).toHaveLength(1);
    expect(calls).toMatch(/'RangeError'[\s\S]*reports\.spec\.ts/);
    expect(calls).not.toContain('a bad subscriber');
  });

  it('The diagnostics channels receive the same reports', async () => {
    const published: unknown[] = [];
    const reported: unknown[] = [];
    const keep = (message: unknown): void => {
      published.push(message);
    };
    const names = ['captured', 'attempt', 'outcome'] as const;
    for (const name of names) {
      subscribe(`typeorm-model-hooks:${name}`, keep);
      flow.hooks.on(name, (report) => reported.push(report));
    }
    await flow.dataSource.manager.save(person());
    await flow.hooks.idle();
    for (const name of names) unsubscribe(`typeorm-model-hooks:${name}`, keep);
    expect(published).toHaveLength(3);
    expect(published).toEqual(reported);
  });
});
