import {
  inOrder,
  isAll,
  type PagedConditions,
  type PageSql,
  type Parameter,
  timeIn,
  timesSql,
} from './delivery-page';
import type { Tables } from './tables';

/** Listeners, and which of their deliveries are wanted. The event is a name. */
export type GroupConditions = Omit<PagedConditions, 'ids' | 'listener' | 'owner'> & {
  readonly listeners: readonly string[];
};

/** The deliveries with one listener, event name and status. */
export interface DeliveryGroup {
  readonly listener_id: string;
  readonly event: string;
  readonly status: string;
}

/** Each takes two looks into the index, of 10 to 20 microseconds each. */
const MOST_GROUPS = 3_000;

/** As it stands in the index by listener. */
const TIME = timeIn({ listener: '', event: undefined });

/**
 * A page of the deliveries of several listeners. A group is the deliveries with one listener, event name and status, which stand in the
 * order of their time in the index. Groups are found by one look into the index for each, and so is the first delivery of each. Only as
 * many groups as the page has rows can have a delivery in it: those with the first ones. Of these, only deliveries are read that come
 * before the first one of the last group.
 *
 * Returns one row without a delivery if there are too many groups or no deliveries; `too_many` says which.
 */
export function listenersPageSql(
  tables: Tables,
  conditions: GroupConditions,
  limit: number,
): PageSql {
  const parameters: unknown[] = [];
  const parameter: Parameter = (value) => `$${parameters.push(value)}`;
  const { delivery } = tables;
  const groups = groupsSql(tables, conditions, parameter);
  const times = timesSql(conditions, TIME, parameter);
  const { comparison, last, end } = conditions.isOldestFirst ? OLDEST_FIRST : NEWEST_FIRST;
  const isEarly = `${TIME.of('d')} ${comparison} (SELECT CASE count(*) WHEN ${limit} THEN ${last}(at) ELSE '${end}' END FROM firsts)`;
  const ofGroup = (fits: readonly string[], most: string) =>
    `SELECT ${TIME.of('d')} AS at, d.id FROM ${delivery} d WHERE ${isAll([IN_GROUP, ...times, ...fits])}
     ORDER BY ${inOrder(conditions, TIME)} LIMIT ${most}`;
  const byAt = inOrder(conditions, { of: (row) => `${row}.at` });
  const sql = `WITH RECURSIVE ${groups}, counted AS MATERIALIZED (
      SELECT count(*) > ${MOST_GROUPS} AS too_many FROM (SELECT FROM groups LIMIT ${MOST_GROUPS + 1}) g
    ), firsts AS MATERIALIZED (
      SELECT g.*, d.at, row_number() OVER (ORDER BY ${byAt}) AS place FROM groups g CROSS JOIN LATERAL (${ofGroup([], '1')}) d
      WHERE NOT (SELECT too_many FROM counted) AND g.status = ANY(${parameter(conditions.statuses)}::text[])
      ORDER BY ${byAt} LIMIT ${limit})
    SELECT c.too_many, d.* FROM counted c LEFT JOIN (SELECT d.* FROM ${delivery} d WHERE d.id = ANY(ARRAY(
      SELECT d.id FROM firsts g CROSS JOIN LATERAL (${ofGroup([isEarly], `${limit + 1} - g.place`)}) d
      ORDER BY ${byAt} LIMIT ${limit}))) d ON true ORDER BY ${inOrder(conditions)} LIMIT ${limit}`;
  return { sql, parameters };
}

const NEWEST_FIRST = { comparison: '>=', last: 'min', end: '-infinity' } as const;
const OLDEST_FIRST = { comparison: '<=', last: 'max', end: 'infinity' } as const;

/** The groups of some listeners, at most so many. */
export function deliveryGroupsSql(
  tables: Tables,
  listeners: readonly string[],
  most: number,
): PageSql {
  const groups = groupsSql(tables, { listeners, event: undefined }, () => '$1');
  return {
    sql: `WITH RECURSIVE ${groups} SELECT * FROM groups LIMIT ${most}`,
    parameters: [listeners],
  };
}

const GROUP_COLUMNS = ['listener_id', 'event', 'status'] as const;

/** Groups `g` that are given as `groupParameters`; `$n` is the first of these. */
export function groupsFromSql(n: number): string {
  return `unnest($${n}::uuid[], $${n + 1}::text[], $${n + 2}::text[]) AS g(${GROUP_COLUMNS.join(', ')})`;
}

export function groupParameters(groups: readonly DeliveryGroup[]): readonly unknown[] {
  return GROUP_COLUMNS.map((name) => groups.map((group) => group[name]));
}

/** Whether a delivery `d` is in the group `g`. */
export const IN_GROUP =
  'd.listener_id = g.listener_id AND d.event = g.event AND d.status = g.status';

/**
 * The common table expression `groups`: those of some listeners, and of an event name if one is given. Each look is for the next entry of
 * the whole index by listener, because a look for an entry of the listener could as well walk another index.
 */
function groupsSql(
  { delivery }: Tables,
  { listeners, event }: Pick<GroupConditions, 'listeners' | 'event'>,
  parameter: Parameter,
): string {
  const name = event === undefined ? null : parameter(event);
  const next = (isLater: string) =>
    `SELECT d.listener_id, d.event, d.status FROM ${delivery} d WHERE ${isLater} ORDER BY d.listener_id, d.event, d.status LIMIT 1`;
  const isFirst =
    name === null ? 'd.listener_id >= l.id' : `(d.listener_id, d.event) >= (l.id, ${name})`;
  const isNext = '(d.listener_id, d.event, d.status) > (g.listener_id, g.event, g.status)';
  const isOfName = name === null ? '' : `AND d.event = ${name}`;
  return `groups AS (
      SELECT d.* FROM unnest(${parameter(listeners)}::uuid[]) AS l(id) CROSS JOIN LATERAL (${next(isFirst)}) d
      WHERE d.listener_id = l.id ${isOfName}
      UNION ALL SELECT d.* FROM groups g CROSS JOIN LATERAL (${next(isNext)}) d WHERE d.listener_id = g.listener_id ${isOfName})`;
}
