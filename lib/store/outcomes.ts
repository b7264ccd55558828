import type { Query } from './database';
import type { Tables } from './tables';

/** Statements that store outcomes of deliveries and what they say about their listeners. */
export class Outcomes {
  constructor(
    protected readonly query: Query,
    protected readonly tables: Tables,
  ) {}
}
