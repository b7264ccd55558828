import type { Query } from './database';
import type { Tables } from './tables';

/** Statements that keep the tables small and tell how full they are. */
export class Upkeep {
  constructor(
    protected readonly query: Query,
    protected readonly tables: Tables,
  ) {}
}
