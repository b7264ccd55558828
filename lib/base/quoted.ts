const MAX_LENGTH = 200;

/** A value as a message shows it: a text in quotes, of an object only what it is. Callers without types can give anything. */
export function quoted(value: unknown): string {
  switch (typeof value) {
    case 'string':
      return `"${value.length > MAX_LENGTH ? `${value.slice(0, MAX_LENGTH)}…` : value}"`;
    case 'symbol':
    case 'function':
      return `a ${typeof value}`;
    case 'object':
      if (value === null) return 'null';
      return Array.isArray(value) ? 'a list' : 'an object';
    default:
      return String(value);
  }
}
