import { createHmac, timingSafeEqual } from 'node:crypto';
import { isPlainObject } from '../../base/json';
import { checkArgument, checkedOptions } from '../../options/checked';
import { type Rule, type Shape, wholeNumberFrom } from '../../options/rules';
import type { PortalOptions } from '../options';
import type { Principal } from './principal';

/** Options of `portalUrl()`. */
export interface PortalLinkOptions {
  /** How long the link can be opened, and how long the session lasts after that, in milliseconds. @defaultValue `3600000` */
  readonly expiresInMs?: number;
}

export const PORTAL_DEFAULTS = {
  expiresInMs: 3_600_000,
} as const satisfies Required<PortalLinkOptions>;

const YEAR_MS = 31_536_000_000;
const LINK_SHAPE: Shape<PortalLinkOptions> = { expiresInMs: wholeNumberFrom(1_000, YEAR_MS) };
const OWNER: Rule = {
  accepts: (value) => typeof value === 'string' && value !== '',
  expected: 'the owner of listeners',
};

/** What a token is for, so that a link is no cookie and a cookie no link. */
type Purpose = 'link' | 'session';

/**
 * Links and cookies of the portal. Both are tokens: what they say, and an HMAC-SHA-256 of that. Nothing is stored, so a link cannot be
 * withdrawn before it expires; changing the key withdraws all of them.
 */
export class Portal {
  constructor(
    private readonly options: Required<PortalOptions>,
    private readonly now = () => Date.now(),
  ) {}

  /** The URL that opens the portal of an owner. Throws `OPTION_INVALID`. */
  linkOf(owner: string, given: PortalLinkOptions): string {
    checkArgument('owner', owner, OWNER);
    const { expiresInMs } = { ...PORTAL_DEFAULTS, ...checkedOptions(given, LINK_SHAPE) };
    const token = this.#token('link', owner, expiresInMs);
    return `${this.options.url.replace(/\/+$/, '')}/portal?token=${token}`;
  }

  /** The cookie that an opened link gives; null if the link is wrong or has expired. */
  cookieOf(token: string): string | null {
    const read = this.#read('link', token);
    if (read === null) return null;
    const { owner, lastsMs } = read;
    const value = this.#token('session', owner, lastsMs);
    return this.#cookie(value, Math.ceil(lastsMs / 1_000));
  }

  /** The cookie that ends a session. */
  get endedCookie(): string {
    return this.#cookie('', 0);
  }

  /** Whose portal a request belongs to. */
  principalOf(request: Request): Principal | null {
    const cookies = (request.headers.get('cookie') ?? '').split(/;\s*/);
    const own = cookies.find((cookie) => cookie.startsWith(`${NAME}=`));
    const read = own === undefined ? null : this.#read('session', own.slice(NAME.length + 1));
    return read && { role: 'owner', owner: read.owner };
  }

  #cookie(value: string, maxAgeSeconds: number): string {
    const { url, frameAncestors } = this.options;
    const { protocol, pathname } = new URL(url);
    const isSecure = protocol === 'https:';
    // A frame of another site gets the cookie only in a partition of its own.
    const site = frameAncestors.length > 0 && isSecure ? 'None; Partitioned' : 'Lax';
    const path = pathname.replace(/\/+$/, '') || '/';
    return `${NAME}=${value}; Path=${path}; Max-Age=${maxAgeSeconds}; HttpOnly; SameSite=${site}${isSecure ? '; Secure' : ''}`;
  }

  #token(purpose: Purpose, owner: string, lastsMs: number): string {
    const said = { purpose, owner, lastsMs, expiresAtMs: this.now() + lastsMs };
    const text = Buffer.from(JSON.stringify(said)).toString('base64url');
    return `${text}.${this.#signature(text)}`;
  }

  #read(purpose: Purpose, token: string): { owner: string; lastsMs: number } | null {
    const [text = '', signature = '', ...others] = token.split('.');
    const [given, right] = [Buffer.from(signature), Buffer.from(this.#signature(text))];
    if (others.length > 0 || given.length !== right.length || !timingSafeEqual(given, right))
      return null;
    const said: unknown = JSON.parse(Buffer.from(text, 'base64url').toString());
    if (!isPlainObject(said) || said.purpose !== purpose) return null;
    return Number(said.expiresAtMs) > this.now()
      ? { owner: String(said.owner), lastsMs: Number(said.lastsMs) }
      : null;
  }

  #signature(text: string): string {
    return createHmac('sha256', this.options.key).update(text).digest('base64url');
  }
}

const NAME = 'model_hooks_portal';
