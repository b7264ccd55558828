import type { DataSource } from 'typeorm';
import type { PostgresDriver } from 'typeorm/driver/postgres/PostgresDriver';
import type { ColumnMetadata } from 'typeorm/metadata/ColumnMetadata';
import { typeName } from '../../hook/field';
import { columnOid } from './type-oids';

/** The member that holds a JSON column as text, where the application has its own parser for JSON. */
export const JSON_TEXT = 'typeorm-model-hooks:json';

/**
 * SQL of the value of a column as an event stores it: JSON that can be turned back into the text that the database writes (`outputText`),
 * or that text itself. It depends on no setting of the session where JSON has its own form.
 */
export function storedSql(dataSource: DataSource, column: ColumnMetadata, sql: string): string {
  const type = typeName(dataSource, column);
  if (column.isArray) {
    if (NATIVE_ARRAYS.has(type)) return sql;
    return type === 'bigint' ? `${sql}::text[]` : outputSql(sql);
  }
  if (JSON_TYPES.has(type)) return jsonSql(dataSource, sql);
  return NATIVE.has(type) ? sql : (SQL_BY_TYPE[type] ?? outputSql)(sql);
}

/** Whether an event has the texts of the database, whatever the application's parsers make of them: a time of day, a date, a bigint. */
export function isKeptAsText(dataSource: DataSource, column: ColumnMetadata): boolean {
  return !column.transformer && TEXT_TYPES.has(typeName(dataSource, column));
}

/** The parser of the application for the values of a column, which `find()` uses too. */
export function parserOf(dataSource: DataSource, column: ColumnMetadata): Parser {
  const oid = columnOid(column, typeName(dataSource, column));
  return oid === null ? asText : parsersOf(dataSource).getTypeParser(oid, 'text');
}

/** Whether pg itself parses JSON columns, so that a parsed value is as good as its text. */
export function isParserOfPg(parser: Parser): boolean {
  const known = judged.get(parser);
  if (known !== undefined) return known;
  const isOfPg = /\[native code\]/.test(Function.prototype.toString.call(parser));
  judged.set(parser, isOfPg);
  return isOfPg;
}

/** It is asked for each statement. */
const judged = new WeakMap<Parser, boolean>();

/** Whether `storedSql` keeps the text of JSON columns: the application has its own parser. */
export function keepsJsonText(dataSource: DataSource): boolean {
  const types = parsersOf(dataSource);
  return JSON_OIDS.some((oid) => !isParserOfPg(types.getTypeParser(oid, 'text')));
}

type Parser = (text: string) => unknown;
interface Parsers {
  getTypeParser(oid: number, format: 'text'): Parser;
}

/** The pool may have parsers of its own. */
function parsersOf({ driver }: DataSource): Parsers {
  const { master, postgres } = driver as PostgresDriver;
  return master?.options?.types ?? postgres.types;
}

function asText(text: string): string {
  return text;
}

/** The cast to text has another form for some types: `192.168.1.5/32`, and `character` without its blanks. */
function outputSql(sql: string): string {
  return `CASE WHEN ${sql} IS NOT NULL THEN format('%s', ${sql}) END`;
}

function jsonSql(dataSource: DataSource, sql: string): string {
  if (!keepsJsonText(dataSource)) return sql;
  return `CASE WHEN ${sql} IS NOT NULL THEN json_build_object('${JSON_TEXT}', ${sql}::text) END`;
}

export const JSON_TYPES: ReadonlySet<string> = new Set(['json', 'jsonb']);
const JSON_OIDS = [114, 3802] as const;

const TEXT_TYPES: ReadonlySet<string> = new Set([
  'bigint',
  'date',
  'time without time zone',
  'time with time zone',
]);

/** JSON has a form for them, or their output is a JSON string. */
const NATIVE: ReadonlySet<string> = new Set([
  'character varying',
  'character',
  'text',
  'uuid',
  'enum',
  'smallint',
  'integer',
  'boolean',
  'date',
  'time without time zone',
  'time with time zone',
  'simple-array',
  'simple-json',
  'real',
  'double precision',
  'timestamp with time zone',
  'timestamp without time zone',
]);

const NATIVE_ARRAYS: ReadonlySet<string> = new Set([
  'character varying',
  'text',
  'uuid',
  'smallint',
  'integer',
  'boolean',
  'date',
  'time without time zone',
  'time with time zone',
  'timestamp with time zone',
  'timestamp without time zone',
]);

const geoJson = (sql: string): string => `ST_AsGeoJSON(${sql})::json`;

const SQL_BY_TYPE: Readonly<Record<string, (sql: string) => string>> = {
  bigint: (sql) => `${sql}::text`,
  numeric: (sql) => `${sql}::text`,
  bytea: (sql) => `encode(${sql}, 'base64')`,
  geometry: geoJson,
  geography: geoJson,
};
