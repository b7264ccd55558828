import { EntitySchema } from 'typeorm';
import { ModelHook, type ModelHookOptions } from '../../../lib';
import { StoredFlow } from '../../support/application/stored-flow';

const later = async () => 'later';
// biome-ignore lint/suspicious/noThenProperty: the promise of another library.
const thenable = { then: (done: (value: string) => void) => done('later') };
const rejecting = () => Promise.reject(new Error('nobody waits for this'));

/** Functions that return a promise, by what the error names. */
const CASES: Readonly<Record<string, Partial<ModelHookOptions>>> = {
  'compute.slow': { compute: { fast: () => 1, slow: later } },
  'compute.failing': { compute: { failing: rejecting } },
  'compute.foreign': { compute: { foreign: () => thenable } },
  'compute.nested': { compute: { nested: () => ({ list: [later()] }) } },
  ref: { ref: later as never },
  sender: { sender: later as never },
  headers: { headers: (async () => ({ 'X-Later': 'yes' })) as never },
};
const NAMES = Object.keys(CASES);
const entityOf = (name: string) => `later_${NAMES.indexOf(name)}`;
const entities = NAMES.map((name) => {
  const schema = new EntitySchema({
    name: entityOf(name),
    tableName: entityOf(name),
    columns: { id: { type: 'int', primary: true, generated: true }, label: { type: 'varchar' } },
  } as never);
  ModelHook({ provides: ['label'], ...CASES[name] } as never)(schema);
  return schema;
});

let flow: StoredFlow;
beforeAll(async () => {
  flow = await StoredFlow.start({ entities: entities as never });
});
afterAll(() => flow.stop());

describe('an asynchronous function of a hook', () => {
  it.each(NAMES)('A write is refused if %s returns a promise', async (name) => {
    const repository = flow.dataSource.getRepository(entityOf(name));
    await expect(repository.save({ label: 'one' })).rejects.toMatchObject({
      code: 'HOOK_CAPTURE_FAILED',
      message: expect.stringContaining(`\`${name}\` returned a promise`),
    });
    expect(await repository.count()).toBe(0);
    expect(await flow.names()).toEqual([]);
  });
});
