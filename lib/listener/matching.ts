import type { Query } from '../database';
import type { HookCatalog } from '../hook/catalog';
import type { HookEvent } from '../hook/event';
import { matches } from '../match/matches';
import type { StoredCondition } from '../match/operand';
import type { Tables } from '../tables';
import { patternsOf } from './pattern';
import type { ListenerStore } from './store';

/** What must be known of a listener to decide whether it wants an event. */
export interface Candidate {
  readonly id: string;
  readonly hook: string | null;
  readonly operations: readonly string[] | null;
  readonly pattern: string | null;
  readonly owner: string | null;
  readonly match: readonly StoredCondition[];
}

/** An event and the listeners that want it. */
export interface Match {
  readonly event: HookEvent;
  readonly listenerIds: readonly string[];
}

/** Finds who wants to hear of events. Reads the stored listeners afresh for every batch, so that none is ever missed. */
export class ListenerMatching {
  constructor(
    private readonly tables: Tables,
    private readonly store: ListenerStore,
    private readonly catalog: () => HookCatalog,
  ) {}

  async matching(query: Query, events: readonly HookEvent[]): Promise<readonly Match[]> {
    if (events.length === 0) return [];
    const candidates = await this.#candidates(query, events);
    return events.map((event) => ({
      event,
      listenerIds: candidates
        .filter((listener) => wants(listener, event, this.catalog()))
        .map(({ id }) => id),
    }));
  }

  #candidates(query: Query, events: readonly HookEvent[]): Promise<readonly Candidate[]> {
    const hooks = [...new Set(events.map(({ hook }) => hook))];
    const patterns = [...new Set(events.flatMap(({ name }) => patternsOf(name)))];
    return query<Candidate>(
      `SELECT l.id, l.hook, l.operations, l.pattern, l.owner, ${this.store.matchSql()} AS match
       FROM ${this.tables.listener} l WHERE l.active AND (l.hook = ANY($1) OR l.pattern = ANY($2))`,
      [hooks, patterns],
    );
  }
}

/** Whether a listener wants an event: its hook or pattern, its operations, its owner, and every one of its conditions. */
export function wants(listener: Candidate, event: HookEvent, catalog: HookCatalog): boolean {
  const { hook, pattern, operations, owner } = listener;
  if (hook !== null && hook !== event.hook) return false;
  if (pattern !== null && !patternsOf(event.name).includes(pattern)) return false;
  if (operations && (event.operation === null || !operations.includes(event.operation)))
    return false;
  if (owner !== null && owner !== event.sender) return false;
  const fields = catalog.find(event.hook)?.fields;
  return listener.match.every((condition) => {
    const field = fields?.get(condition.field);
    return field !== undefined && matches(condition, event.data[field.path], field.kind);
  });
}
