/** A JSON value: part of a body, a filter's operand or a stored event. */
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
 * The deepest nesting of a value. On an empty stack, `JSON.stringify` fails at about 4,000 levels and comparing at about 2,000.
 */
export const MAX_LEVELS = 1_000;

const TOO_DEEP = new RangeError(`nested deeper than ${MAX_LEVELS} levels`);

/**
 * A value as it is sent: `Date` → ISO 8601 with `Z`, bigint → string, bytes → base64, `NaN`, ±∞ and an invalid date → null, -0 → 0,
 * an object with `toJSON` → the result of that. `undefined` and functions → null; inside an object they are left out. A value that is
 * nested deeper than 1,000 levels, or contains itself, becomes null as a whole.
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
      // JSON has no -0. Adding zero turns it into 0.
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
  // Stop at the first one: an object that contains itself twice would never end.
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

/** The same text for equal values, whatever the order of their keys. */
export function canonicalJson(value: JsonValue): string {
  return JSON.stringify(value, (_key, member: unknown) =>
    isPlainObject(member)
      ? Object.fromEntries(Object.entries(member).sort(([a], [b]) => (a < b ? -1 : 1)))
      : member,
  );
}

/** Whether two values are equal in JSON, whatever the order of their keys. -0 equals 0. */
export function sameJson(a: JsonValue | undefined, b: JsonValue | undefined): boolean {
  if (a === b) return true;
  if (!isObject(a) || !isObject(b)) return false;
  return canonicalJson(a) === canonicalJson(b);
}

function isObject(value: JsonValue | undefined): value is JsonValue & object {
  return typeof value === 'object' && value !== null;
}

/** Whether a value is nested at most this many levels deep. False for a value that contains itself. */
export function isWithin(value: unknown, levels: number): boolean {
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return true;
  return levels > 0 && Object.values(value).every((member) => isWithin(member, levels - 1));
}

/**
 * Whether JSON can hold a value, nested at most this many levels deep: not a `Map`, an instance of a class or a function, of which JSON
 * would keep nothing. An object with `toJSON` is judged by the result of that; a member that is `undefined` counts as left out.
 */
export function isJson(value: unknown, levels: number): boolean {
  switch (typeof value) {
    case 'string':
    case 'boolean':
    case 'bigint':
      return true;
    case 'number':
      return Number.isFinite(value);
    case 'object':
      return value === null || (levels >= 0 && isJsonObject(value, levels));
    default:
      return false;
  }
}

function isJsonObject(value: object, levels: number): boolean {
  if (value instanceof Date) return !Number.isNaN(value.getTime());
  if (value instanceof Uint8Array) return true;
  if (levels === 0) return false;
  const isMember = (member: unknown) => isJson(member, levels - 1);
  if (Array.isArray(value)) return Array.from<unknown>(value).every(isMember);
  if ('toJSON' in value && typeof value.toJSON === 'function') return isMember(value.toJSON());
  return (
    isObjectLiteral(value) &&
    Object.values(value).every((member) => member === undefined || isMember(member))
  );
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
