import type { Query } from './database';
import type { Tables } from './tables';

/** Statements on match keys and key shapes. */
export class MatchKeys {
  constructor(
    protected readonly query: Query,
    protected readonly tables: Tables,
  ) {}
}
