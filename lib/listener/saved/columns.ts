import type { Sealed } from './sealing';

type Column = keyof Sealed;

const TYPES: Readonly<Record<Column, string>> = {
  hook: 'text',
  operations: 'text[]',
  pattern: 'text',
  target: 'text',
  content_type: 'text',
  format: 'text',
  secret: 'text',
  digest: 'text',
  headers: 'jsonb',
  owner: 'text',
  key: 'text',
  config: 'json',
  replies: 'boolean',
  delivery: 'jsonb',
  ordered: 'boolean',
  max_per_second: 'float8',
  previous_secret: 'text',
  key_ids: 'text[]',
};

/** The columns of a listener that its declaration fills. */
export const COLUMNS = Object.keys(TYPES) as readonly Column[];

/** A row as JSON. PostgreSQL cannot unpack JSON with a NUL in it: JSON within goes as text. */
export function record(row: Sealed) {
  return {
    ...row,
    headers: JSON.stringify(row.headers),
    config: JSON.stringify(row.config),
    delivery: JSON.stringify(row.delivery),
  };
}

/** The definition of these columns in a recordset; none of them: of a column that nobody reads. */
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

/** The columns that are alike in all rows: PostgreSQL takes longer to unpack a row than to store it, so they are passed once. */
export function sharedColumns(rows: readonly ReturnType<typeof record>[]): readonly Column[] {
  const [first] = rows;
  if (!first) return [];
  return COLUMNS.filter((column) => rows.every((row) => isSame(row[column], first[column])));
}

function isSame(a: unknown, b: unknown): boolean {
  return a === b || (typeof a === 'object' && JSON.stringify(a) === JSON.stringify(b));
}

function isJson(column: Column): boolean {
  return TYPES[column].startsWith('json');
}
