import { validate as isUuid } from 'uuid';
import { positionOf } from './cursor';
import type { Tables } from './tables';

/** Which deliveries to read. An undefined member is no condition. */
export interface DeliveryConditions {
  /** The id of the only delivery that there can be. */
  readonly id?: string;
  /** A listener's id; a text that is no UUID fits no delivery. */
  readonly listener: string | undefined;
  /** An event's id or name. */
  readonly event: string | undefined;
  /** Created then or later. */
  readonly since: Date | undefined;
  /** Created before. */
  readonly until: Date | undefined;
  /** `cursorAfter` of the last delivery of the page before. */
  readonly cursor: string | undefined;
  /** Oldest first. Left out: newest first. */
  readonly isOldestFirst?: boolean;
}

export interface PageSql {
  readonly sql: string;
  readonly parameters: readonly unknown[];
}

type Parameter = (value: unknown) => string;
type Conditions = Pick<DeliveryConditions, 'listener' | 'event'>;

/**
 * A page of deliveries, newest first unless the conditions say otherwise. The indexes of deliveries end with their status and time, so a page of several statuses is put
 * together from a page of each status, and a page of all event names from a page of each name. At most some pages are read, however few
 * of very many deliveries fit.
 */
export function pageSql(
  { delivery }: Tables,
  { statuses, ...conditions }: DeliveryConditions & { readonly statuses: readonly string[] },
  limit: number,
): PageSql {
  const parameters: unknown[] = [];
  const parameter: Parameter = (value) => `$${parameters.push(value)}`;
  const isFiltered =
    conditions.listener !== undefined || conditions.event !== undefined || statuses.length === 1;
  const time = isFiltered ? timeIn(conditions) : CREATED;
  const { names, fits } = filtersSql(delivery, conditions, { time, parameter });
  const times = timesSql(conditions, time, parameter);
  const direction = conditions.isOldestFirst ? 'ASC' : 'DESC';
  const inOrder = `ORDER BY d.created_at ${direction}, d.id ${direction} LIMIT ${limit}`;
  const select = `SELECT d.* FROM ${delivery} d`;
  if (conditions.id !== undefined) {
    const own = [`d.id = ${parameter(conditions.id)}`, `d.status = ANY(${parameter(statuses)})`];
    return { sql: `${select} WHERE ${isAll([...own, ...fits, ...times])}`, parameters };
  }
  if (!isFiltered) return { sql: `${select} WHERE ${isAll(times)} ${inOrder}`, parameters };
  const ofEach = `SELECT d.id, ${time.of('d')} AS at FROM ${delivery} d WHERE ${isAll([...fits, 'd.status = s.status', ...times])}
    ORDER BY ${time.of('d')} ${direction}, d.id ${direction} LIMIT ${limit}`;
  const sql = `WITH RECURSIVE names(event) AS (${names}) ${select} WHERE d.id = ANY(ARRAY(
      SELECT d.id FROM names n CROSS JOIN unnest(${parameter(statuses)}::text[]) AS s(status) CROSS JOIN LATERAL (${ofEach}) d
      ORDER BY d.at ${direction}, d.id ${direction} LIMIT ${limit})) ${inOrder}`;
  return { sql, parameters };
}

interface TimeColumn {
  readonly of: (delivery: string) => string;
  readonly compared: (time: string) => string;
}

const CREATED: TimeColumn = {
  of: (delivery) => `${delivery}.created_at`,
  compared: (time) => `${time}::timestamptz`,
};
/**
 * The time as it stands in the index of these conditions, and in no other; see the migration that made them. With the column itself,
 * PostgreSQL may walk the newest deliveries of all.
 */
function timeIn({ listener, event }: Conditions): TimeColumn {
  const byEvent = event !== undefined && isUuid(event) ? 'GMT' : 'Etc/UTC';
  const zone = listener !== undefined && byEvent !== 'GMT' ? 'UTC' : byEvent;
  return {
    of: (delivery) => `(${delivery}.created_at AT TIME ZONE '${zone}')`,
    compared: (time) => `(${time}::timestamptz AT TIME ZONE '${zone}')`,
  };
}

interface Filters {
  /** Selects the event names that a page is put together from. */
  readonly names: string;
  /** Conditions on a delivery `d` of the name `n.event`. */
  readonly fits: readonly string[];
}

function filtersSql(
  delivery: string,
  { listener, event }: Conditions,
  { time, parameter }: { readonly time: TimeColumn; readonly parameter: Parameter },
): Filters {
  const isId = event !== undefined && isUuid(event);
  const own: string[] = [];
  if (listener !== undefined)
    own.push(isUuid(listener) ? `d.listener_id = ${parameter(listener)}::uuid` : 'false');
  if (isId)
    return { names: 'SELECT NULL::text', fits: [...own, `d.event_id = ${parameter(event)}::uuid`] };
  const fits = [...own, 'd.event = n.event'];
  if (event !== undefined) return { names: `SELECT ${parameter(event)}::text`, fits };
  return { names: namesSql(delivery, own, time), fits };
}

/** The names of events that there are such deliveries of, each by one look into an index. */
function namesSql(delivery: string, own: readonly string[], time: TimeColumn): string {
  const next = (conditions: readonly string[]) =>
    `(SELECT d.event FROM ${delivery} d WHERE ${isAll(conditions)} ORDER BY d.event, d.status, ${time.of('d')}, d.id LIMIT 1)`;
  return `SELECT ${next(own)} UNION ALL
    SELECT ${next([...own, 'd.event > n.event'])} FROM names n WHERE n.event IS NOT NULL`;
}

function timesSql(
  {
    since,
    until,
    cursor,
    isOldestFirst = false,
  }: Omit<DeliveryConditions, 'id' | keyof Conditions>,
  { of, compared }: TimeColumn,
  parameter: Parameter,
): readonly string[] {
  const conditions: string[] = [];
  if (since !== undefined) conditions.push(`${of('d')} >= ${compared(parameter(since))}`);
  if (until !== undefined) conditions.push(`${of('d')} < ${compared(parameter(until))}`);
  if (cursor !== undefined) {
    const [at, id] = positionOf(cursor);
    conditions.push(
      `(${of('d')}, d.id) ${isOldestFirst ? '>' : '<'} (${compared(parameter(at))}, ${parameter(id)}::uuid)`,
    );
  }
  return conditions;
}

function isAll(conditions: readonly string[]): string {
  return conditions.length > 0 ? conditions.join(' AND ') : 'true';
}
