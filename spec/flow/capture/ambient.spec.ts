import { AsyncLocalStorage } from 'node:async_hooks';
import type { EntityManager } from 'typeorm';
import { ReceivingFlow } from '../../support/application/receiving-flow';
import { Person, person } from '../../support/entities/person';

const ambient = new AsyncLocalStorage<EntityManager>();

let flow: ReceivingFlow;
let send: (name: string) => Promise<string>;
beforeAll(async () => {
  flow = await ReceivingFlow.start({ entities: [Person] });
  const signup = flow.hooks.define('signup', { provides: ['name'] });
  send = (name) => signup.send({ name });
  await signup.listener({ url: flow.receiver.url, format: 'envelope' }).save();
  // As typeorm-transactional patches a DataSource.
  const own = flow.dataSource.manager;
  Object.defineProperty(flow.dataSource, 'manager', { get: () => ambient.getStore() ?? own });
});
afterAll(() => flow.stop());
beforeEach(() => flow.forget());

/** Runs a function as the body of a method with `@Transactional`. */
function transactional(body: () => Promise<void>): Promise<void> {
  return flow.dataSource.transaction((manager) => ambient.run(manager, body));
}

const failing = async () => {
  throw new Error('The transaction fails.');
};
const listeners = async (key: string) => (await flow.hooks.listeners.find({ key })).length;
const save = (key: string) =>
  flow.hooks.for(Person).listener({ url: flow.receiver.url, key }).save();

describe('an ambient transaction', () => {
  it('An event of a defined hook and a listener belong to the ambient transaction and end with it', async () => {
    const rolledBack = transactional(async () => {
      await send('lost');
      await save('lost');
      await flow.dataSource.manager.save(person({ name: 'lost' }));
      await failing();
    });
    await expect(rolledBack).rejects.toThrow('The transaction fails.');
    expect(await flow.received()).toEqual([]);
    expect(await listeners('lost')).toBe(0);
  });

  it('An event of a defined hook is sent when the ambient transaction has committed', async () => {
    await transactional(async () => {
      await send('kept');
      await save('kept');
      await flow.hooks.idle();
      expect(flow.receiver.received).toEqual([]);
    });
    expect((await flow.received()).map(({ event, data }) => [event, data.name])).toEqual([
      ['signup', 'kept'],
    ]);
    expect(await listeners('kept')).toBe(1);
  });

  it('A call that outlives the ambient transaction has a transaction of its own', async () => {
    let late: Promise<string> | undefined;
    let end = () => {};
    const ended = new Promise<void>((resolve) => {
      end = resolve;
    });
    await transactional(async () => {
      late = ended.then(() => send('late'));
    });
    end();
    await late;
    expect((await flow.received()).map(({ data }) => data.name)).toEqual(['late']);
  });
});
