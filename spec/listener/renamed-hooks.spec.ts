import { Column, Entity, PrimaryGeneratedColumn } from 'typeorm';
import { ModelHook, type ModelHookOptions } from '../../lib';
import { shared } from '../../lib/base/shared';
import { startApplication } from '../support/application/application';
import { Flow } from '../support/application/flow';

const TARGET = 'https://example.com/hooks';

/** The class of people, as another bundle names it. */
function personAs(className: string, options: Partial<ModelHookOptions> = {}) {
  const { [className]: Named } = { [className]: class {} };
  const Person = Named as new () => object;
  Entity('person')(Person);
  PrimaryGeneratedColumn({ type: 'int' })(Person.prototype, 'id');
  Column({ type: 'varchar' })(Person.prototype, 'name');
  ModelHook({ provides: ['name'], ...options } as ModelHookOptions)(Person);
  return Person;
}

let flow: Flow;

beforeEach(async () => {
  flow = await Flow.start({ entities: [personAs('Person')], attach: { work: false } });
});
afterEach(() => flow.stop());

/** What is warned of when these classes are attached to the same database. */
async function warnings(...entities: readonly (new () => object)[]): Promise<readonly string[]> {
  const logged: string[] = [];
  const silent = () => undefined;
  const logger = {
    debug: silent,
    info: silent,
    warn: (text: string) => void logged.push(text),
    error: silent,
  };
  const attach = { work: false, logger };
  const application = await startApplication({ entities, attach, url: flow.url });
  await application.stop();
  return logged;
}

describe('warnOfRenamedHooks', () => {
  it.each(['o', 'e', 'Ab', '$', '_t'])('The class name %s looks minified', async (name) => {
    const [warning, ...others] = await warnings(personAs(name));
    expect(others).toEqual([]);
    expect(warning).toContain('look minified');
    expect(warning).toContain('(table person)');
    expect(warning).toContain('Give hooks a `name`');
  });

  it.each([
    { name: 'Person', options: {} },
    { name: 'Car', options: {} },
    { name: 'o', options: { name: 'person' } },
  ])('Nothing is warned of for the class $name with $options', async ({ name, options }) => {
    expect(await warnings(personAs(name, options))).toEqual([]);
  });

  it('Hooks of stored listeners that are not attached are named in one warning', async () => {
    await flow.hooks.get('person').listener(TARGET).save();
    expect(await warnings(personAs('Person'))).toEqual([]);
    expect(await warnings(personAs('Human'))).toEqual([
      expect.stringContaining('hooks that are not attached here: person.'),
    ]);
    const both = await warnings(personAs('o'));
    expect(both).toEqual([expect.stringMatching(/minified: "o" .* not attached here: person\./)]);
    expect(await warnings(personAs('o', { name: 'person' }))).toEqual([]);
  });

  it('Paused listeners and listeners of patterns do not count', async () => {
    const { id } = await flow.hooks.get('person').listener(TARGET).save();
    await flow.hooks.listeners.pause(id, 'x');
    await flow.hooks.listen('person.created', TARGET).save();
    expect(await warnings(personAs('Human'))).toEqual([]);
  });

  it('A defined hook that has sent events is expected to be defined later', async () => {
    const { id } = await flow.hooks.define('signup', { provides: [] }).listener(TARGET).save();
    expect(await warnings(personAs('Person'))).toEqual([expect.stringContaining('signup')]);
    await flow.query(
      `INSERT INTO model_hook_delivery (id, event_id, listener_id, event, status, attempt, retries, reschedules, created_at, updated_at)
       VALUES (gen_random_uuid(), gen_random_uuid(), $1, 'signup', 'done', 1, 0, 0, now(), now())`,
      [id],
    );
    expect(await warnings(personAs('Person'))).toEqual([]);
  });

  it('Hooks that a release of another shape declared are warned of', async () => {
    const name = 'typeorm-model-hooks.declared.v9';
    shared(name, () => new Map());
    const found = await warnings(personAs('Person'));
    Reflect.deleteProperty(globalThis, Symbol.for(name));
    expect(found).toEqual([expect.stringContaining('install one release only')]);
    expect(await warnings(personAs('Person'))).toEqual([]);
  });
});
