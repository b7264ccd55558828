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
 * The paths that TypeScript accepts in `provides`: properties, and those of embedded objects and of relations (also lazy ones), three
 * levels deep. `ModelHooks.attach` checks that they are columns.
 */
export type FieldPath<Entity, Depth extends 0[] = []> = Depth['length'] extends 3
  ? never
  : {
      [Key in keyof Entity & string]: Entity[Key] extends (...args: never[]) => unknown
        ? never
        : Key | NestedPath<Key, Awaited<NonNullable<Entity[Key]>>, Depth>;
    }[keyof Entity & string];

type NestedPath<Key extends string, Value, Depth extends 0[]> = Value extends Leaf
  ? never
  : Value extends object
    ? `${Key}.${FieldPath<Value, [...Depth, 0]>}`
    : never;
