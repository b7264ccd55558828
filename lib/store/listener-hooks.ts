import { HANDLER_SCHEME } from '../options/handler-ref';
import type { Query } from './database';
import type { Tables } from './tables';

/** Listeners of a hook whose last delivery is looked at. */
const ASKED = 10;
/** The most hooks that are named. */
const MAX_HOOKS = 20;
/** The most patterns that are read. */
const MAX_PATTERNS = 1_000;
/** The most handlers that are read. */
const MAX_HANDLERS = 1_000;

/** The most selected fields that are read. */
const MAX_FIELDS = 1_000;

/** Statements on the hooks that listeners name. */
export class ListenerHooks {
  constructor(
    protected readonly query: Query,
    protected readonly tables: Tables,
  ) {}

  /**
   * The hooks of active listeners that are none of these, except defined hooks: an application defines them after it has attached. Their
   * events have the name of the hook. The index is walked from name to name, however many listeners a hook has.
   */
  async besides(hooks: readonly string[]): Promise<readonly string[]> {
    const { listener, delivery } = this.tables;
    const rows = await this.query<{ hook: string }>(
      `WITH RECURSIVE names(hook) AS (
         (SELECT hook FROM ${listener} WHERE active AND hook IS NOT NULL ORDER BY hook LIMIT 1)
         UNION ALL SELECT (SELECT l.hook FROM ${listener} l WHERE l.active AND l.hook > n.hook ORDER BY l.hook LIMIT 1)
         FROM names n WHERE n.hook IS NOT NULL
       ) SELECT n.hook FROM names n WHERE n.hook IS NOT NULL AND NOT (n.hook = ANY($1::text[])) AND NOT EXISTS (
         SELECT FROM (SELECT id FROM ${listener} l WHERE l.active AND l.hook = n.hook LIMIT ${ASKED}) l, LATERAL (
           SELECT d.event FROM ${delivery} d WHERE d.listener_id = l.id ORDER BY d.created_at DESC LIMIT 1
         ) last WHERE last.event = n.hook)
       LIMIT ${MAX_HOOKS}`,
      [hooks],
    );
    return rows.map(({ hook }) => hook);
  }

  /** The patterns of active listeners, each once. The index is walked from pattern to pattern, however many listeners one has. */
  async patterns(): Promise<readonly string[]> {
    const { listener } = this.tables;
    const rows = await this.query<{ pattern: string }>(
      `WITH RECURSIVE names(pattern) AS (
         (SELECT pattern FROM ${listener} WHERE active AND pattern IS NOT NULL ORDER BY pattern LIMIT 1)
         UNION ALL SELECT (SELECT l.pattern FROM ${listener} l WHERE l.active AND l.pattern > n.pattern ORDER BY l.pattern LIMIT 1)
         FROM names n WHERE n.pattern IS NOT NULL
       ) SELECT n.pattern FROM names n WHERE n.pattern IS NOT NULL LIMIT ${MAX_PATTERNS}`,
    );
    return rows.map(({ pattern }) => pattern);
  }

  /** The handlers that are targets of active listeners, each once, as texts. It reads all listeners. */
  async handlers(): Promise<readonly string[]> {
    const rows = await this.query<{ target: string }>(
      `SELECT DISTINCT target FROM ${this.tables.listener} WHERE active AND starts_with(target, '${HANDLER_SCHEME}') LIMIT ${MAX_HANDLERS}`,
    );
    return rows.map(({ target }) => target);
  }

  /** The fields that active listeners of these hooks select, with the number of listeners. It reads all listeners. */
  async selected(
    hooks: readonly string[],
  ): Promise<
    readonly { readonly hook: string; readonly field: string; readonly listeners: number }[]
  > {
    return this.query(
      `SELECT l.hook, field, count(*)::int AS listeners FROM ${this.tables.listener} l, unnest(l.selected) field
       WHERE l.active AND l.hook = ANY($1::text[]) GROUP BY l.hook, field ORDER BY l.hook, field LIMIT ${MAX_FIELDS}`,
      [hooks],
    );
  }

  /**
   * Whether an active listener wants signatures by key pairs: among this many of the newest, or among all. Handlers get no signature.
   */
  async isAnyAsymmetric(newest: number | null = null): Promise<boolean> {
    const [row] = await this.query<{ found: boolean }>(
      `SELECT EXISTS (
         SELECT FROM (SELECT active, signature, target FROM ${this.tables.listener} ${newest === null ? '' : `ORDER BY created_at DESC, id DESC LIMIT ${newest}`}) l
         WHERE active AND signature <> 'v1' AND NOT starts_with(target, '${HANDLER_SCHEME}')) AS found`,
    );
    return row?.found === true;
  }
}
