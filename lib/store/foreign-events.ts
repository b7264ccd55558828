import { BUFFERED } from './buffers';
import type { Query } from './database';
import {
  ANY_SHAPE,
  type KnownHook,
  LEFT_SHAPE,
  lockedSql,
  OPEN_SHAPE,
  PLAN_ORDER,
  unplannedSql,
} from './events';
import { pairsSql } from './pairs-sql';
import type { Tables } from './tables';

/** Unplanned events of one hook that this process does not plan. */
export interface ForeignHookRow {
  readonly hook: string;
  /** Counted up to `MAX_COUNTED` for each set of fields. */
  readonly events: number;
  /** Milliseconds since the oldest of them occurred. */
  readonly age_ms: number;
}

/** How many events of a hook, and of how long ago. */
export interface OldEvents {
  readonly ageMs: number;
  /** At most this many of each hook and shape. */
  readonly limit: number;
}

export interface HookCount {
  readonly hook: string;
  readonly count: number;
}

/** Above this, events are not counted: each count reads them. */
const MAX_COUNTED = 10_000;

/** Statements on events that this process leaves to others. None of them reads more rows than it counts or changes. */
export class ForeignEvents {
  constructor(
    private readonly query: Query,
    private readonly tables: Tables,
  ) {}

  /** The hooks that have such events. */
  count(hooks: readonly KnownHook[]): Promise<readonly ForeignHookRow[]> {
    const { event } = this.tables;
    return this.query<ForeignHookRow>(
      `${pairsSql(event)} SELECT p.hook, sum(c.events)::float8 AS events, max(o.age_ms) AS age_ms
       FROM pairs p CROSS JOIN LATERAL (
         SELECT count(*) AS events FROM (SELECT FROM ${event} WHERE ${OF_PAIR_SQL} ORDER BY ${PLAN_ORDER} LIMIT ${MAX_COUNTED}) e
       ) c CROSS JOIN LATERAL (
         SELECT (extract(epoch FROM clock_timestamp() - occurred_at) * 1000)::float8 AS age_ms
         FROM ${event} WHERE ${OF_PAIR_SQL} ORDER BY ${PLAN_ORDER} LIMIT 1
       ) o WHERE ${isForeignSql('$2')} GROUP BY p.hook ORDER BY p.hook`,
      [namesOf(hooks), shapesOf(hooks)],
    );
  }

  /** The open hooks that unplanned events have. Their names are all that a process needs in order to plan the events. */
  async openHooks(): Promise<readonly string[]> {
    const rows = await this.query<{ hook: string }>(
      `${pairsSql(this.tables.event)} SELECT hook FROM pairs WHERE shape = '${OPEN_SHAPE}'`,
    );
    return rows.map(({ hook }) => hook);
  }

  /**
   * Lets any process plan events that have other fields than their hook has here, and that no process has taken within this time.
   * Returns the hooks that had such events.
   */
  adopt(hooks: readonly KnownHook[], { ageMs, limit }: OldEvents): Promise<readonly HookCount[]> {
    const { event } = this.tables;
    const isForeign = `p.hook = ANY($1::text[]) AND p.shape <> '${LEFT_SHAPE}' AND ${isForeignSql('$4')}`;
    const old = lockedSql(event, oldSql(event, isForeign));
    return this.query<HookCount>(
      `WITH adopted AS (
         UPDATE ${event} SET shape = '${ANY_SHAPE}' WHERE id = ANY(ARRAY(${old})) RETURNING hook
       ) SELECT hook, count(*)::int AS count FROM adopted GROUP BY hook`,
      [namesOf(hooks), ageMs, limit, shapesOf(hooks)],
    );
  }

  /**
   * Deletes unplanned events of hooks that are not attached here, if the newest of a hook is older than that. A hook with newer events is
   * still captured somewhere, so its events are kept.
   */
  prune(hooks: readonly KnownHook[], { ageMs, limit }: OldEvents): Promise<readonly HookCount[]> {
    const { event } = this.tables;
    const isAbandoned = `p.hook <> ALL($1::text[]) AND NOT EXISTS (
      SELECT FROM pairs n CROSS JOIN LATERAL (
        SELECT occurred_at FROM ${event} WHERE ${unplannedSql('n.hook', 'n.shape')}
        ORDER BY hook DESC, shape DESC, id DESC LIMIT 1
      ) l WHERE n.hook = p.hook AND l.occurred_at >= ${CUTOFF_SQL})`;
    const old = lockedSql(event, oldSql(event, isAbandoned));
    return this.query<HookCount>(
      `WITH pruned AS (
         DELETE FROM ${event} WHERE id = ANY(ARRAY(${old})) RETURNING hook
       ) SELECT hook, count(*)::int AS count FROM pruned GROUP BY hook`,
      [namesOf(hooks), ageMs, limit],
    );
  }
}

const OF_PAIR_SQL = unplannedSql('p.hook', 'p.shape');

/** Whether this process leaves events of a hook and shape to others; buffered ones wait for their buffer. `$1` holds the names of its hooks, `shapes` their shapes. */
function isForeignSql(shapes: string): string {
  return `p.shape NOT LIKE '${BUFFERED}%' AND NOT EXISTS (SELECT FROM unnest($1::text[], ${shapes}::text[]) AS k(name, fields)
    WHERE k.name = p.hook AND p.shape IN (k.fields, '${ANY_SHAPE}'))`;
}

/** `$2`: an age in milliseconds. */
const CUTOFF_SQL = `clock_timestamp() - $2::float8 * interval '1 millisecond'`;

/** Ids of those of the `$3` oldest events of each pair that are older than `$2`. */
function oldSql(event: string, condition: string): string {
  return `${pairsSql(event)} SELECT e.id FROM pairs p CROSS JOIN LATERAL (
    SELECT id, occurred_at FROM ${event} WHERE ${OF_PAIR_SQL} ORDER BY ${PLAN_ORDER} LIMIT $3
  ) e WHERE ${condition} AND e.occurred_at < ${CUTOFF_SQL}`;
}

function namesOf(hooks: readonly KnownHook[]): readonly string[] {
  return hooks.map(({ name }) => name);
}

function shapesOf(hooks: readonly KnownHook[]): readonly string[] {
  return hooks.map(({ shape }) => shape);
}
