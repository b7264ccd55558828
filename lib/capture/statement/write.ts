import type { Operation } from '../../hook/operation';
import type { HookedTable } from '../entity/hooked-table';

/** One statement of a query builder that writes rows of a hooked table. */
export interface WriteStatement {
  readonly kind: 'insert' | 'update' | 'delete';
  /** What it does, if the values of the rows say nothing else. */
  readonly operation: Operation;
  readonly table: HookedTable;
  /** The name by which the statement refers to a written row, quoted. */
  readonly alias: string;
  /** Whether the INSERT updates rows that exist. */
  readonly isUpsert: boolean;
  /** Whether the statement may change the key of a row that exists. */
  readonly setsKey: boolean;
  /** Whether it writes one row at most. */
  readonly isOneRow: boolean;
  /** Whether the caller wants columns of the written rows. */
  readonly returnsRows: boolean;
  /** These columns as a list of names in SQL; null if the caller wrote the list himself. */
  readonly returnedNames: string | null;
  /** With marks (`marks.ts`) where the statement is extended. */
  readonly sql: string;
  readonly parameters: readonly unknown[];
}

/** How the old values of the rows are found. */
export type OldRowSource =
  /** There are none (INSERT), or the statement itself returns them (DELETE). */
  | 'none'
  /** PostgreSQL 18: `RETURNING old.…`. */
  | 'returned'
  /** From the snapshot of the statement. They are exact unless another transaction changed the row since the snapshot. */
  | 'snapshot'
  /** Read and locked first, by the same statement. */
  | 'locked';

export interface ComposedStatement {
  readonly sql: string;
  readonly parameters: readonly unknown[];
}

/** A row of the result of a statement, by column. */
export type ResultRow = Record<string, unknown>;

/** Our columns in a result begin with it. */
export const OWN_PREFIX = 'model_hook_';

/** Removes our columns from a row. */
export function removeOwn(row: ResultRow): void {
  for (const name of Object.keys(row)) if (name.startsWith(OWN_PREFIX)) delete row[name];
}
