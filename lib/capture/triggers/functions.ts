import { createHash } from 'node:crypto';
import type { DataSource, EntityMetadata } from 'typeorm';
import { storedColumn } from '../../hook/field';
import type { Hook } from '../../hook/hook';
import type { Tables } from '../../store/tables';
import { storedSql } from '../entity/column-types';
import { literal } from '../entity/literal';
import { tableSql } from '../entity/table-sql';
import { dollarQuoted } from './dollar-quoted';
import { EventSql } from './event-sql';
import { linksOf } from './links';
import { RowSql } from './row-sql';
import type { TriggerTable } from './trigger-table';

/** What the triggers of one hook are made from. */
export interface TriggerParts {
  readonly dataSource: DataSource;
  readonly tables: Tables;
  readonly table: TriggerTable;
}

/** One trigger and its function. Both have the name, with a prefix for the trigger. */
export interface TriggerFunction {
  /** The table as SQL. */
  readonly table: string;
  /** The statement after which it runs; the rows of a TRUNCATE are read before it. */
  readonly on: 'INSERT' | 'UPDATE' | 'DELETE' | 'TRUNCATE';
  /** Unquoted. */
  readonly name: string;
  /** Its signature as SQL, with the schema. */
  readonly path: string;
  /** `CREATE OR REPLACE FUNCTION`. */
  readonly sql: string;
}

/** The functions that the triggers of one hook run. They are named by the hook and its table, so that names differ also if they are cut. */
export function triggerFunctions(parts: TriggerParts): readonly TriggerFunction[] {
  const { dataSource, tables, table } = parts;
  const { hook } = table;
  const events = new EventSql(tables, new RowSql(dataSource, table));
  const has = (operation: (typeof hook.operations)[number]) => hook.operations.includes(operation);
  const own: readonly (readonly [TriggerFunction['on'], string | null])[] = [
    ['INSERT', has('insert') ? `${events.ofRows('insert', 'new_rows')};` : null],
    ['UPDATE', `${events.ofUpdate()};`],
    ['DELETE', has('remove') ? `${events.ofRows('remove', 'old_rows')};` : null],
    ['TRUNCATE', truncateBody(table, events)],
  ];
  return [
    ...own.flatMap(([on, body]) =>
      body === null ? [] : triggerFunction(parts, table.metadata, on, body),
    ),
    ...linksOf(table).map((link) =>
      triggerFunction(parts, link.junction, link.on, `${events.ofLinks(link)};`),
    ),
  ];
}

/** Signatures of the functions that the hook may have had with other operations, fields and options. */
export function unusedPaths(
  parts: TriggerParts,
  functions: readonly TriggerFunction[],
): readonly string[] {
  const { hook, metadata } = parts.table;
  const junctions = metadata.manyToManyRelations.map((one) => one.junctionEntityMetadata);
  const tables = [metadata, ...junctions].filter((one) => one !== undefined);
  const possible = tables.flatMap((table) =>
    KINDS.map((on) => functionPath(parts, functionName(hook, table, on))),
  );
  const used = new Set(functions.map(({ path }) => path));
  return [...new Set(possible)].filter((path) => !used.has(path));
}

const KINDS: readonly TriggerFunction['on'][] = ['INSERT', 'UPDATE', 'DELETE', 'TRUNCATE'];

function triggerFunction(
  parts: TriggerParts,
  metadata: EntityMetadata,
  on: TriggerFunction['on'],
  body: string,
): TriggerFunction {
  const name = functionName(parts.table.hook, metadata, on);
  const path = functionPath(parts, name);
  const table = tableSql(parts.dataSource, metadata);
  return { table, on, name, path, sql: functionSql(parts, path, body) };
}

/** A text that changes if and only if one of these texts does. */
export function versionOf(texts: readonly string[]): string {
  return createHash('sha256').update(texts.join('\0')).digest('hex').slice(0, VERSION_LENGTH);
}

const VERSION_LENGTH = 16;

function functionName(
  { name }: Hook,
  { tablePath }: EntityMetadata,
  on: TriggerFunction['on'],
): string {
  const words = name.replace(/[^A-Za-z0-9]+/g, '_').toLowerCase();
  const id = versionOf([name, tablePath]).slice(0, 8);
  return `model_hook_${words.slice(0, 24)}_${id}_${on.toLowerCase()}`;
}

/** The functions are in the schema of our tables. */
function functionPath({ tables }: { readonly tables: Tables }, name: string): string {
  return `${tables.event.slice(0, tables.event.lastIndexOf('.'))}."${name}"()`;
}

/**
 * The function has the rights of its owner, so that roles need none on our tables. It searches no schema in which others may create
 * objects. Nobody but the owner may use it for a table of his own.
 */
function functionSql(parts: TriggerParts, path: string, body: string): string {
  return `CREATE OR REPLACE FUNCTION ${path} RETURNS trigger
  LANGUAGE plpgsql SECURITY DEFINER ${settingsOf(parts)} AS ${dollarQuoted(`
BEGIN
  IF current_setting('model_hook.silenced', true) = 'on' THEN
    RETURN NULL;
  END IF;
  ${body}
  RETURN NULL;
END
`)}`;
}

/** A row is removed without a DELETE. A partition has a trigger of its own, so that only rows of the named table itself are read. */
function truncateBody({ hook, truncate }: TriggerTable, events: EventSql): string | null {
  if (truncate === 'refuse')
    return `RAISE EXCEPTION USING ERRCODE = 'restrict_violation',
    MESSAGE = ${literal(`typeorm-model-hooks: the hook "${hook.name}" refuses TRUNCATE`)},
    HINT = 'Use DELETE, which makes events, or the option truncate of the hook.';`;
  if (truncate === 'ignore' || !hook.operations.includes('remove')) return null;
  const [before = '', after = ''] = events.ofRows('remove', TRUNCATED).split(TRUNCATED);
  return `EXECUTE ${dollarQuoted(before, 'rows')} || 'ONLY ' || TG_RELID::regclass::text || ${dollarQuoted(after, 'rows')};`;
}

/** Stands for the name of the table, which only the trigger knows. */
const TRUNCATED = '"the truncated table"';

function settingsOf({ dataSource, table }: TriggerParts): string {
  const fields = table.classes.flatMap(({ columns: read }) => read);
  const columns = fields.flatMap((field) => storedColumn(field) ?? []);
  const texts = columns.map((column) => storedSql(dataSource, column, 'c'));
  const schemas = texts.some((text) => text.includes('ST_AsGeoJSON')) ? ', public' : '';
  const notation = texts.some((text) => text.includes("format('%s'")) ? NOTATION : '';
  return `SET search_path = pg_catalog${schemas}, pg_temp${notation}`;
}

/** The output of intervals, and of arrays and ranges of dates, numbers and bytes, depends on settings of the session. */
const NOTATION = ` SET DateStyle = 'ISO, MDY' SET IntervalStyle = postgres SET bytea_output = hex SET extra_float_digits = 1`;
