import type { Query } from './database';
import type { Tables } from './tables';

/** Statements that claim, read and mark stored events. `OutboxRows` writes them. */
export class Events {
  constructor(
    protected readonly query: Query,
    protected readonly tables: Tables,
  ) {}
}
