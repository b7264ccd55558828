import { remember } from '../../base/remember';
import { ListenerInvalidError } from '../../errors/listener-errors';
import { HandlerRef, handlerName } from '../../options/handler-ref';

/** Where the deliveries of a listener go. The only place that knows how a target is written as text. */
export type Target = UrlTarget | { readonly kind: 'handler'; readonly name: string };

export interface UrlTarget {
  readonly kind: 'url';
  readonly url: URL;
}

export const MALFORMED_TARGET =
  'must be an absolute URL like https://example.com/hooks, or a handler';

export function isTarget(text: unknown): text is string {
  if (typeof text !== 'string') return false;
  // Other spellings of `handler:` would be URLs of that protocol.
  return handlerName(text) !== null || (URL.canParse(text) && !/^\s*handler:/i.test(text));
}

/** Targets kept as they were read last. */
const MAX_KEPT = 1_000;
const kept = new Map<string, Target>();

/** Throws `LISTENER_INVALID`. */
export function parseTarget(text: string): Target {
  const known = kept.get(text);
  if (known) return known;
  const target = readTarget(text);
  remember(kept, MAX_KEPT, text, target);
  return target;
}

function readTarget(text: string): Target {
  const name = typeof text === 'string' ? handlerName(text) : null;
  if (name !== null) return { kind: 'handler', name };
  if (!isTarget(text)) throw new ListenerInvalidError({ url: [MALFORMED_TARGET] });
  return { kind: 'url', url: new URL(text) };
}

/** One text for all spellings of a target: `https://EXAMPLE.com` and `https://example.com/` are the same. */
export function canonicalText(target: Target): string {
  switch (target.kind) {
    case 'url':
      return target.url.href;
    case 'handler':
      return new HandlerRef(target.name).target;
  }
}

/** What limits and breakers are kept for: `https://example.com:8443`. The path is not part of it. */
export function originOf(target: Target): string {
  switch (target.kind) {
    case 'url':
      return target.url.origin;
    case 'handler':
      return new HandlerRef(target.name).target;
  }
}
