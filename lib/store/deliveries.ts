import type { Query } from './database';
import type { Tables } from './tables';

/** Statements on the delivery log. */
export class Deliveries {
  constructor(
    protected readonly query: Query,
    protected readonly tables: Tables,
  ) {}
}
