import { parse as parseArray } from 'postgres-array';

/** Reads the text of one value that is not null. */
type Parser = (text: string) => unknown;

/** Ids of the types in which our statements return values; PostgreSQL never changes them. */
const BOOL = 16;
const BYTEA = 17;
const INT2 = 21;
const INT4 = 23;
const JSON_TYPE = 114;
const FLOAT4 = 700;
const FLOAT8 = 701;
const TEXT_ARRAY = 1009;
const INT8_ARRAY = 1016;
const TIMESTAMPTZ = 1184;
const UUID_ARRAY = 2951;
const JSONB = 3802;

const PARSERS: ReadonlyMap<number, Parser> = new Map<number, Parser>([
  [BOOL, (text) => text === 't'],
  [BYTEA, asBytes],
  [INT2, Number],
  [INT4, Number],
  [FLOAT4, Number],
  [FLOAT8, Number],
  [JSON_TYPE, JSON.parse],
  [JSONB, JSON.parse],
  [TIMESTAMPTZ, asDate],
  [TEXT_ARRAY, asTexts],
  [INT8_ARRAY, asTexts],
  [UUID_ARRAY, asTexts],
]);

/**
 * The parser of a type. The parsers that an application sets for all of `pg` do not count here, so our rows are read alike everywhere.
 * Other types than those above, bigints among them, stay text.
 */
export function parserOf(typeId: number): Parser {
  return PARSERS.get(typeId) ?? String;
}

/** In the settings of our statements, a time is written as `2026-01-31 10:00:00.5+00`. */
function asDate(text: string): Date {
  return new Date(text.replace(' ', 'T').replace(/\+00$/, 'Z'));
}

/** In the settings of our statements, bytes are written as `\\x00ff`. */
function asBytes(text: string): Buffer {
  return Buffer.from(text.slice(2), 'hex');
}

function asTexts(text: string): unknown[] {
  return parseArray(text, String);
}
