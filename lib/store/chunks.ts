import type { Query } from './database';
import type { Tables } from './tables';

/** Statements on chunks: stored by a plan, held under a lease, closed by their last outcome. */
export class Chunks {
  constructor(
    protected readonly query: Query,
    protected readonly tables: Tables,
  ) {}
}
