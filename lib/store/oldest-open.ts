import { OPEN_STATUSES } from './deliveries';
import { type DeliveryGroup, groupParameters, groupsFromSql, IN_GROUP } from './delivery-groups';
import { namesSql, type PageSql } from './delivery-page';
import type { Tables } from './tables';

/** Whose deliveries are counted: all, those of all listeners of an owner, or those of some groups. */
export type HistoryOf =
  | { readonly kind: 'all' }
  | { readonly kind: 'owner'; readonly owner: string }
  | {
      readonly kind: 'groups';
      readonly owner: string;
      readonly groups: readonly DeliveryGroup[];
    };

/** The time `at` of the oldest delivery that has not ended, found in the index by name or by listener; see `HistoryRows.oldestOpenAt`. */
export function oldestOpenSql(tables: Tables, of: HistoryOf): PageSql {
  const { delivery, chunk, listener } = tables;
  const oldest = (fits: string, zone: string, limit: number) =>
    `SELECT d.created_at, d.listener_id FROM ${delivery} d WHERE ${fits} ORDER BY (d.created_at AT TIME ZONE '${zone}'), d.id LIMIT ${limit}`;
  const ofAll = (limit: number) =>
    `names n CROSS JOIN unnest($1::text[]) AS s(status) CROSS JOIN LATERAL (${oldest('d.event = n.event AND d.status = s.status', 'Etc/UTC', limit)}) d`;
  const min = `WITH RECURSIVE names(event) AS (${namesSql(delivery)}) SELECT`;
  switch (of.kind) {
    case 'all': {
      const chunked = `(SELECT min(c.created_at) FROM ${chunk} c)`;
      return {
        sql: `${min} least(min(d.created_at), ${chunked}) AS at FROM ${ofAll(1)}`,
        parameters: [OPEN_STATUSES],
      };
    }
    case 'owner': {
      const isOwned = `(SELECT l.owner FROM ${listener} l WHERE l.id = d.listener_id) = $2`;
      const sql = `${min} min(d.created_at) AS at FROM ${ofAll(1_000)} WHERE ${isOwned}`;
      return { sql, parameters: [OPEN_STATUSES, of.owner] };
    }
    case 'groups': {
      const open = of.groups.filter(({ status }) => OPEN_STATUSES.some((one) => one === status));
      const sql = `SELECT min(d.created_at) AS at FROM ${groupsFromSql(1)} CROSS JOIN LATERAL (${oldest(IN_GROUP, 'UTC', 1)}) d`;
      return { sql, parameters: groupParameters(open) };
    }
  }
}
