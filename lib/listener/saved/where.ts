import { checkedOptions } from '../../options/checked';
import { BOOLEAN, type Shape, TEXT, TEXT_OR_NULL, wholeNumberFrom } from '../../options/rules';
import { positionOf } from '../../store/cursor';
import type { Listener } from '../declared/listener';

/** What `find` and `page` look for: each member must be equal. `null` means that the listener has none. */
export interface ListenerWhere {
  readonly hook?: string | null;
  readonly pattern?: string | null;
  readonly owner?: string | null;
  readonly key?: string | null;
  readonly target?: string;
  readonly active?: boolean;
}

export interface ListenerPageOptions {
  /** 1 to 1,000. @defaultValue `100` */
  readonly limit?: number;
  /** `nextCursor` of the page before. */
  readonly cursor?: string;
}

export const LISTENER_PAGE_DEFAULTS = { limit: 100 } as const satisfies Omit<
  Required<ListenerPageOptions>,
  'cursor'
>;

export interface ListenerPage {
  /** Newest first. */
  readonly items: readonly Listener[];
  /** Null on the last page. */
  readonly nextCursor: string | null;
}

const WHERE_SHAPE: Shape<ListenerWhere> = {
  hook: TEXT_OR_NULL,
  pattern: TEXT_OR_NULL,
  owner: TEXT_OR_NULL,
  key: TEXT_OR_NULL,
  target: TEXT,
  active: BOOLEAN,
};

/** Throws `OPTION_INVALID`, also for a member that is `undefined`. */
export function checkedWhere(where: ListenerWhere): ListenerWhere {
  return checkedOptions(where, WHERE_SHAPE, { name: 'where', refusesUndefined: true });
}

export const PAGE_SHAPE: Shape<ListenerPageOptions> = {
  limit: wholeNumberFrom(1, 1_000),
  cursor: TEXT,
};

export interface SqlCondition {
  readonly sql: string;
  readonly parameters: readonly unknown[];
}

/** The condition on a listener `l`. The names of the members are those of the columns. */
export function whereSql(where: ListenerWhere, cursor?: string): SqlCondition {
  const parameters: unknown[] = [];
  const conditions = Object.entries(where).map(([column, value]) => {
    if (value === null) return `l.${column} IS NULL`;
    parameters.push(value);
    return `l.${column} = $${parameters.length}`;
  });
  if (cursor !== undefined) {
    parameters.push(...positionOf(cursor));
    const [at, id] = [parameters.length - 1, parameters.length];
    conditions.push(`(l.created_at, l.id) < ($${at}::timestamptz, $${id}::uuid)`);
  }
  return { sql: conditions.join(' AND ') || 'true', parameters };
}
