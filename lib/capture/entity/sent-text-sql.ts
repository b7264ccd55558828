import type { DataSource } from 'typeorm';
import type { ColumnMetadata } from 'typeorm/metadata/ColumnMetadata';
import { toJson } from '../../base/json';
import { typeName } from '../../hook/field';
import { sentText } from '../../hook/ref-template';
import { isKeptAsText, parserOf } from './column-types';
import { decode } from './decode';

/** SQL of the text that a value of a column is sent as, if it is sent as it is stored: `sql` is the value. */
export function sentTextSql(dataSource: DataSource, column: ColumnMetadata, sql: string): string {
  return TO_JSON.has(typeName(dataSource, column)) ? `(to_json(${sql}) #>> '{}')` : `${sql}::text`;
}

/** SQL of a text with every byte percent-encoded in UTF-8 that is no unreserved character, like `expandRef`. */
export function percentEncodedSql(
  dataSource: DataSource,
  column: ColumnMetadata,
  text: string,
): string {
  if (UNRESERVED.has(typeName(dataSource, column))) return text;
  // The collation of the column may be one that regular expressions refuse.
  return (
    `CASE WHEN (${text}) COLLATE "C" ~ '^[A-Za-z0-9._~-]*$' THEN ${text} ELSE (` +
    `SELECT string_agg(CASE WHEN c.c COLLATE "C" ~ '^[A-Za-z0-9._~-]$' THEN c.c ` +
    `ELSE regexp_replace(upper(encode(convert_to(c.c, 'UTF8'), 'hex')), '(..)', E'%\\\\1', 'g') END, '' ORDER BY c.n) ` +
    `FROM unnest(string_to_array(${text}, NULL)) WITH ORDINALITY AS c(c, n)) END`
  );
}

/**
 * Whether the text that a value is sent as can be made in SQL. A transformer or a parser of the application may make another one, and
 * some types have another form in JSON.
 */
export function isSentAsStored(dataSource: DataSource, column: ColumnMetadata): boolean {
  const sample = column.transformer || column.isArray ? undefined : sampleOf(dataSource, column);
  if (sample === undefined) return false;
  const parser = parserOf(dataSource, column);
  const known = judged.get(column);
  if (known?.parser === parser) return known.isSame;
  const isSame = survives(dataSource, column, sample);
  judged.set(column, { parser, isSame });
  return isSame;
}

/** It is asked for each statement, and the application may set a parser at any time. */
const judged = new WeakMap<
  ColumnMetadata,
  { readonly parser: unknown; readonly isSame: boolean }
>();

function sampleOf(dataSource: DataSource, column: ColumnMetadata): string | undefined {
  return column.enum?.map(String)[0] ?? SAMPLES[typeName(dataSource, column)];
}

function survives(dataSource: DataSource, column: ColumnMetadata, sample: string): boolean {
  if (isKeptAsText(dataSource, column)) return true;
  try {
    const raw = sample === 'true' ? true : sample;
    return sentText(toJson(decode(dataSource, column, raw))) === sample;
  } catch {
    return false;
  }
}

/** Values that a parser would change if it made anything but their text of them. */
const SAMPLES: Readonly<Record<string, string>> = {
  'character varying': ' 010 ',
  character: ' 010 ',
  text: ' 010 ',
  citext: ' 010 ',
  uuid: '00000000-0000-4000-8000-00000000000a',
  smallint: '-32768',
  integer: '-2147483648',
  bigint: '9007199254740993',
  numeric: '1.50',
  boolean: 'true',
  date: '2000-01-02',
  'time without time zone': '01:02:03.000001',
  'time with time zone': '01:02:03.000001+04:30',
};

/** The cast to text would leave out blanks, or depend on `DateStyle`. */
const TO_JSON: ReadonlySet<string> = new Set(['character', 'date']);

/** All characters of these texts are unreserved. */
const UNRESERVED: ReadonlySet<string> = new Set([
  'uuid',
  'smallint',
  'integer',
  'bigint',
  'numeric',
  'boolean',
]);
