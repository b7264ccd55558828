import type { StoredCondition } from '../../match/operand';
import type { Query } from '../../store/database';
import type { Tables } from '../../store/tables';

/** The conditions of a listener. */
interface Filtered {
  readonly id: string;
  readonly match: readonly StoredCondition[];
}

/** Stores the conditions of listeners, one row each. */
export async function insertFilters(
  query: Query,
  { filter }: Tables,
  listeners: readonly Filtered[],
): Promise<void> {
  const rows = listeners.flatMap(({ id, match }) =>
    match.map((condition, position) => ({ listener_id: id, position, ...condition })),
  );
  if (rows.length === 0) return;
  await query(
    `INSERT INTO ${filter} (listener_id, position, field, operator, operand)
     SELECT listener_id, position, field, operator, operand::json
     FROM json_to_recordset($1::json)
       AS r(listener_id uuid, position int, field text, operator text, operand text)`,
    [JSON.stringify(rows.map((row) => ({ ...row, operand: JSON.stringify(row.operand) })))],
  );
}

export async function deleteFilters(
  query: Query,
  { filter }: Tables,
  ids: readonly string[],
): Promise<void> {
  if (ids.length > 0) await query(`DELETE FROM ${filter} WHERE listener_id = ANY($1)`, [ids]);
}
