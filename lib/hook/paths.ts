/** Types of values that are columns, not embedded objects. */
type Leaf =
  | string
  | number
  | boolean
  | bigint
  | symbol
  | null
  | undefined
  | Date
  | Uint8Array
  | readonly unknown[]
  | ((...args: never[]) => unknown);

/**
 * The paths that TypeScript accepts in `provides`: properties, and those of embedded objects and of relations (also lazy and to-many
 * ones), three levels deep. `ModelHooks.attach` checks that they are columns.
 */
export type FieldPath<Entity, Depth extends 0[] = []> = Depth['length'] extends 3
  ? never
  : {
      [Key in keyof Entity & string]: Entity[Key] extends (...args: never[]) => unknown
        ? never
        : Key | NestedPath<Key, Related<Entity[Key]>, Depth>;
    }[keyof Entity & string];

/** What a property holds: the rows of a to-many relation one by one. */
export type Related<Property> =
  Awaited<NonNullable<Property>> extends infer Value
    ? Value extends readonly (infer Row)[]
      ? Row
      : Value
    : never;

type NestedPath<Key extends string, Value, Depth extends 0[]> = Value extends Leaf
  ? never
  : Value extends object
    ? `${Key}.${FieldPath<Value, [...Depth, 0]>}`
    : never;
