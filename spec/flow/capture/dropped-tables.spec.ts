import type { DefinedHook } from '../../../lib';
import { Flow } from '../../support/application/flow';
import { Person, person } from '../../support/entities/person';

let flow: Flow;
let signup: DefinedHook;
beforeAll(async () => {
  flow = await Flow.start({ attach: { work: false } });
  signup = flow.hooks.define('signup', { provides: ['name'] });
});
afterAll(() => flow.stop());
beforeEach(async () => {
  await flow.query('ALTER TABLE IF EXISTS model_hook_gone RENAME TO model_hook_event');
  await flow.query('ALTER TABLE IF EXISTS person_gone RENAME TO person');
});

const MISSING = {
  code: 'TABLES_MISSING',
  missing: ['model_hook_event'],
  message: expect.stringContaining('runMigrations()'),
};

describe('our tables that were dropped', () => {
  const WRITES: Readonly<Record<string, () => Promise<unknown>>> = {
    'a save()': () => flow.dataSource.manager.save(person()),
    'a save() of several entities': () => flow.savePeople(3),
    'a save() in a transaction': () =>
      flow.dataSource.transaction((manager) => manager.save(person())),
    'a remove()': async () => {
      const [kept] = await flow.hooks.silence(() => flow.savePeople(1));
      await flow.dataSource.manager.remove(kept);
    },
    'a send() in a transaction': () =>
      flow.dataSource.transaction((manager) => signup.send({ name: 'Joe' }, { manager })),
  };

  it.each(Object.keys(WRITES))(
    'The error of %s names the missing table and the remedy',
    async (name) => {
      await flow.query('ALTER TABLE model_hook_event RENAME TO model_hook_gone');
      await expect(WRITES[name]?.()).rejects.toMatchObject(MISSING);
    },
  );

  it('The error of a missing table of the application is its own', async () => {
    await flow.query('ALTER TABLE person RENAME TO person_gone');
    await expect(flow.dataSource.manager.save(person())).rejects.toMatchObject({ code: '42P01' });
  });

  it('A write has its event again after the migrations ran', async () => {
    await flow.dataSource.synchronize(true);
    await expect(flow.dataSource.manager.save(person())).rejects.toMatchObject({
      code: 'TABLES_MISSING',
    });
    await flow.dataSource.runMigrations();
    await flow.dataSource.getRepository(Person).save(person());
    expect(await flow.pendingEvents()).toBe(1);
  });
});
