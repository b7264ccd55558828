import type { JsonValue } from '../../base/json';
import { type ArrayItem, arrayText } from './array-text';

/** The text that the database writes for a stored value of a column, which is the text that pg passes to its parsers. */
export function outputText(raw: JsonValue, type: string, isArray: boolean): string {
  if (isArray && Array.isArray(raw)) return arrayText(raw.map((item) => itemOf(item, type)));
  if (typeof raw === 'boolean') return raw ? 't' : 'f';
  if (typeof raw === 'number') return FLOATS[type] ? floatText(raw, FLOATS[type]) : String(raw);
  if (typeof raw !== 'string') return JSON.stringify(raw);
  return isArray ? raw : (TEXT_BY_TYPE[type]?.(raw) ?? raw);
}

function itemOf(item: JsonValue, type: string): ArrayItem | null {
  if (item === null) return null;
  const isNested = Array.isArray(item) && type !== 'json' && type !== 'jsonb';
  const text = outputText(item, type, isNested);
  return isNested ? { array: text } : text;
}

const TEXT_BY_TYPE: Readonly<Record<string, (raw: string) => string>> = {
  bytea: (raw) => `\\x${Buffer.from(raw, 'base64').toString('hex')}`,
  'timestamp without time zone': (raw) => raw.replace('T', ' '),
  // JSON has `+02:00` where the output has `+02`.
  'timestamp with time zone': (raw) =>
    raw.replace('T', ' ').replace(/([+-]\d\d):00(?= BC$|$)/, '$1'),
};

/** The least power of ten that PostgreSQL writes with an exponent. */
const FLOATS: Readonly<Record<string, number>> = { real: 6, 'double precision': 15 };

function floatText(value: number, exponentFrom: number): string {
  const [digits = '', exponent = ''] = value.toExponential().split('e');
  const power = Number(exponent);
  if (Object.is(value, -0)) return '-0';
  if (value === 0 || (power >= -4 && power < exponentFrom)) return String(value);
  const sign = power < 0 ? '-' : '+';
  return `${digits}e${sign}${String(Math.abs(power)).padStart(2, '0')}`;
}
