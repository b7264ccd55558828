import type { JsonValue } from '../base/json';

/** A value that a field can be compared with. */
export type PlainValue = JsonValue | bigint | Date | Uint8Array;

/** A value with an order. */
export type OrderedValue = string | number | bigint | Date;

/** The values that can be compared with all of these operands. Null can be compared with anything. */
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

/** The parameter that all functions of a union accept. `unknown` for no function. */
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
