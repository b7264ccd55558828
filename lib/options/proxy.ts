import { OptionInvalidError } from '../errors/option-errors';

/** Where requests go through, without what it is asked with. */
export interface EgressProxy {
  readonly isSecure: boolean;
  readonly hostname: string;
  readonly port: number;
  /** The value of `Proxy-Authorization`. */
  readonly authorization: string | null;
}

export const PROXY_EXPECTED = "null or a URL like 'http://user:pass@host:port'";

/** What the option `delivery.proxy` says. Throws `OPTION_INVALID`, which repeats nothing of it: it may hold a password. */
export function proxyOf(option: string | null): EgressProxy | null {
  if (option === null) return null;
  const url = typeof option === 'string' && URL.canParse(option) ? new URL(option) : null;
  const authorization = url && authorizationOf(url);
  if (!url || authorization === undefined || !isProxy(url))
    throw new OptionInvalidError('delivery.proxy', PROXY_EXPECTED);
  const isSecure = url.protocol === 'https:';
  const port = url.port ? Number(url.port) : isSecure ? 443 : 80;
  return { isSecure, hostname: url.hostname.replace(/^\[|\]$/g, ''), port, authorization };
}

function isProxy({ protocol, pathname, search, hash }: URL): boolean {
  return /^https?:$/.test(protocol) && pathname === '/' && search === '' && hash === '';
}

/** Undefined where it is no percent-encoding of UTF-8, or names a user with a colon, which Basic cannot tell from a password. */
function authorizationOf({ username, password }: URL): string | null | undefined {
  if (!username && !password) return null;
  try {
    const user = decodeURIComponent(username);
    if (user.includes(':')) return undefined;
    const credentials = Buffer.from(`${user}:${decodeURIComponent(password)}`);
    return `Basic ${credentials.toString('base64')}`;
  } catch {
    return undefined;
  }
}
