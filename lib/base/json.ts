/** What a body, a filter's operand and a stored event consist of. */
export type JsonValue =
  | string
  | number
  | boolean
  | null
  | readonly JsonValue[]
  | { readonly [key: string]: JsonValue };

/** The values of an event by field path: `{ name: 'Joe', 'home.city': 'Rome' }`. An absent field has no key. */
export type JsonRecord = Readonly<Record<string, JsonValue>>;

/**
 * How deep a value may be nested: `JSON.stringify` fails at about 4,000 levels, and comparing at 2,000, on a stack that is otherwise empty.
 */
export const MAX_LEVELS = 1_000;

const TOO_DEEP = new RangeError(`nested deeper than ${MAX_LEVELS} levels`);

/**
 * A value as it is sent: `Date` → ISO 8601 with `Z`, bigint → string, bytes → base64, `NaN`, ±∞ and an invalid date → null, -0 → 0,
 * an object with `toJSON` → what that gives. `undefined` and functions → null, or left out inside an object. What is nested deeper than
 * 1,000 levels, or holds itself, is null as a whole.
 */
export function toJson(value: unknown): JsonValue {
  try {
    return converted(value, MAX_LEVELS);
  } catch (error) {
    if (error === TOO_DEEP) return null;
    throw error;
  }
}

function converted(value: unknown, levels: number): JsonValue {
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return value;
    case 'number':
      // Adding zero turns -0, which JSON does not know, into 0.
      return Number.isFinite(value) ? value + 0 : null;
    case 'bigint':
      return value.toString();
    case 'object':
      return value === null ? null : objectToJson(value, levels);
    default:
      return null;
  }
}

function objectToJson(value: object, levels: number): JsonValue {
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? null : value.toISOString();
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64');
  // The first one ends it all: to go on would take for ever in an object that holds itself twice.
  if (levels === 0) throw TOO_DEEP;
  if (Array.isArray(value)) return value.map((member) => converted(member, levels - 1));
  if ('toJSON' in value && typeof value.toJSON === 'function')
    return converted(value.toJSON(), levels - 1);
  const entries = Object.entries(value)
    .filter(([, member]) => member !== undefined && typeof member !== 'function')
    .map(([key, member]) => [key, converted(member, levels - 1)] as const);
  // fromEntries defines properties, so that a key "__proto__" stays a plain key.
  return Object.fromEntries(entries);
}

/** One text for one value, whatever order its keys were written in. */
export function canonicalJson(value: JsonValue): string {
  return JSON.stringify(value, (_key, member: unknown) =>
    isPlainObject(member)
      ? Object.fromEntries(Object.entries(member).sort(([a], [b]) => (a < b ? -1 : 1)))
      : member,
  );
}

/** Whether two values are one in JSON: whatever the order of keys, and without a negative zero. */
export function sameJson(a: JsonValue | undefined, b: JsonValue | undefined): boolean {
  if (a === b) return true;
  if (!isObject(a) || !isObject(b)) return false;
  return canonicalJson(a) === canonicalJson(b);
}

function isObject(value: JsonValue | undefined): value is JsonValue & object {
  return typeof value === 'object' && value !== null;
}

/** Whether a value is nested no deeper than so many levels. What holds itself is not. */
export function isWithin(value: unknown, levels: number): boolean {
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return true;
  return levels > 0 && Object.values(value).every((member) => isWithin(member, levels - 1));
}

export function isPlainObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Whether an object has no class: it is a literal, was parsed from JSON, or has no prototype. */
export function isObjectLiteral(value: unknown): value is Record<string, unknown> {
  if (!isPlainObject(value)) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  // `Object.prototype` of another realm (node:vm, jest) is another object.
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

/** Text as PostgreSQL can store it: without NUL, and without halves of surrogate pairs. */
export function storable(text: string): string {
  return text.replaceAll('\0', '').toWellFormed();
}
