import type { DataSource } from 'typeorm';
import type { ColumnMetadata } from 'typeorm/metadata/ColumnMetadata';
import { type JsonValue, sameJson, toJson } from '../../base/json';
import { typeName } from '../../hook/field';
import { isKeptAsText, parserOf } from './column-types';
import { decode } from './decode';

/**
 * A value that TypeORM loaded, in a form that `decode` turns into the same value as it is sent; undefined if there is none. For nearly
 * all types that is the JSON that is sent. A transformer is not called here: it may have effects, or no inverse.
 */
export function encode(
  dataSource: DataSource,
  column: ColumnMetadata,
  value: unknown,
): JsonValue | undefined {
  if (column.transformer) return undefined;
  const sent = sentLoaded(dataSource, column, value);
  if (isKeptAsText(dataSource, column)) return sent;
  try {
    return sameJson(toJson(decode(dataSource, column, sent)), sent) ? sent : undefined;
  } catch {
    return undefined;
  }
}

/** A value that TypeORM loaded, as it is sent. */
export function sentLoaded(
  dataSource: DataSource,
  column: ColumnMetadata,
  value: unknown,
): JsonValue {
  if (!isKeptAsText(dataSource, column)) return toJson(value);
  const isDate = typeName(dataSource, column) === 'date';
  return Array.isArray(value)
    ? value.map((item) => keptText(item, isDate))
    : keptText(value, isDate);
}

/**
 * Whether TypeORM loads the values of a column in a form from which the text of the database can be made. The application's parser may
 * make anything of them.
 */
export function loadsText(dataSource: DataSource, column: ColumnMetadata): boolean {
  if (!isKeptAsText(dataSource, column)) return true;
  const parser = parserOf(dataSource, column);
  const known = judged.get(column);
  if (known?.parser === parser) return known.loads;
  const loads = survives(dataSource, column);
  judged.set(column, { parser, loads });
  return loads;
}

/** It is asked for each update. */
const judged = new WeakMap<ColumnMetadata, { readonly parser: unknown; readonly loads: boolean }>();

function survives(dataSource: DataSource, column: ColumnMetadata): boolean {
  const text = SAMPLES[typeName(dataSource, column)] ?? '';
  const sample = column.isArray ? [text] : text;
  try {
    return sameJson(sentLoaded(dataSource, column, decode(dataSource, column, sample)), sample);
  } catch {
    return false;
  }
}

const SAMPLES: Readonly<Record<string, string>> = {
  bigint: '9007199254740993',
  date: '2000-01-02',
  'time without time zone': '01:02:03.000001',
  'time with time zone': '01:02:03.000001+04:30',
};

function keptText(value: unknown, isDate: boolean): JsonValue {
  if (value === Number.POSITIVE_INFINITY) return 'infinity';
  if (value === Number.NEGATIVE_INFINITY) return '-infinity';
  if (typeof value === 'number') return String(value);
  const json = toJson(value);
  return isDate && typeof json === 'string' ? dateText(json) : json;
}

/** TypeORM writes the year 44 BC as -43, and the year 99 with two digits. */
function dateText(text: string): string {
  const [, year, rest] = /^(-?\d+)(-\d\d-\d\d)$/.exec(text) ?? [];
  if (year === undefined) return text;
  const isBefore = Number(year) <= 0;
  const number = isBefore ? 1 - Number(year) : Number(year);
  return `${String(number).padStart(4, '0')}${rest}${isBefore ? ' BC' : ''}`;
}
