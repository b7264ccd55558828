import type { EntitySchema, EntityTarget, ObjectLiteral } from 'typeorm';
import type { ModelHookOptions } from './options';
import type { FieldPath } from './paths';

type EntityClass<Entity extends object = object> = abstract new (...args: never[]) => Entity;

/** What a hook can be declared for: an entity class, or an `EntitySchema`. */
export type HookTarget = EntityClass | EntitySchema<ObjectLiteral>;

/**
 * Refuses a field that the entity has not, at compile time. TypeScript then says that the class is not assignable to
 * `UnknownFields<'typo'>`. Where no field is named one by one (`'*'`), `Fields` is `string`.
 */
type Provided<Target, Fields extends string, Computed> = string extends Fields
  ? unknown
  : Target extends EntityClass<infer Entity>
    ? Exclude<Fields, FieldPath<Entity> | '*' | Computed> extends never
      ? unknown
      : UnknownFields<Exclude<Fields, FieldPath<Entity> | '*' | Computed>>
    : unknown;

interface UnknownFields<Fields extends string> {
  readonly 'provides fields that the entity has not': Fields;
}

type ModelHookDecorator<Fields extends string, Computed> = <Target extends HookTarget>(
  target: Target & Provided<Target, Fields, Computed>,
  context?: ClassDecoratorContext,
) => void;

/**
 * Declares that committed inserts, updates and removes of an entity are told to those who asked. A class decorator for legacy and
 * standard decorators alike, and a function for an `EntitySchema`: `ModelHook({ … })(PersonSchema)`. Stacked decorators declare
 * several hooks; each but one then needs a `name`. Nothing is checked at run time before `ModelHooks.attach`.
 */
export function ModelHook<
  const Fields extends string,
  Row = never,
  Computed extends string = never,
>(
  options: ModelHookOptions<Fields, Row> & {
    readonly compute?: { readonly [field in Computed]: (row: Row) => unknown };
  },
): ModelHookDecorator<Fields, Computed> {
  return (target) => {
    const declared = registry.get(target) ?? [];
    registry.set(target, [options as ModelHookOptions<string, unknown>, ...declared]);
  };
}

/** Hooks declared in this process, by class or schema. A class that is in no attached DataSource is never looked at. */
const registry = new Map<object, readonly DeclaredHook[]>();

export type DeclaredHook = ModelHookOptions<string, unknown>;

/** The hooks declared for exactly this target, topmost decorator first. */
export function declaredHooks(target: EntityTarget<ObjectLiteral>): readonly DeclaredHook[] {
  return typeof target === 'string' ? [] : (registry.get(target) ?? []);
}

/** Everything that hooks were declared for. */
export function hookTargets(): Iterable<object> {
  return registry.keys();
}
