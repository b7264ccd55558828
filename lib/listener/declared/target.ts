import { ListenerInvalidError } from '../../errors/listener-errors';

/** Where the deliveries of a listener go. The only place that knows how a target is written as text. */
export type Target = { readonly kind: 'url'; readonly url: URL };

export const MALFORMED_TARGET = 'must be an absolute URL like https://example.com/hooks';

export function isTarget(text: unknown): text is string {
  return typeof text === 'string' && URL.canParse(text);
}

/** Throws `LISTENER_INVALID`. */
export function parseTarget(text: string): Target {
  if (!isTarget(text)) throw new ListenerInvalidError({ url: [MALFORMED_TARGET] });
  return { kind: 'url', url: new URL(text) };
}

/** One text for all spellings of a target: `https://EXAMPLE.com` and `https://example.com/` are the same. */
export function canonicalText(target: Target): string {
  switch (target.kind) {
    case 'url':
      return target.url.href;
  }
}

/** What limits and breakers are kept for: `https://example.com:8443`. The path is not part of it. */
export function originOf(target: Target): string {
  switch (target.kind) {
    case 'url':
      return target.url.origin;
  }
}
