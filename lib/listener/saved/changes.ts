import { isPlainObject } from '../../base/json';
import type { Operation } from '../../hook/operation';
import { type Condition, storedMatcher } from '../../match/matcher';
import type { StoredCondition } from '../../match/operand';
import {
  type HeaderValue,
  isMarkedSecret,
  type ShownHeaderValue,
} from '../../options/header-value';
import type { ListenerOptions } from '../../options/listener';
import type { ListenerDraft } from '../declared/draft';
import type { StoredListener } from './listener-row';
import type { StoredSecrets } from './sealing';

/** What `update` may change. Null takes an option back to its default; the secret is kept. */
export type ListenerChanges = {
  readonly [Option in Exclude<keyof ListenerOptions, 'headers'>]?: ListenerOptions[Option] | null;
} & {
  /** All of them. A value that is `{ secret: null }`, as it is read, keeps the stored one. */
  readonly headers?: Readonly<Record<string, HeaderValue | ShownHeaderValue>> | null;
  readonly match?: Readonly<Record<string, Condition>>;
  readonly on?: readonly Operation[] | null;
};

/** A stored listener with some changes, as it would be said in code. */
export function changedDraft(
  { listener, secrets }: StoredListener,
  changes: ListenerChanges,
): ListenerDraft {
  const { match, on, ...options } = changes;
  const current: ListenerOptions = {
    url: listener.target,
    digest: listener.digest,
    contentType: listener.contentType,
    config: listener.config,
    replies: listener.replies,
    delivery: listener.delivery,
    ordered: listener.ordered,
    ...(listener.format && { format: listener.format }),
    ...(listener.owner && { owner: listener.owner }),
    ...(listener.key && { key: listener.key }),
    ...(listener.maxPerSecond && { maxPerSecond: listener.maxPerSecond }),
  };
  // What is named anew is not opened: that is the way out where it does not open.
  const changed = {
    ...current,
    ...options,
    secret: options.secret ?? secrets.secret,
    headers: 'headers' in options ? withKept(options.headers, secrets) : secrets.headers,
  };
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

/** Headers, of which those that nobody could read keep their value. */
function withKept(
  headers: ListenerChanges['headers'],
  secrets: StoredSecrets,
): ListenerChanges['headers'] {
  const isKept = (value: unknown) => isMarkedSecret(value) && value.secret === null;
  if (!isPlainObject(headers) || !Object.values(headers).some(isKept)) return headers;
  const stored = secrets.headers;
  const entries = Object.entries(headers).map(([name, value]) => [
    name,
    isKept(value) && Object.hasOwn(stored, name) ? stored[name] : value,
  ]);
  return Object.fromEntries(entries);
}

/** A stored condition as it would be said in code. */
function restored(condition: StoredCondition): Record<string, Condition> {
  return { [condition.field]: storedMatcher(condition) };
}
