import type { Query } from './database';
import type { Tables } from './tables';

/** Statements on turns and paces: when a listener's waiting deliveries are claimed next. */
export class Turns {
  constructor(
    protected readonly query: Query,
    protected readonly tables: Tables,
  ) {}
}
