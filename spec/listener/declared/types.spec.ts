import { expectTypeOf } from 'expect-type';
import { EntitySchema } from 'typeorm';
import {
  type AttachedHook,
  anyOf,
  becomes,
  contains,
  type DefinedHook,
  type FilterOf,
  gt,
  is,
  isNull,
  isTrue,
  type Listener,
  type ListenerBuilder,
  like,
  lt,
  type ModelHooks,
  not,
  oneOf,
  secret,
  startsWith,
} from '../../../lib';
import { Animal, Mood, Order, Person } from './typed-person';

type Filter = FilterOf<Person>;

describe('match', () => {
  it('A match() on fields of the entity compiles', () => {
    compiles((person: ListenerBuilder<Filter>, filter: Filter) =>
      person
        .match({ name: 'Joe', nick: null, age: 7, at: '2026-01-01', active: true, kind: 'a' })
        .match({
          name: startsWith('J'),
          age: gt(17),
          balance: gt(5),
          visits: lt(3),
          at: lt('2026'),
        })
        .match({ kind: oneOf(['a', 'b']), mood: not(Mood.Bad), image: isNull(), code: is('1') })
        .match({ 'home.city': becomes('Rome'), 'author.id': 'x', 'editor.name': contains('o') })
        .match({ settings: { theme: 'dark' }, 'settings.theme': like(/k$/), extra: gt(1), raw: 1 })
        .on('insert')
        .match(filter),
    );
  });

  it('A match() on a field that the entity does not have does not compile', () => {
    compiles((person: ListenerBuilder<Filter>) => [
      // @ts-expect-error no such field
      person.match({ nme: 'Joe' }),
      // @ts-expect-error no such field after `on`
      person.on('insert').match({ nme: 'Joe' }),
      // @ts-expect-error no such field of an embedded object
      person.match({ 'home.street': 'Rome' }),
      // @ts-expect-error no such field of a relation
      person.match({ 'author.nme': 'Joe' }),
      // @ts-expect-error a method
      person.match({ greet: 'Joe' }),
    ]);
  });

  it('A match() that can never hold does not compile', () => {
    compiles((person: ListenerBuilder<Filter>) => [
      // @ts-expect-error a number for a text
      person.match({ name: 5 }),
      // @ts-expect-error a text for a number
      person.match({ age: startsWith('x') }),
      // @ts-expect-error nested
      person.match({ age: not(anyOf(startsWith('x'), 1)) }),
      // @ts-expect-error one of several
      person.match({ age: oneOf([1, true]) }),
      // @ts-expect-error no member of the union
      person.match({ kind: 'c' }),
      // @ts-expect-error a boolean for a date
      person.match({ at: isTrue() }),
      // @ts-expect-error a number for an embedded text
      person.match({ 'home.city': 5 }),
      // @ts-expect-error a transition to another type
      person.match({ active: becomes(gt(1)) }),
      // @ts-expect-error not made by a matcher's function
      person.match({ name: { operator: 'startsWith', operand: 'J' } }),
    ]);
  });
});

describe('select', () => {
  it('A select() of fields of the entity compiles, and of other fields does not', () => {
    compiles((person: ListenerBuilder<Filter>) => [
      person.select('name', 'home.city', 'home', 'author.id').match({ age: 7 }).select('age'),
      // @ts-expect-error no such field
      person.select('nme'),
      // @ts-expect-error no such field of an embedded object
      person.select('name', 'home.street'),
      // @ts-expect-error a method
      person.select('greet'),
    ]);
    compiles((hooks: ModelHooks, hook: DefinedHook<'id'>) => [
      hooks.listen('*', '').select('anything'),
      hook.listener('').select('id'),
      // @ts-expect-error no such field
      hook.listener('').select('di'),
    ]);
  });
});

describe('ModelHooks', () => {
  it('A listener for a class or a schema has the fields of the entity', () => {
    const schema = new EntitySchema<Person>({ name: 'Person', columns: {} });
    expectTypeOf((hooks: ModelHooks) => hooks.for(Person)).returns.toEqualTypeOf<
      AttachedHook<Filter>
    >();
    expectTypeOf((hooks: ModelHooks) => hooks.for(schema)).returns.toEqualTypeOf<
      AttachedHook<Filter>
    >();
    expectTypeOf((hooks: ModelHooks) => hooks.for(Person).listener('')).returns.toEqualTypeOf<
      ListenerBuilder<Filter>
    >();
  });

  it('A listener for an abstract class has the fields of the class', () => {
    expectTypeOf((hooks: ModelHooks) => hooks.for(Animal)).returns.toEqualTypeOf<
      AttachedHook<FilterOf<Animal>>
    >();
  });

  it('A match() may name computed fields that are given as a type', () => {
    compiles((hooks: ModelHooks) =>
      hooks
        .for<Person & { fullName: string }>(Person)
        .listener('')
        .match({ fullName: startsWith('J'), name: 'Joe', 'home.city': 'Rome' }),
    );
    compiles((hooks: ModelHooks) => [
      // @ts-expect-error of another type
      hooks.for<Person & { fullName: string }>(Person).listener('').match({ fullName: 1 }),
      // @ts-expect-error not named
      hooks.for(Person).listener('').match({ fullName: 'Joe' }),
    ]);
  });

  it('A match() on a hook without known fields accepts any field', () => {
    compiles((hooks: ModelHooks) => [
      hooks.for('person').listener('').match({ anything: 1 }),
      hooks
        .get('person')
        .listener('')
        .match({ anything: startsWith('x') }),
      hooks.listen('person.*', '').match({ anything: gt(1) }),
      hooks.list().map((hook) => hook.listener('').match({ anything: null })),
    ]);
  });

  it('A match() on a defined hook knows the fields that it provides', () => {
    const define = (hooks: ModelHooks) =>
      hooks.define('order.shipped', { provides: ['id', 'home.city'] });
    expectTypeOf(define).returns.toEqualTypeOf<DefinedHook<'id' | 'home.city'>>();
    compiles((hook: DefinedHook<'id' | 'home.city'>) => [
      hook.listener('').match({ id: 1, 'home.city': startsWith('R') }),
      // @ts-expect-error no such field
      hook.listener('').match({ city: 'Rome' }),
    ]);
    compiles((hooks: ModelHooks, provides: string[]) =>
      hooks.define('order.shipped', { provides }).listener('').match({ anything: 1 }),
    );
  });

  it('Listener options accept what narrows the recipients and not what widens them', () => {
    compiles((hooks: ModelHooks) => [
      hooks.listen('*', { url: '', ordered: true, maxPerSecond: 0.5 }),
      hooks.listen('*', { url: '', headers: { Authorization: secret('Bearer …'), 'X-A': 'a' } }),
      hooks.listen('*', {
        url: '',
        delivery: { recipients: { ports: [443], deny: ['10.0.0.0/8'] } },
      }),
      hooks.listen('*', { url: '', batch: { maxEvents: 10, maxWaitMs: 1_000 } }),
      // @ts-expect-error a batch without a wait
      hooks.listen('*', { url: '', batch: { maxEvents: 10 } }),
      // @ts-expect-error a text for a boolean
      hooks.listen('*', { url: '', ordered: 'yes' }),
      // @ts-expect-error a text for a number
      hooks.listen('*', { url: '', maxPerSecond: '5' }),
      // @ts-expect-error a number for a header
      hooks.listen('*', { url: '', headers: { 'X-A': 1 } }),
      // @ts-expect-error the owner's word only
      hooks.listen('*', { url: '', delivery: { recipients: { allow: ['10.0.0.0/8'] } } }),
      // @ts-expect-error the owner's word only
      hooks.listen('*', { url: '', delivery: { proxy: 'http://proxy' } }),
    ]);
    expectTypeOf<Listener['headers'][string]>().toEqualTypeOf<string | { readonly secret: null }>();
  });

  it('saveMany() accepts listeners of different hooks', () => {
    compiles((hooks: ModelHooks) =>
      hooks.listeners.saveMany([
        hooks.for(Person).listener('').match({ name: 'Joe' }),
        hooks
          .for(Order)
          .listener('')
          .match({ total: gt(1) }),
        hooks
          .define('x', { provides: ['id'] })
          .listener('')
          .match({ id: 1 }),
        hooks.listen('*', ''),
      ]),
    );
    expectTypeOf<AttachedHook<Filter>>().toExtend<AttachedHook>();
  });
});

/** Nothing runs: TypeScript has judged the function already. */
function compiles(use: (...args: never[]) => unknown): void {
  expectTypeOf(use).toBeFunction();
}
