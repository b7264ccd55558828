import { CONSOLE_LOGGER, type Logger } from '../logging/logger';
import { checkedOptions } from '../options/checked';
import {
  BASE_PATH,
  BOOLEAN,
  FUNCTION,
  listOf,
  OPTIONS,
  optionsOf,
  type Rule,
  required,
  type Shape,
  TEXT,
  wholeNumberFrom,
} from '../options/rules';
import type { Authenticate } from './access/principal';
import { WORDING, type Wording } from './page/wording';

/** What owners may do with their own listeners and deliveries. Looking at them is always allowed. */
export interface OwnerRights {
  /** Create listeners. @defaultValue `true` */
  readonly create?: boolean;
  /** Change, pause, resume and remove listeners. @defaultValue `true` */
  readonly edit?: boolean;
  /** Send deliveries again, one or many. @defaultValue `true` */
  readonly retry?: boolean;
  /** Send test events. @defaultValue `true` */
  readonly test?: boolean;
  /** Rotate secrets, and see the secret of a new listener once. @defaultValue `true` */
  readonly secrets?: boolean;
}

export const OWNER_RIGHTS = {
  create: true,
  edit: true,
  retry: true,
  test: true,
  secrets: true,
} as const satisfies Required<OwnerRights>;

/** The portal: owners open it with a link that the application makes. */
export interface PortalOptions {
  /** Signs links and cookies: at least 32 characters, the same in all processes. */
  readonly key: string;
  /** The absolute URL of the app, with its `basePath`: `https://example.com/hooks`. */
  readonly url: string;
  /**
   * Origins of pages that may show the portal in a frame, as `frame-ancestors` of a Content-Security-Policy has them. The cookie is then one
   * that browsers send inside frames, which needs HTTPS. @defaultValue `[]`
   */
  readonly frameAncestors?: readonly string[];
}

/** Options of `adminApp()`. */
export interface AdminOptions {
  /**
   * Who makes a request: an operator, who sees everything, or an owner of listeners. Null is answered with 401, an error with 500. Its
   * request is a copy: reading the body is allowed.
   */
  readonly authenticate: Authenticate;
  /** The path under which the app is mounted. @defaultValue `'/'` */
  readonly basePath?: string;
  /** Requests of one principal within a minute, in this process. @defaultValue `600` */
  readonly requestsPerMinute?: number;
  /** The longest body of a request, in bytes. @defaultValue `262144` */
  readonly maxBodyBytes?: number;
  /** What owners may do. @defaultValue everything that concerns their own listeners */
  readonly owners?: OwnerRights;
  /** Left out: there is no portal. */
  readonly portal?: PortalOptions;
  /** Texts of the page in place of the English ones. */
  readonly wording?: Partial<Wording>;
  /** CSS variables of the page: `{ '--accent': '#0a7' }`. */
  readonly theme?: Readonly<Record<`--${string}`, string>>;
  /** Receives errors that a request could not be answered for. @defaultValue warnings and errors to `console` */
  readonly logger?: Pick<Logger, 'error'>;
}

export interface ResolvedAdminOptions
  extends Required<Omit<AdminOptions, 'owners' | 'portal' | 'wording'>> {
  readonly owners: Required<OwnerRights>;
  readonly portal: Required<PortalOptions> | null;
  readonly wording: Wording;
}

export const ADMIN_DEFAULTS = {
  basePath: '/',
  requestsPerMinute: 600,
  maxBodyBytes: 262_144,
  owners: OWNER_RIGHTS,
  logger: CONSOLE_LOGGER,
} as const satisfies Partial<AdminOptions>;

export const FRAME_DEFAULTS = { frameAncestors: [] } as const satisfies Partial<PortalOptions>;

/** Throws `OPTION_INVALID`. */
export function resolvedAdminOptions(given: AdminOptions): ResolvedAdminOptions {
  const options = checkedOptions(given, ADMIN_SHAPE);
  const { portal, owners, wording, theme = {} } = options;
  return {
    ...ADMIN_DEFAULTS,
    ...options,
    basePath: (options.basePath ?? ADMIN_DEFAULTS.basePath).replace(/\/+$/, ''),
    owners: { ...OWNER_RIGHTS, ...owners },
    portal: portal ? { ...FRAME_DEFAULTS, ...portal } : null,
    wording: { ...WORDING, ...wording },
    theme,
  };
}

const KEY: Rule = {
  accepts: (value) => typeof value === 'string' && value.length >= 32,
  expected: 'a text of at least 32 characters',
};

const WEB_URL: Rule = {
  accepts: (value) => typeof value === 'string' && /^https?:/.test(value) && URL.canParse(value),
  expected: "an absolute URL such as 'https://example.com/hooks'",
  repeatsText: true,
};

/** Anything that could end the directive, or begin another header, is refused. */
const ANCESTORS: Rule = listOf(
  (value) => typeof value === 'string' && /^[\w.:/*'-]+$/.test(value),
  "a list of sources such as 'https://example.com'",
);

const THEME: Rule = {
  accepts: (value) =>
    OPTIONS.accepts(value) &&
    Object.entries(value as object).every(
      ([name, text]) =>
        /^--[a-z][a-z\d-]*$/.test(name) && typeof text === 'string' && /^[^;{}<>\\]*$/.test(text),
    ),
  expected: "an object of CSS variables such as { '--accent': '#07a' }",
};

const LOGGER: Rule = {
  accepts: (value) =>
    OPTIONS.accepts(value) && FUNCTION.accepts(Reflect.get(Object(value), 'error')),
  expected: 'an object with a method `error`',
};

const ADMIN_SHAPE: Shape<AdminOptions> = {
  authenticate: required(FUNCTION),
  basePath: BASE_PATH,
  requestsPerMinute: wholeNumberFrom(1),
  maxBodyBytes: wholeNumberFrom(1),
  owners: optionsOf<OwnerRights>({
    create: BOOLEAN,
    edit: BOOLEAN,
    retry: BOOLEAN,
    test: BOOLEAN,
    secrets: BOOLEAN,
  }),
  portal: optionsOf<PortalOptions>({
    key: required(KEY),
    url: required(WEB_URL),
    frameAncestors: ANCESTORS,
  }),
  wording: {
    accepts: (value) =>
      OPTIONS.accepts(value) &&
      Object.entries(value as object).every(
        ([name, text]) => Object.hasOwn(WORDING, name) && TEXT.accepts(text),
      ),
    expected: 'an object of texts; docs/admin.md names the file that lists them',
  },
  theme: THEME,
  logger: LOGGER,
};
