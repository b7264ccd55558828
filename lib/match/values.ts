import type { JsonValue } from '../base/json';

/** A value that a field may be compared with. */
export type PlainValue = JsonValue | bigint | Date | Uint8Array;

/** A value that comes before or after others. */
export type OrderedValue = string | number | bigint | Date;

/** What can be compared with every one of such operands; null can be with anything. */
export type ComparableWith<Operand> = Common<
  Operand extends null ? never : (value: ComparableWithOne<Operand>) => void
>;

// TypeORM gives bigint and decimal columns as texts, so numbers judge texts too.
type ComparableWithOne<Operand> = Operand extends string
  ? string | Date | bigint | Uint8Array
  : Operand extends number | bigint
    ? number | string | bigint
    : Operand extends boolean
      ? boolean
      : Operand extends Date
        ? Date | string
        : Operand extends Uint8Array
          ? Uint8Array | string
          : object;

/** What every function of a union takes; anything, where there is none. */
export type Common<Judges> = [Judges] extends [never]
  ? unknown
  : [Judges] extends [(value: infer Value) => void]
    ? Value
    : never;

/** @deprecated Use `PlainValue`. */
export type Plain = PlainValue;

/** @deprecated Use `OrderedValue`. */
export type Ordered = OrderedValue;

/** @deprecated Use `ComparableWith`. */
export type Judged<Operand> = ComparableWith<Operand>;
