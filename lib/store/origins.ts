import type { Query } from './database';
import type { Tables } from './tables';

/** Statements on origins whose breaker is open. */
export class Origins {
  constructor(
    protected readonly query: Query,
    protected readonly tables: Tables,
  ) {}
}
