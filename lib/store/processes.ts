import type { Query } from './database';
import type { Tables } from './tables';

/** Statements on the processes that are attached. */
export class Processes {
  constructor(
    protected readonly query: Query,
    protected readonly tables: Tables,
  ) {}
}
