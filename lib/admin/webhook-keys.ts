import { Hono } from 'hono';
import type { ModelHooks } from '../model-hooks';
import { RateLimit } from './access/rate-limit';
import { contentEtag } from './content-etag';
import { problemResponse, tooManyRequests } from './problem';

const KEYS_PATH = '/.well-known/webhook-keys';

/** How long caches may keep the keys, in seconds. A new key signs beside an older one, which they know already. */
const MAX_AGE_SECONDS = 300;

/**
 * The public keys that requests are signed with, for everybody: a JSON Web Key Set. All who ask share one limit of requests, because
 * nothing says who they are.
 *
 * @see RFC 7517, section 5, and RFC 8037
 */
export function webhookKeys(
  { publicKeys }: Pick<ModelHooks, 'publicKeys'>,
  { requestsPerMinute }: { readonly requestsPerMinute: number },
): Hono {
  const limit = new RateLimit(requestsPerMinute);
  const text = JSON.stringify({ keys: publicKeys });
  const etag = contentEtag(text);
  const headers = {
    etag,
    'cache-control': `public, max-age=${MAX_AGE_SECONDS}`,
    // Scripts of all sites may read them, too.
    'access-control-allow-origin': '*',
    'cross-origin-resource-policy': 'cross-origin',
  };
  const app = new Hono();
  app.get(KEYS_PATH, ({ req }) => {
    const waitSeconds = limit.refused('');
    if (waitSeconds !== null) return problemResponse(tooManyRequests(waitSeconds));
    if (isKnown(req.header('if-none-match') ?? '', etag))
      return new Response(null, { status: 304, headers });
    return new Response(text, {
      headers: { ...headers, 'content-type': 'application/jwk-set+json' },
    });
  });
  return app;
}

/** The comparison is the weak one (RFC 9110, section 13.1.2). */
function isKnown(ifNoneMatch: string, etag: string): boolean {
  const tags = ifNoneMatch.split(',').map((tag) => tag.trim().replace(/^W\//, ''));
  return tags.includes('*') || tags.includes(etag);
}
