import type { EntitySchema, ObjectLiteral } from 'typeorm';
import { shared } from '../base/shared';
import type { Condition } from '../match/matcher';
import type { ModelHookOptions } from './options';
import type { FieldPath } from './paths';

type EntityClass<Entity extends object = object> = abstract new (...args: never[]) => Entity;

/** What a hook can be declared for: an entity class, or an `EntitySchema`. */
export type HookTarget = EntityClass | EntitySchema<ObjectLiteral>;

/**
 * Refuses unknown fields at compile time. TypeScript then reports that the class is not assignable to `UnknownFields<'typo'>` or
 * `UnknownConditions<'typo'>`. With `'*'`, no field is named, and `Fields` is `string`.
 */
type Known<Target, Fields extends string, When extends string, Computed> =
  Target extends EntityClass<infer Entity>
    ? KnownFields<Fields, FieldPath<Entity> | '*' | keyof Computed> &
        KnownConditions<When, FieldPath<Entity> | keyof Computed>
    : unknown;

/** The computed fields whose functions return a promise. */
type Promised<Computed> = {
  [Field in keyof Computed]: 0 extends Computed[Field] & 1
    ? never
    : Extract<Computed[Field], PromiseLike<unknown>> extends never
      ? never
      : Field;
}[keyof Computed];

type Settled<Computed> = [Promised<Computed>] extends [never]
  ? unknown
  : PromisedFields<Promised<Computed>>;

type KnownFields<Fields extends string, Possible> = string extends Fields
  ? unknown
  : Exclude<Fields, Possible> extends never
    ? unknown
    : UnknownFields<Exclude<Fields, Possible>>;

type KnownConditions<When extends string, Possible> = string extends When
  ? unknown
  : Exclude<When, Possible> extends never
    ? unknown
    : UnknownConditions<Exclude<When, Possible>>;

interface UnknownFields<Fields extends string> {
  readonly 'provides fields that do not exist on the entity': Fields;
}

interface PromisedFields<Fields> {
  readonly 'computes fields by functions that return a promise': Fields;
}

interface UnknownConditions<When extends string> {
  readonly 'has conditions on fields that do not exist on the entity': When;
}

type ModelHookDecorator<Fields extends string, Computed, When extends string> = <
  Target extends HookTarget,
>(
  target: Target & Known<Target, Fields, When, Computed> & Settled<Computed>,
  context?: ClassDecoratorContext,
) => void;

/**
 * Declares a hook: committed inserts, updates and removes of the entity become events. It is a class decorator, legacy or standard, and
 * a function for an `EntitySchema`: `ModelHook({ … })(PersonSchema)`. Several decorators declare several hooks; all but one then need a
 * `name`. Nothing is checked at run time before `ModelHooks.attach`.
 *
 * @example
 * @Entity()
 * @ModelHook({ provides: ['name', 'address'] })
 * class Person {
 *   @PrimaryGeneratedColumn() id!: number;
 *   @Column('varchar') name!: string;
 *   @Column('varchar', { nullable: true }) address!: string | null;
 * }
 */
export function ModelHook<
  const Fields extends string,
  Row = never,
  // biome-ignore lint/complexity/noBannedTypes: it has no member unless `compute` has.
  Computed extends object = {},
  When extends string = never,
>(
  options: ModelHookOptions<Fields, Row> & {
    readonly compute?: { readonly [Field in keyof Computed]: (row: Row) => Computed[Field] };
    readonly when?: { readonly [field in When]: Condition };
  },
): ModelHookDecorator<Fields, Computed, When> {
  return (target) => {
    declaredByTarget.set(target, [options as DeclaredHook, ...declaredHooks(target)]);
  };
}

export type DeclaredHook = ModelHookOptions<string, unknown>;

/** The shape of the registry. A release that changes it uses another number, beside this one. */
const REGISTRY = 'typeorm-model-hooks.declared.v1';

/**
 * Hooks declared in this process, by class or schema. Classes that are in no attached DataSource are ignored. All copies of this package
 * that a process has loaded share them, as those of TypeORM share its metadata: an application and its library can each have a copy.
 */
const declaredByTarget = shared(REGISTRY, () => new Map<object, readonly DeclaredHook[]>());

/** The hooks declared for exactly this target, the topmost decorator first. */
export function declaredHooks(target: object): readonly DeclaredHook[] {
  return declaredByTarget.get(target) ?? [];
}

/** All classes and schemas with hooks. */
export function hookTargets(): Iterable<object> {
  return declaredByTarget.keys();
}

/** Whether another release of this package has declared hooks in a shape that this one cannot read. */
export function hasUnreadableHooks(): boolean {
  const names = Object.getOwnPropertySymbols(globalThis).map((key) => Symbol.keyFor(key) ?? '');
  return names.some((name) => /^typeorm-model-hooks\.declared\./.test(name) && name !== REGISTRY);
}
