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
  it('names a hook after its entity, and gives it a title', async () => {
    const Person = person({ provides: names, description: 'People.' });
    const hook = (await catalogOf(Person)).of(Person);
    expect(hook).toMatchObject({ name: 'person', title: 'Person', description: 'People.' });
    expect(hook).toMatchObject({ format: 'fields' });
    expect([...hook.fields.keys()]).toEqual(['name']);
  });

  it.each([
    { name: 'orderLine', title: 'Order line' },
    { name: 'order.line_v2', title: 'Order line v2' },
  ])('gives the hook $name the title "$title"', async ({ name, title }) => {
    const catalog = await catalogOf(person({ provides: names, name }));
    expect(catalog.get(name).title).toBe(title);
  });

  it('knows the hooks of stacked decorators, the topmost first', async () => {
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

  it('knows a hook of an EntitySchema', async () => {
    const schema = new EntitySchema<{ id: number; name: string }>({
      name: 'Customer',
      columns: { id: { type: 'int', primary: true }, name: { type: 'varchar' } },
    });
    ModelHook({ provides: ['name'] })(schema as HookTarget);
    const catalog = await catalogOf(schema as EntitySchema);
    expect(catalog.of(schema).name).toBe('customer');
    expect(catalog.of('Customer').name).toBe('customer');
  });

  it('takes the call of a standard decorator, which brings a context', async () => {
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

  it('keeps the names that the package tells of itself by', async () => {
    const prefix = 'model-hooks.';
    const attempt = () => catalogOf(person({ provides: names, name: `${prefix}mine` }));
    await expect(attempt()).rejects.toMatchObject({ code: 'OPTION_INVALID', option: 'name' });
    const catalog = await catalogOf(person({ provides: names }));
    expect(() => catalog.define(`${prefix}mine`, { provides: [] })).toThrow(prefix);
    expect(catalog.get(`${prefix}listener.disabled`).fields.has('reason')).toBe(true);
    expect([catalog.names(), catalog.list()].flat()).toHaveLength(2);
  });

  it.each(['a\0b', '\ud800', '', 'a'.repeat(256)])('refuses the name %j', async (name) => {
    const refused = { code: 'OPTION_INVALID', option: 'name' };
    for (const options of [{ name }, { event: name }, { event: { remove: name } }])
      await expect(catalogOf(person({ provides: names, ...options }))).rejects.toMatchObject(
        refused,
      );
    const catalog = await catalogOf(person({ provides: names }));
    expect(() => catalog.define(name, { provides: [] })).toThrow(OptionInvalidError);
  });

  it('ignores what is in another DataSource, however wrong', async () => {
    person({ provides: ['typo'], name: 'elsewhere' });
    const Person = person({ provides: names });
    expect((await catalogOf(Person)).names()).toEqual(['person']);
  });

  it('refuses a field that the entity has not, naming those it has', async () => {
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

  it('refuses two hooks of one name', async () => {
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
  ])('refuses the operation $operation of $options', async ({ options, operation }) => {
    const Person = person({ provides: names, ...options } as ModelHookOptions);
    await expect(catalogOf(Person)).rejects.toMatchObject({
      code: 'HOOK_UNKNOWN_OPERATION',
      operation,
      known: ['insert', 'update', 'remove', 'softRemove', 'recover'],
    });
  });

  it('has no one hook of an entity that has several', async () => {
    const Person = person({ provides: names }, { provides: ['id'], name: 'other' });
    const catalog = await catalogOf(Person);
    expect(() => catalog.of(Person)).toThrow(
      expect.objectContaining({ code: 'HOOK_AMBIGUOUS', hooks: ['person', 'other'] }),
    );
    expect(catalog.get('other').name).toBe('other');
  });

  it('has no hook of an entity without one, of a stranger, or of an unknown name', async () => {
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
  ])('names the events of $options', async ({ options, events }) => {
    const catalog = await catalogOf(person({ provides: names, ...options }));
    expect(eventNames(catalog.get('person'))).toEqual(events.map((event) => `person.${event}`));
    expect(catalog.making(`person.${events[0]}`)).toEqual([catalog.get('person')]);
    expect(catalog.making('person')).toEqual([]);
  });

  it('names events as the hook says', async () => {
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

  it('gives a defined hook its own name for an event, and no column types', async () => {
    const hook = (await catalogOf()).define('order.shipped', { provides: ['id', 'home.city'] });
    expect(hook).toMatchObject({ title: 'Order shipped', metadata: null, operations: [] });
    expect(eventNames(hook)).toEqual(['order.shipped']);
    expect([...hook.fields.values()].map(({ kind }) => kind)).toEqual(['unknown', 'unknown']);
  });
});

describe('HookCatalog, in a single-table inheritance', () => {
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

  it('gives a child without hooks those of its nearest parent, and no others', async () => {
    const catalog = await catalogOf(Content, Photo, Portrait, Post);
    expect(catalog.names()).toEqual(['content', 'post']);
    expect(catalog.of(Photo).name).toBe('content');
    expect(catalog.of(Portrait).name).toBe('content');
    expect(catalog.of(Post).name).toBe('post');
    expect([...catalog.of(Post).fields.keys()]).toEqual(['title', 'text']);
  });
});
