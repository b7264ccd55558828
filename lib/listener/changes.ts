import type { Operation } from '../hook/operation';
import { type Condition, storedMatcher } from '../match/matcher';
import type { StoredCondition } from '../match/operand';
import type { ListenerDraft } from './draft';
import type { ListenerOptions } from './listener';
import type { StoredListener } from './listener-row';

/** What `update` may change. Null takes an option back to its default; the secret is kept. */
export type ListenerChanges = {
  readonly [Option in keyof ListenerOptions]?: ListenerOptions[Option] | null;
} & {
  readonly match?: Readonly<Record<string, Condition>>;
  readonly on?: readonly Operation[] | null;
};

/** A stored listener with some changes, as it would be said in code. */
export function changedDraft(
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
    ordered: listener.ordered,
    ...(listener.format && { format: listener.format }),
    ...(listener.owner && { owner: listener.owner }),
    ...(listener.key && { key: listener.key }),
    ...(listener.maxPerSecond && { maxPerSecond: listener.maxPerSecond }),
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
