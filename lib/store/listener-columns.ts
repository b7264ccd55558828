import type { JsonValue } from '../base/json';
import type { HeaderValues } from '../options/header-value';

/** The columns of a listener that its declaration fills. */
export interface ListenerValues {
  readonly hook: string | null;
  readonly operations: readonly string[] | null;
  readonly pattern: string | null;
  readonly target: string;
  readonly content_type: string;
  readonly format: string | null;
  readonly secret: string;
  readonly digest: string;
  readonly signature: string;
  readonly headers: HeaderValues;
  readonly owner: string | null;
  readonly key: string | null;
  readonly config: JsonValue;
  readonly replies: boolean;
  readonly delivery: JsonValue;
  readonly ordered: boolean;
  readonly max_per_second: number | null;
  readonly batch: { readonly maxEvents: number; readonly maxWaitMs: number } | null;
  readonly selected: readonly string[] | null;
}

/** The same columns with their secrets encrypted, and what is stored about the encryption. */
export interface SealedValues extends ListenerValues {
  readonly previous_secret: string | null;
  /** Ids of the encryption keys that this row uses. */
  readonly key_ids: readonly string[];
}

type Column = keyof SealedValues;

const TYPES: Readonly<Record<Column, string>> = {
  hook: 'text',
  operations: 'text[]',
  pattern: 'text',
  target: 'text',
  content_type: 'text',
  format: 'text',
  secret: 'text',
  digest: 'text',
  signature: 'text',
  headers: 'jsonb',
  owner: 'text',
  key: 'text',
  config: 'json',
  replies: 'boolean',
  delivery: 'jsonb',
  ordered: 'boolean',
  max_per_second: 'float8',
  batch: 'jsonb',
  selected: 'text[]',
  previous_secret: 'text',
  key_ids: 'text[]',
};

export const LISTENER_COLUMNS = Object.keys(TYPES) as readonly Column[];

/**
 * Begins the stored format of a listener that selects fields. Releases that do not know selections do not know this format either, and so
 * never send the other fields.
 */
const SELECTING = 'select:';

/** The format of a listener, from the stored one. */
export function formatOf(stored: string | null): string | null {
  return stored?.startsWith(SELECTING) ? stored.slice(SELECTING.length) || null : stored;
}

/** The stored format of a listener, from the SQL of a format as it is stored and of a selection. */
export function storedFormatSql(format: string, selected: string): string {
  const plain = `nullif(regexp_replace(${format}, '^${SELECTING}', ''), '')`;
  return `CASE WHEN ${selected} IS NULL THEN ${plain} ELSE '${SELECTING}' || coalesce(${plain}, '') END`;
}

/** A row as an element of a recordset. JSON columns are passed as text, because PostgreSQL cannot unpack JSON that contains a NUL. */
export function recordsetRow(row: SealedValues) {
  return {
    ...row,
    format: row.selected ? SELECTING + (row.format ?? '') : row.format,
    headers: JSON.stringify(row.headers),
    config: JSON.stringify(row.config),
    delivery: JSON.stringify(row.delivery),
    batch: row.batch && JSON.stringify(row.batch),
  };
}

type RecordsetRow = ReturnType<typeof recordsetRow>;

/** The column definitions of a recordset. Without columns it defines one that is not read, because a list cannot be empty. */
export function definition(columns: readonly Column[]): string {
  return columns.length > 0
    ? columns.map((column) => `${column} ${isJson(column) ? 'text' : TYPES[column]}`).join(', ')
    : '_ int';
}

/** The value of a column in the recordset of that name. */
export function valueSql(column: Column, recordset: string): string {
  const value = `${recordset}.${column}`;
  return isJson(column) ? `${value}::${TYPES[column]}` : value;
}

/** The columns that are equal in all rows. They are passed once, because PostgreSQL takes longer to unpack a row than to store it. */
export function sharedColumns(rows: readonly RecordsetRow[]): readonly Column[] {
  const [first] = rows;
  if (!first) return [];
  return LISTENER_COLUMNS.filter((column) =>
    rows.every((row) => isSame(row[column], first[column])),
  );
}

export function picked(
  row: RecordsetRow | undefined,
  columns: readonly Column[],
): Partial<RecordsetRow> {
  const values: Partial<Record<Column, unknown>> = {};
  for (const column of columns) if (row) values[column] = row[column];
  return values as Partial<RecordsetRow>;
}

function isSame(a: unknown, b: unknown): boolean {
  return a === b || (typeof a === 'object' && JSON.stringify(a) === JSON.stringify(b));
}

function isJson(column: Column): boolean {
  return TYPES[column].startsWith('json');
}
