import { isDate } from 'node:util/types';

/** The text of a value that TypeORM passes to pg as the parameter of a column of this type: what pg makes of it. */
export function parameterText(value: unknown, type: string): string {
  if (isDate(value)) return instantText(value, type);
  if (ArrayBuffer.isView(value)) return `\\x${bytesOf(value).toString('hex')}`;
  if (Array.isArray(value)) return arrayText(value.map((item) => itemText(item, type)));
  if (typeof value !== 'object' || value === null) return String(value);
  if (!('toPostgres' in value) || typeof value.toPostgres !== 'function')
    return JSON.stringify(value);
  return parameterText(
    value.toPostgres((inner: unknown) => inner),
    type,
  );
}

/** An array as PostgreSQL writes it, of items that are null, arrays, or texts. */
export function arrayText(items: readonly (ArrayItem | null)[]): string {
  const texts = items.map((item) => {
    if (item === null) return 'NULL';
    return typeof item === 'string' ? quoted(item) : item.array;
  });
  return `{${texts.join(',')}}`;
}

/** The text of an item, or that of a nested array. */
export type ArrayItem = string | { readonly array: string };

function itemText(item: unknown, type: string): ArrayItem | null {
  if (item === null || item === undefined) return null;
  const text = parameterText(item, type);
  return Array.isArray(item) ? { array: text } : text;
}

function quoted(text: string): string {
  const isPlain = text !== '' && !/[{}",\\\s]/.test(text) && text.toLowerCase() !== 'null';
  return isPlain ? text : `"${text.replace(/["\\]/g, '\\$&')}"`;
}

/** As pg writes it: a column without a time zone stores the local time. */
function instantText(value: Date, type: string): string {
  const offsetMs = type === 'timestamp without time zone' ? value.getTimezoneOffset() * 60_000 : 0;
  return new Date(value.getTime() - offsetMs).toISOString();
}

function bytesOf({ buffer, byteOffset, byteLength }: ArrayBufferView): Buffer {
  return Buffer.from(buffer, byteOffset, byteLength);
}
