import {
  ChildEntity,
  Column,
  Entity,
  EntitySchema,
  PrimaryGeneratedColumn,
  TableInheritance,
} from 'typeorm';
import { ModelHook, type ModelHookOptions, OptionInvalidError } from '../../lib';
import { eventNames } from '../../lib/hook/hook';
import type { HookTarget } from '../../lib/hook/model-hook';
import { catalogOf, dropCatalogs } from './catalog-of';

afterAll(dropCatalogs);

/** An entity class of its own for each caller, with these hooks. */
function person(...hooks: readonly ModelHookOptions[]) {
  @Entity()
  class Person {
    @PrimaryGeneratedColumn()
    id!: number;

    @Column({ type: 'varchar' })
    name!: string;
  }
  for (const hook of [...hooks].reverse()) ModelHook(hook)(Person);
  return Person;
}

const names = ['name'] as const;

describe('HookCatalog', () => {
  it('A hook is named after its entity and gets a title', async () => {
    const Person = person({ provides: names, description: 'People.' });
    const hook = (await catalogOf(Person)).of(Person);
    expect(hook).toMatchObject({ name: 'person', title: 'Person', description: 'People.' });
    expect(hook).toMatchObject({ format: 'fields' });
    expect([...hook.fields.keys()]).toEqual(['name']);
  });

  it.each([
    { name: 'orderLine', title: 'Order line' },
    { name: 'order.line_v2', title: 'Order line v2' },
  ])('The hook $name gets the title "$title"', async ({ name, title }) => {
    const catalog = await catalogOf(person({ provides: names, name }));
    expect(catalog.get(name).title).toBe(title);
  });

  it('The catalogue lists the hooks of stacked decorators from top to bottom', async () => {
    @Entity()
    @ModelHook({ provides: ['name'] })
    @ModelHook({ provides: ['id'], name: 'second' })
    @ModelHook({ provides: '*', name: 'third' })
    class Stacked {
      @PrimaryGeneratedColumn()
      id!: number;

      @Column({ type: 'varchar' })
      name!: string;
    }
    const catalog = await catalogOf(Stacked);
    expect(catalog.names()).toEqual(['stacked', 'second', 'third']);
    expect([...catalog.get('second').fields.keys()]).toEqual(['id']);
  });

  it('The catalogue contains a hook that is declared on an EntitySchema', async () => {
    const schema = new EntitySchema<{ id: number; name: string }>({
      name: 'Customer',
      columns: { id: { type: 'int', primary: true }, name: { type: 'varchar' } },
    });
    ModelHook({ provides: ['name'] })(schema as HookTarget);
    const catalog = await catalogOf(schema as EntitySchema);
    expect(catalog.of(schema).name).toBe('customer');
    expect(catalog.of('Customer').name).toBe('customer');
  });

  it('ModelHook works as a standard decorator that receives a context', async () => {
    const Person = person();
    const context = {
      kind: 'class',
      name: 'Person',
      addInitializer: () => undefined,
      metadata: {},
    };
    const decorate = ModelHook({ provides: names });
    expect(decorate(Person, context as ClassDecoratorContext<typeof Person>)).toBeUndefined();
    expect((await catalogOf(Person)).names()).toEqual(['person']);
  });

  it('Hook names that begin with "model-hooks." are reserved for the package', async () => {
    const prefix = 'model-hooks.';
    const attempt = () => catalogOf(person({ provides: names, name: `${prefix}mine` }));
    await expect(attempt()).rejects.toMatchObject({ code: 'OPTION_INVALID', option: 'name' });
    const catalog = await catalogOf(person({ provides: names }));
    expect(() => catalog.define(`${prefix}mine`, { provides: [] })).toThrow(prefix);
    expect(catalog.get(`${prefix}listener.disabled`).fields.has('reason')).toBe(true);
    expect([catalog.names(), catalog.list()].flat()).toHaveLength(2);
  });

  it.each(['a\0b', '\ud800', '', 'a'.repeat(256)])('The hook name %j is refused', async (name) => {
    const refused = { code: 'OPTION_INVALID', option: 'name' };
    for (const options of [{ name }, { event: name }, { event: { remove: name } }])
      await expect(catalogOf(person({ provides: names, ...options }))).rejects.toMatchObject(
        refused,
      );
    const catalog = await catalogOf(person({ provides: names }));
    expect(() => catalog.define(name, { provides: [] })).toThrow(OptionInvalidError);
  });

  it('A wrong hook on an entity of another DataSource is ignored', async () => {
    person({ provides: ['typo'], name: 'elsewhere' });
    const Person = person({ provides: names });
    expect((await catalogOf(Person)).names()).toEqual(['person']);
  });

  it('A field that the entity does not have is refused with the list of known fields', async () => {
    for (const field of ['typo', 'name.first', '', 'constructor', '__proto__', 'Name'])
      await expect(catalogOf(person({ provides: [field] }))).rejects.toMatchObject({
        code: 'HOOK_UNKNOWN_FIELD',
        hook: 'person',
        field,
        known: ['id', 'name'],
      });
    await expect(catalogOf(person({ provides: names, sender: 'typo' }))).rejects.toMatchObject({
      code: 'HOOK_UNKNOWN_FIELD',
      field: 'typo',
    });
  });

  it('Two hooks of one name are refused', async () => {
    const unnamed = catalogOf(person({ provides: names }, { provides: ['id'] }));
    await expect(unnamed).rejects.toMatchObject({ code: 'HOOK_DUPLICATE', hook: 'person' });
    const catalog = await catalogOf(person({ provides: names }));
    catalog.define('order.shipped', { provides: [] });
    for (const name of ['person', 'order.shipped'])
      expect(() => catalog.define(name, { provides: [] })).toThrow(`"${name}" is declared twice`);
  });

  it.each<{ options: object; operation: string }>([
    { options: { on: 'upsert' }, operation: 'upsert' },
    { options: { on: ['insert', 'delete'] }, operation: 'delete' },
    { options: { on: 'toString' }, operation: 'toString' },
    { options: { event: { created: 'x' } }, operation: 'created' },
  ])('The operation $operation of $options is refused', async ({ options, operation }) => {
    const Person = person({ provides: names, ...options } as ModelHookOptions);
    await expect(catalogOf(Person)).rejects.toMatchObject({
      code: 'HOOK_UNKNOWN_OPERATION',
      operation,
      known: ['insert', 'update', 'remove', 'softRemove', 'recover'],
    });
  });

  it('An entity with several hooks has no single hook', async () => {
    const Person = person({ provides: names }, { provides: ['id'], name: 'other' });
    const catalog = await catalogOf(Person);
    expect(() => catalog.of(Person)).toThrow(
      expect.objectContaining({ code: 'HOOK_AMBIGUOUS', hooks: ['person', 'other'] }),
    );
    expect(catalog.get('other').name).toBe('other');
  });

  it('No hook is found for an entity without one, for a foreign entity or for an unknown name', async () => {
    const [Person, Stranger] = [person(), person({ provides: names })];
    const catalog = await catalogOf(Person);
    for (const ask of [
      () => catalog.of(Person),
      () => catalog.of(Stranger),
      () => catalog.of('Nobody'),
      () => catalog.get('person'),
    ])
      expect(ask).toThrow(expect.objectContaining({ code: 'HOOK_NOT_FOUND' }));
    expect(catalog.find('person')).toBeUndefined();
  });

  it.each<{ options: Partial<ModelHookOptions>; events: readonly string[] }>([
    { options: {}, events: ['created', 'updated', 'removed', 'softRemoved', 'recovered'] },
    { options: { on: 'softRemove' }, events: ['softRemoved'] },
    { options: { on: ['update', 'insert'] }, events: ['updated', 'created'] },
  ])('$options gives the hook these event names', async ({ options, events }) => {
    const catalog = await catalogOf(person({ provides: names, ...options }));
    expect(eventNames(catalog.get('person'))).toEqual(events.map((event) => `person.${event}`));
    expect(catalog.making(`person.${events[0]}`)).toEqual([catalog.get('person')]);
    expect(catalog.making('person')).toEqual([]);
  });

  it('The option `event` renames the events of a hook', async () => {
    const both = { insert: 'hello', remove: 'bye' };
    const catalog = await catalogOf(
      person(
        { provides: names, on: ['insert', 'update', 'remove'], event: both },
        { provides: names, name: 'one', event: 'person.changed' },
      ),
    );
    expect(eventNames(catalog.get('person'))).toEqual(['hello', 'person.updated', 'bye']);
    expect(eventNames(catalog.get('one'))).toEqual(['person.changed']);
  });

  it('The event of a defined hook has the name of the hook and fields of unknown kind', async () => {
    const hook = (await catalogOf()).define('order.shipped', { provides: ['id', 'home.city'] });
    expect(hook).toMatchObject({ title: 'Order shipped', metadata: null, operations: [] });
    expect(eventNames(hook)).toEqual(['order.shipped']);
    expect([...hook.fields.values()].map(({ kind }) => kind)).toEqual(['unknown', 'unknown']);
  });
});

describe('HookCatalog with single-table inheritance', () => {
  @Entity()
  @TableInheritance({ column: { type: 'varchar', name: 'type' } })
  @ModelHook({ provides: ['title'] })
  class Content {
    @PrimaryGeneratedColumn()
    id!: number;

    @Column({ type: 'varchar' })
    title!: string;
  }

  @ChildEntity()
  class Photo extends Content {
    @Column({ type: 'varchar' })
    size!: string;
  }

  @ChildEntity()
  class Portrait extends Photo {}

  @ChildEntity()
  @ModelHook({ provides: ['title', 'text'] })
  class Post extends Content {
    @Column({ type: 'varchar' })
    text!: string;
  }

  it('A child entity without hooks has those of its nearest parent only', async () => {
    const catalog = await catalogOf(Content, Photo, Portrait, Post);
    expect(catalog.names()).toEqual(['content', 'post']);
    expect(catalog.of(Photo).name).toBe('content');
    expect(catalog.of(Portrait).name).toBe('content');
    expect(catalog.of(Post).name).toBe('post');
    expect([...catalog.of(Post).fields.keys()]).toEqual(['title', 'text']);
  });
});
