import { UNPLANNED_SQL } from './events';

/** Each hook and shape that unplanned events have, once: every step of the recursion is one look-up in the index. */
export function pairsSql(event: string): string {
  const next = (after: string) =>
    `SELECT hook, shape FROM ${event} WHERE ${UNPLANNED_SQL} ${after} ORDER BY hook, shape LIMIT 1`;
  return `WITH RECURSIVE pairs AS (
    (${next('')}) UNION ALL
    SELECT n.* FROM pairs p CROSS JOIN LATERAL (${next('AND (hook, shape) > (p.hook, p.shape)')}) n
  )`;
}
