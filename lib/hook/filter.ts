import type { Condition, Matcher } from '../match/matcher';
import type { FieldPath } from './paths';

/** Conditions by field, where TypeScript does not know the fields. */
export type AnyFilter = { readonly [field: string]: Condition };

/** Conditions by field: what an entity has, compared with what its properties can be. */
export type FilterOf<Entity> = string extends keyof Entity
  ? AnyFilter
  : { readonly [Path in FieldPath<Entity>]?: ConditionOn<ValueAt<Entity, Path>> };

/** The type of the property at a path. */
export type ValueAt<Entity, Path extends string> = Path extends keyof Entity
  ? Entity[Path]
  : Path extends `${infer Key}.${infer Rest}`
    ? Key extends keyof Entity
      ? ValueAt<Awaited<NonNullable<Entity[Key]>>, Rest>
      : unknown
    : unknown;

/** What may be said of a field whose property has this type: a value like its own, or a matcher that can judge some of its values. */
export type ConditionOn<Value> = unknown extends Value
  ? Condition
  : PlainFor<NonNullable<Value>> | null | JudgeOf<NonNullable<Value>>;

// Of a union, each member by itself: a field of texts and numbers may be asked for either.
type JudgeOf<Value> = Value extends unknown ? Matcher<Value> : never;

type PlainFor<Value> = Value extends string | number | boolean
  ? Value
  : Value extends bigint
    ? bigint | number
    : Value extends Date
      ? Date | string
      : // A JSON column: its property says what it holds, not what it may be compared with.
        Condition;
