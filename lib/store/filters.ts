import type { Query } from './database';
import { conditionsSql } from './listener-sql';
import type { Tables } from './tables';

/** One condition of a listener. */
export interface ConditionRow {
  readonly field: string;
  readonly operator: string;
  readonly operand: unknown;
}

/** The conditions of a listener. */
export interface FiltersOfListener {
  readonly id: string;
  readonly match: readonly ConditionRow[];
}

/** Statements on the conditions of listeners: one row each, in the order of `position`. */
export class FilterRows {
  constructor(
    private readonly query: Query,
    private readonly tables: Tables,
  ) {}

  /** The operand is passed as text, because PostgreSQL cannot unpack JSON that contains a NUL. */
  async insert(listeners: readonly FiltersOfListener[]): Promise<void> {
    const rows = listeners.flatMap(({ id, match }) =>
      match.map(({ field, operator, operand }, position) => ({
        listener_id: id,
        position,
        field,
        operator,
        operand: JSON.stringify(operand),
      })),
    );
    if (rows.length === 0) return;
    await this.query(
      `INSERT INTO ${this.tables.filter} (listener_id, position, field, operator, operand)
       SELECT listener_id, position, field, operator, operand::json
       FROM json_to_recordset($1::json)
         AS r(listener_id uuid, position int, field text, operator text, operand text)`,
      [JSON.stringify(rows)],
    );
  }

  /** The conditions of these listeners, as they are now. */
  read(listenerIds: readonly string[]): Promise<readonly FiltersOfListener[]> {
    return this.query<FiltersOfListener>(
      `SELECT l.id, ${conditionsSql(this.tables)} AS match FROM ${this.tables.listener} l WHERE l.id = ANY($1::uuid[])`,
      [listenerIds],
    );
  }

  async delete(listenerIds: readonly string[]): Promise<void> {
    if (listenerIds.length === 0) return;
    await this.query(`DELETE FROM ${this.tables.filter} WHERE listener_id = ANY($1)`, [
      listenerIds,
    ]);
  }
}
