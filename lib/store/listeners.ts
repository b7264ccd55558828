import type { Query } from './database';
import type { Tables } from './tables';

/** Statements on listeners and their filters. */
export class ListenerRows {
  constructor(
    protected readonly query: Query,
    protected readonly tables: Tables,
  ) {}
}
