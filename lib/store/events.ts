import type { Query } from './database';
import type { Tables } from './tables';

/** Statements on stored events: written in the user's transaction, claimed and read by the engine. */
export class Events {
  constructor(
    protected readonly query: Query,
    protected readonly tables: Tables,
  ) {}
}
