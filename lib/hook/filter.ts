import type { Condition, Matcher } from '../match/matcher';
import type { FieldPath, Related } from './paths';

/** Conditions by field, for hooks whose fields are unknown to TypeScript. */
export type AnyFilter = { readonly [field: string]: Condition };

/** Conditions on fields of a hook and, by names such as `context.actor`, on members of the context of its events. */
export type WithContextFilter<Fields> =
  | Fields
  | (Fields & { readonly [member: `context.${string}`]: Condition });

/** Conditions by field of an entity, typed by its properties. */
export type FilterOf<Entity> = string extends keyof Entity
  ? AnyFilter
  : WithContextFilter<{
      readonly [Path in FieldPath<Entity>]?: ConditionOn<ValueAt<Entity, Path>>;
    }>;

/** The type of the property at a path; that of one row's for a to-many relation. */
export type ValueAt<Entity, Path extends string> = Path extends keyof Entity
  ? Entity[Path]
  : Path extends `${infer Key}.${infer Rest}`
    ? Key extends keyof Entity
      ? ValueAt<Related<Entity[Key]>, Rest>
      : unknown
    : unknown;

/** A condition on a field whose property has this type: a value of that type, or a matcher for some of its values. */
export type ConditionOn<Value> = unknown extends Value
  ? Condition
  : PlainFor<NonNullable<Value>> | null | JudgeOf<NonNullable<Value>>;

// Distributes over a union: a field of texts and numbers accepts matchers for either.
type JudgeOf<Value> = Value extends unknown ? Matcher<Value> : never;

type PlainFor<Value> = Value extends string | number | boolean
  ? Value
  : Value extends bigint
    ? bigint | number
    : Value extends Date
      ? Date | string
      : // A JSON column is typed by its content, which does not limit the values that it can be compared with.
        Condition;
