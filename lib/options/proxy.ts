import { OptionInvalidError } from '../errors/option-errors';

/** A parsed proxy option. */
export interface EgressProxy {
  readonly isSecure: boolean;
  readonly hostname: string;
  readonly port: number;
  /** The value of `Proxy-Authorization`. */
  readonly authorization: string | null;
}

export const PROXY_EXPECTED = "null or a URL like 'http://user:pass@host:port'";

/** Parses the option `delivery.proxy`. Throws `OPTION_INVALID`, without the given value: it can hold a password. */
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

/** Undefined if it is not percent-encoded UTF-8, or if the user name has a colon, which Basic authentication does not allow. */
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
