import type { Query } from './database';
import type { Tables } from './tables';

/**
 * The one INSERT of event rows, so that every source of events writes them alike. Each of `selects` is a SELECT of these columns; the
 * caller may add RETURNING, or use it as a common table expression.
 */
export function insertEventsSql(
  { event }: Tables,
  columns: readonly string[],
  selects: readonly string[],
): string {
  return `INSERT INTO ${event} (${columns.join(', ')}) ${selects.join(' UNION ALL ')}`;
}

/** Statements that write stored events, in the transaction of the change that they are about. */
export class OutboxRows {
  constructor(
    protected readonly query: Query,
    protected readonly tables: Tables,
  ) {}
}
