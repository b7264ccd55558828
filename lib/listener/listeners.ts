import { validate as isUuid } from 'uuid';
import { type Database, type Query, runOn } from '../database';
import { ListenerInvalidError, OptionInvalidError } from '../errors';
import type { HookCatalog } from '../hook/catalog';
import type { Operation } from '../hook/operation';
import { storable } from '../json';
import { type Condition, storedMatcher } from '../match/matcher';
import type { StoredCondition } from '../match/operand';
import { asOptions, ListenerBuilder, type SaveOptions } from './builder';
import type { ListenerDraft } from './draft';
import type { Listener, ListenerOptions } from './listener';
import { normalise } from './normal';
import type { RecipientPolicy } from './recipient-policy';
import type { ListenerStore, Saved, StoredListener } from './store';

/** What `find` may ask for; all of it must hold. */
export interface ListenerWhere {
  readonly hook?: string;
  readonly pattern?: string;
  readonly owner?: string;
  readonly key?: string;
  readonly target?: string;
  readonly active?: boolean;
}

/** What `update` may change. Null takes an option back to its default; the secret is kept. */
export type ListenerChanges = {
  readonly [Option in keyof ListenerOptions]?: ListenerOptions[Option] | null;
} & {
  readonly match?: Readonly<Record<string, Condition>>;
  readonly on?: readonly Operation[] | null;
};

/** Stored listeners: `hooks.listeners`. */
export class Listeners {
  constructor(
    private readonly database: Database,
    private readonly store: ListenerStore,
    private readonly catalog: () => HookCatalog,
    private readonly policyOf: (hook: string | null) => RecipientPolicy,
    private readonly startedAt: () => Date,
  ) {}

  /** The start of `hooks.for(Person).listener(…)` and `hooks.listen(…)`. */
  build(
    of: Pick<ListenerDraft, 'hook' | 'pattern'>,
    target: string | ListenerOptions,
  ): ListenerBuilder {
    const draft = { ...of, options: asOptions(target), operations: undefined, match: undefined };
    return new ListenerBuilder(draft, (complete, options) => this.#save(complete, options));
  }

  /** Saves all of them in one transaction, in the order given. */
  async saveMany(
    builders: readonly ListenerBuilder[],
    options: SaveOptions = {},
  ): Promise<readonly Listener[]> {
    const listeners = builders.map(({ draft }) => this.#normalise(draft));
    return this.#inTransaction(options, async (query) => {
      const saved = await this.store.upsert(query, listeners);
      const stored = await this.#withSecrets(query, saved);
      const byIdentity = new Map(saved.map(({ id, listener }) => [listener.identity, id]));
      return listeners.flatMap(({ identity }) => stored.get(byIdentity.get(identity) ?? '') ?? []);
    });
  }

  /** Rejects with `OPTION_INVALID` for what cannot be asked for. */
  async find(where: ListenerWhere = {}): Promise<readonly Listener[]> {
    for (const column of Object.keys(where))
      if (!Object.hasOwn(FINDABLE, column))
        throw new OptionInvalidError(column, `one of ${Object.keys(FINDABLE).join(', ')}`);
    const named = Object.entries(where).filter(([, value]) => value !== undefined);
    const conditions = named.map(
      ([column], n) => `l.${FINDABLE[column as keyof ListenerWhere]} = $${n + 1}`,
    );
    const found = await this.store.find(
      this.database.query,
      conditions.join(' AND ') || 'true',
      named.map(([, value]) => value),
    );
    return found.map(({ listener }) => listener);
  }

  /** Null where there is none. */
  async get(id: string): Promise<Listener | null> {
    return (await this.#stored(this.database.query, id))?.listener ?? null;
  }

  /** Changes a listener, checked as a whole. Rejects as `save` does, and with `LISTENER_INVALID` for an unknown id. */
  async update(id: string, changes: ListenerChanges): Promise<Listener> {
    return this.database.transaction(async (query) => {
      const stored = await this.#stored(query, id);
      if (!stored) throw unknown(id);
      const changed = this.#normalise(changedDraft(stored, changes));
      if (!(await this.store.replace(query, id, changed)))
        throw new ListenerInvalidError({ url: ['another listener is the same already'] });
      return ((await this.#stored(query, id)) as StoredListener).listener;
    });
  }

  /** Deactivates: events are no longer matched, and deliveries that are planned end `skipped`. */
  async pause(id: string, why: string): Promise<void> {
    const assignments = 'active = false, inactive_reason = $2, inactive_since = now()';
    const parameters = [storable(why)];
    if (!isUuid(id) || !(await this.store.set(this.database.query, id, assignments, parameters)))
      throw unknown(id);
  }

  /** Activates again and forgets past failures. */
  async resume(id: string): Promise<void> {
    const assignments =
      'active = true, inactive_reason = NULL, inactive_since = NULL, paused_until = NULL, failing_since = NULL';
    if (!isUuid(id) || !(await this.store.set(this.database.query, id, assignments, [])))
      throw unknown(id);
  }

  /** False where there was none. */
  async remove(id: string): Promise<boolean> {
    return isUuid(id) && this.store.remove(this.database.query, id);
  }

  /** Listeners that code declared once, but not since this process attached: candidates for removal. */
  async stale(): Promise<readonly Listener[]> {
    const found = await this.store.find(this.database.query, 'l.declared_at < $1', [
      this.startedAt(),
    ]);
    return found.map(({ listener }) => listener);
  }

  async #save(draft: ListenerDraft, options: SaveOptions): Promise<Listener> {
    const listener = this.#normalise(draft);
    return this.#inTransaction(options, async (query) => {
      const saved = await this.store.upsert(query, [listener]);
      const [stored] = (await this.#withSecrets(query, saved)).values();
      return stored as Listener;
    });
  }

  #normalise(draft: ListenerDraft) {
    return normalise(draft, this.catalog(), this.policyOf(draft.hook));
  }

  #inTransaction<T>({ manager }: SaveOptions, work: (query: Query) => Promise<T>): Promise<T> {
    const runner = manager?.queryRunner;
    if (!runner) return this.database.transaction(work);
    return work((sql, parameters) => runOn(runner, sql, parameters));
  }

  async #withSecrets(query: Query, saved: readonly Saved[]): Promise<Map<string, Listener>> {
    const created = new Set(saved.filter((one) => one.created).map(({ id }) => id));
    const stored = await this.store.find(query, 'l.id = ANY($1)', [saved.map(({ id }) => id)]);
    return new Map(
      stored.map(({ listener, secret }) => [
        listener.id,
        created.has(listener.id) ? { ...listener, secret } : listener,
      ]),
    );
  }

  async #stored(query: Query, id: string): Promise<StoredListener | undefined> {
    return isUuid(id) ? (await this.store.find(query, 'l.id = $1', [id]))[0] : undefined;
  }
}

const FINDABLE: Readonly<Record<keyof ListenerWhere, string>> = {
  hook: 'hook',
  pattern: 'pattern',
  owner: 'owner',
  key: 'key',
  target: 'target',
  active: 'active',
};

function unknown(id: string): ListenerInvalidError {
  return new ListenerInvalidError({ id: [`no listener ${id} is stored`] });
}

function changedDraft(
  { listener, secret }: StoredListener,
  changes: ListenerChanges,
): ListenerDraft {
  const { match, on, ...options } = changes;
  const current: ListenerOptions = {
    url: listener.target,
    secret,
    digest: listener.digest,
    contentType: listener.contentType,
    headers: listener.headers,
    config: listener.config,
    replies: listener.replies,
    delivery: listener.delivery,
    ...(listener.format && { format: listener.format }),
    ...(listener.owner && { owner: listener.owner }),
    ...(listener.key && { key: listener.key }),
  };
  const changed = { ...current, ...options, secret: options.secret ?? secret };
  const merged = Object.entries(changed).filter(([, value]) => value != null);
  const operations = on === undefined ? listener.operations : on;
  return {
    hook: listener.hook,
    pattern: listener.pattern,
    options: Object.fromEntries(merged) as unknown as ListenerOptions,
    operations: operations ?? undefined,
    match: match ? [match] : listener.match.map(restored),
  };
}

/** A stored condition as it would be said in code. */
function restored(condition: StoredCondition): Record<string, Condition> {
  return { [condition.field]: storedMatcher(condition) };
}
