import { validate as isUuid } from 'uuid';
import type { Query } from './database';
import type { Tables } from './tables';

export interface OwnedListeners {
  readonly owner: string;
  /** Only this listener. Undefined: all of the owner. */
  readonly listener: string | undefined;
}

/** Statements on who owns what. */
export class OwnerRows {
  constructor(
    protected readonly query: Query,
    protected readonly tables: Tables,
  ) {}

  /** Ids of the listeners that an owner has now, at most so many. */
  async listenerIds(
    { owner, listener }: OwnedListeners,
    limit: number,
  ): Promise<readonly string[]> {
    if (listener !== undefined && !isUuid(listener)) return [];
    const rows = await this.query<{ id: string }>(
      `SELECT l.id FROM ${this.tables.listener} l WHERE l.owner = $1 ${listener === undefined ? '' : 'AND l.id = $2'} LIMIT ${limit}`,
      listener === undefined ? [owner] : [owner, listener],
    );
    return rows.map(({ id }) => id);
  }
}
