import { validate as isUuid } from 'uuid';
import { positionOf } from './cursor';
import type { Tables } from './tables';

/** Which deliveries to read. An undefined member is no condition. */
export interface DeliveryConditions {
  /** The ids of the only deliveries that there can be. */
  readonly ids?: readonly string[];
  /** A listener's id; a text that is no UUID fits no delivery. */
  readonly listener: string | undefined;
  /** Only deliveries of this owner's listeners, of the first 3,000 that fit the other conditions; see `lastLookedAtSql`. */
  readonly owner?: string;
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

export type PagedConditions = DeliveryConditions & { readonly statuses: readonly string[] };

export type Parameter = (value: unknown) => string;
type Conditions = Pick<DeliveryConditions, 'listener' | 'event'>;

/** How many deliveries are looked at to find those of an owner. */
const LOOKED_AT = 3_000;

/** A page of deliveries, newest first unless the conditions say otherwise. */
export function pageSql(tables: Tables, conditions: PagedConditions, limit: number): PageSql {
  const parameters: unknown[] = [];
  const parameter: Parameter = (value) => `$${parameters.push(value)}`;
  const isWalked = conditions.owner === undefined && !isFiltered(conditions);
  const fits =
    conditions.ids !== undefined
      ? idsFit(conditions, parameter)
      : isWalked
        ? timesSql(conditions, CREATED, parameter)
        : [`d.id = ANY(ARRAY(${idsSql(tables, conditions, { limit, parameter })}))`];
  const sql = `SELECT d.* FROM ${tables.delivery} d WHERE ${isAll(fits)} ORDER BY ${inOrder(conditions)} LIMIT ${limit}`;
  return { sql, parameters };
}

/** The ids of a page. Those of an owner are looked for among the first deliveries that fit. */
function idsSql(
  { delivery, listener }: Tables,
  { owner, ...conditions }: PagedConditions,
  { limit, parameter }: { readonly limit: number; readonly parameter: Parameter },
): string {
  const most = owner === undefined ? limit : LOOKED_AT;
  const ids = `SELECT d.id FROM (${fittingSql(delivery, conditions, { most, parameter })}) d`;
  if (owner === undefined) return ids;
  // As a join, PostgreSQL could begin with all listeners of the owner.
  const isOwned = `(SELECT l.owner FROM ${listener} l WHERE l.id = d.listener_id) = ${parameter(owner)}`;
  return `${ids} WHERE ${isOwned} ORDER BY ${inOrder(conditions, AT)} LIMIT ${limit}`;
}

/** The last delivery that is looked at for an owner. No row if all that fit the other conditions are looked at. */
export function lastLookedAtSql({ delivery }: Tables, conditions: PagedConditions): PageSql {
  const parameters: unknown[] = [];
  const parameter: Parameter = (value) => `$${parameters.push(value)}`;
  const fitting = fittingSql(delivery, conditions, { most: LOOKED_AT, parameter });
  const last = `SELECT d.id FROM (${fitting}) d ORDER BY ${inOrder(conditions, AT)} OFFSET ${LOOKED_AT - 1}`;
  const sql = `SELECT d.id, d.created_at FROM ${delivery} d WHERE d.id = ANY(ARRAY(${last}))`;
  return { sql, parameters };
}

function isFiltered({ listener, event, statuses }: PagedConditions): boolean {
  return listener !== undefined || event !== undefined || statuses.length === 1;
}

function idsFit(conditions: PagedConditions, parameter: Parameter): readonly string[] {
  const { ids, statuses } = conditions;
  const own = [
    `d.id = ANY(${parameter(ids)}::uuid[])`,
    `d.status = ANY(${parameter(statuses)}::text[])`,
  ];
  return [...own, ...timesSql(conditions, CREATED, parameter)];
}

/**
 * The first deliveries that fit. The indexes of deliveries end with their status and time, so a page of several statuses is put
 * together from a page of each status, and a page of all event names from a page of each name. At most some pages are read, however few
 * of very many deliveries fit.
 */
function fittingSql(
  delivery: string,
  conditions: PagedConditions,
  { most, parameter }: { readonly most: number; readonly parameter: Parameter },
): string {
  const time = isFiltered(conditions) ? timeIn(conditions) : CREATED;
  const select = (fits: readonly string[]) =>
    `SELECT d.id, d.listener_id, ${time.of('d')} AS at FROM ${delivery} d WHERE ${isAll(fits)}
     ORDER BY ${inOrder(conditions, time)} LIMIT ${most}`;
  if (!isFiltered(conditions)) return select(timesSql(conditions, time, parameter));
  const { names, fits } = filtersSql(delivery, conditions, { time, parameter });
  const ofEach = select([...fits, 'd.status = s.status', ...timesSql(conditions, time, parameter)]);
  return `WITH RECURSIVE names(event) AS (${names})
    SELECT d.* FROM names n CROSS JOIN unnest(${parameter(conditions.statuses)}::text[]) AS s(status) CROSS JOIN LATERAL (${ofEach}) d
    ORDER BY ${inOrder(conditions, AT)} LIMIT ${most}`;
}

/** The order of deliveries `d`. */
export function inOrder(
  { isOldestFirst }: Pick<DeliveryConditions, 'isOldestFirst'>,
  { of }: Pick<TimeColumn, 'of'> = CREATED,
): string {
  const direction = isOldestFirst ? 'ASC' : 'DESC';
  return `${of('d')} ${direction}, d.id ${direction}`;
}

export interface TimeColumn {
  readonly of: (delivery: string) => string;
  readonly compared: (time: string) => string;
}

const CREATED: TimeColumn = {
  of: (delivery) => `${delivery}.created_at`,
  compared: (time) => `${time}::timestamptz`,
};

/** The time of a row that has it as `at`. */
const AT: Pick<TimeColumn, 'of'> = { of: (row) => `${row}.at` };

/**
 * The time as it stands in the index of these conditions, and in no other; see the migration that made them. With the column itself,
 * PostgreSQL may walk the newest deliveries of all.
 */
export function timeIn({ listener, event }: Conditions): TimeColumn {
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

/** Selects the names of events that there are such deliveries of, each by one look into an index. For the recursive `names(event)`. */
export function namesSql(
  delivery: string,
  own: readonly string[] = [],
  time = timeIn({ listener: undefined, event: undefined }),
): string {
  const next = (conditions: readonly string[]) =>
    `(SELECT d.event FROM ${delivery} d WHERE ${isAll(conditions)} ORDER BY d.event, d.status, ${time.of('d')}, d.id LIMIT 1)`;
  return `SELECT ${next(own)} UNION ALL
    SELECT ${next([...own, 'd.event > n.event'])} FROM names n WHERE n.event IS NOT NULL`;
}

export function timesSql(
  {
    since,
    until,
    cursor,
    isOldestFirst = false,
  }: Pick<DeliveryConditions, 'since' | 'until' | 'cursor' | 'isOldestFirst'>,
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

export function isAll(conditions: readonly string[]): string {
  return conditions.length > 0 ? conditions.join(' AND ') : 'true';
}
