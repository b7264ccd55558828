import type { JsonValue } from '../base/json';
import type { Listener } from '../listener/declared/listener';
import { handlerName } from '../options/handler-ref';
import { contentEtag } from './content-etag';
import { matchJson } from './match-json';

/** A listener as the API gives it. It has the secret only in the answer that created it. */
export function listenerJson(listener: Listener): { readonly [member: string]: JsonValue } {
  const { target, hook, pattern, match, secret, batch, delivery, headers, config } = listener;
  const handler = handlerName(target);
  return {
    id: listener.id,
    ...(hook === null ? { pattern } : { hook }),
    operations: listener.operations,
    ...(handler === null ? { url: target } : { handler }),
    match: matchJson(match),
    format: listener.format,
    contentType: listener.contentType,
    digest: listener.digest,
    signature: listener.signature,
    headers: headers as JsonValue,
    owner: listener.owner,
    key: listener.key,
    config,
    replies: listener.replies,
    delivery: delivery as JsonValue,
    ordered: listener.ordered,
    maxPerSecond: listener.maxPerSecond,
    batch: batch as JsonValue,
    select: listener.select,
    active: listener.active,
    inactiveReason: listener.inactiveReason,
    inactiveSince: listener.inactiveSince?.toISOString() ?? null,
    pausedUntil: listener.pausedUntil?.toISOString() ?? null,
    createdAt: listener.createdAt.toISOString(),
    updatedAt: listener.updatedAt.toISOString(),
    ...(secret !== undefined && { secret }),
  };
}

/** The entity tag of a listener: it changes with everything that the API shows of it, but for the secret. */
export function etagOf({ secret: _secret, ...listener }: Listener): string {
  return contentEtag(JSON.stringify(listenerJson(listener)));
}

/** Whether `If-Match` names the listener as it is now. */
export function isCurrent(ifMatch: string, listener: Listener): boolean {
  const tags = ifMatch.split(',').map((tag) => tag.trim());
  return tags.includes('*') || tags.includes(etagOf(listener));
}
