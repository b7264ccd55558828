import { isPlainObject } from '../../base/json';
import type { Operation } from '../../hook/operation';
import { type Condition, storedMatcher } from '../../match/matcher';
import type { StoredCondition } from '../../match/operand';
import { withoutUndefined } from '../../options/delivery-defaults';
import type { HandlerRef } from '../../options/handler-ref';
import {
  type HeaderValue,
  isMarkedSecret,
  type ShownHeaderValue,
} from '../../options/header-value';
import type { ListenerOptions } from '../../options/listener';
import { type ListenerDraft, textOf } from '../declared/builder';
import type { StoredListener } from './listener-row';
import type { StoredSecrets } from './sealing';

/** What `update` can change. Null resets an option to its default, but a null `secret` keeps the current one. */
export type ListenerChanges = {
  readonly [Option in Exclude<keyof ListenerOptions, 'headers' | 'url'>]?:
    | ListenerOptions[Option]
    | null;
} & {
  readonly url?: string | HandlerRef | null;
  /** Replaces all headers. A value of `{ secret: null }`, as a listener shows it, keeps the stored one. */
  readonly headers?: Readonly<Record<string, HeaderValue | ShownHeaderValue>> | null;
  readonly match?: Readonly<Record<string, Condition>>;
  readonly on?: readonly Operation[] | null;
};

/** The draft that declares a stored listener with these changes. */
export function changedDraft(
  { listener, secrets }: StoredListener,
  changes: ListenerChanges,
): ListenerDraft {
  const { match, on, ...options }: ListenerChanges = withoutUndefined(changes);
  const current: ListenerOptions = {
    url: listener.target,
    digest: listener.digest,
    signature: listener.signature,
    contentType: listener.contentType,
    config: listener.config,
    replies: listener.replies,
    delivery: listener.delivery,
    ordered: listener.ordered,
    ...(listener.format && { format: listener.format }),
    ...(listener.owner && { owner: listener.owner }),
    ...(listener.key && { key: listener.key }),
    ...(listener.maxPerSecond && { maxPerSecond: listener.maxPerSecond }),
    ...(listener.batch && { batch: listener.batch }),
    ...(listener.select && { select: listener.select }),
  };
  // Secrets that are replaced are not decrypted, so that a listener whose secrets cannot be decrypted can be repaired.
  const changed = {
    ...current,
    ...options,
    ...(options.url != null && { url: textOf(options.url) }),
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
    match: match == null ? listener.match.map(restored) : [match],
    keepsDelivery: options.delivery === undefined,
    keepsSignature: options.signature === undefined || options.signature === listener.signature,
  };
}

/** New headers, in which `{ secret: null }` is replaced by the stored value. */
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

/** The condition that declares a stored one. */
function restored(condition: StoredCondition): Record<string, Condition> {
  return { [condition.field]: storedMatcher(condition) };
}
