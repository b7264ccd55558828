import type { JsonValue } from '../base/json';
import type { BatchOptions } from './batch';
import type { BodyFormat } from './body-format';
import type { ListenerDeliveryOptions } from './delivery';
import type { HandlerRef } from './handler-ref';
import type { HeaderValue } from './header-value';

export const DIGESTS = ['sha1', 'sha256', 'sha384', 'sha512'] as const;

/** The hash function of the header `hook-hmac`. */
export type Digest = (typeof DIGESTS)[number];

export const CONTENT_TYPES = ['application/json', 'application/x-www-form-urlencoded'] as const;

/** How the body of a request is encoded. */
export type ContentType = (typeof CONTENT_TYPES)[number];

export const SIGNATURE_KINDS = ['v1', 'v1a', 'both'] as const;
/** How the requests of a listener are signed; see the option `signature`. */
export type SignatureKind = (typeof SIGNATURE_KINDS)[number];

/** Where a listener gets its deliveries: a URL, a handler, or options with one of them. */
export type ListenerTarget =
  | string
  | HandlerRef
  | ListenerOptions
  | (Omit<ListenerOptions, 'url'> & { readonly url: HandlerRef });

/** Targets in which a handler is a text. */
export type PlainTargets = readonly (string | ListenerOptions)[];

/** What declares a listener. Only `url` is required. */
export interface ListenerOptions {
  /** Where requests are sent: an absolute URL. Or a handler, which is stored as its text. */
  readonly url: string;
  /**
   * The key that requests are signed with. Libraries of Standard Webhooks expect `whsec_` and base64; without the prefix they decode what
   * is signed here as text, unless `format: 'raw'` tells them otherwise. @defaultValue `whsec_` and 32 random bytes in base64
   */
  readonly secret?: string;
  /** Hash function of the header `Hook-HMAC`. @defaultValue `'sha256'` */
  readonly digest?: Digest;
  /**
   * How requests are signed: with the secret of the listener (`'v1'`, HMAC), with the keys of the option `signingKeys` of the attachment
   * (`'v1a'`, ed25519), or with all of them. Without `signingKeys`, only `'v1'` can be saved. Handlers get no signature. @defaultValue `'v1'`
   */
  readonly signature?: SignatureKind;
  /** JSON, or a form. @defaultValue `'application/json'` */
  readonly contentType?: ContentType;
  /** How the body is laid out. @defaultValue the hook's */
  readonly format?: BodyFormat;
  /** Extra request headers. Write a value as `secret('…')` to have it encrypted and never returned. */
  readonly headers?: Readonly<Record<string, HeaderValue>>;
  /** The listener receives only events with this sender. */
  readonly owner?: string;
  /** Identifies the listener among those of its owner, so that saving it again may change everything else about it. */
  readonly key?: string;
  /** JSON that the application wants to store with the listener. */
  readonly config?: { readonly [key: string]: JsonValue };
  /** Whether the body of a 2xx reply is interpreted. @defaultValue `true` */
  readonly replies?: boolean;
  /** Overrides of the delivery options for this listener. */
  readonly delivery?: ListenerDeliveryOptions;
  /** Events of one row are delivered in the order of their commits, each after the one before has ended. @defaultValue `false` */
  readonly ordered?: boolean;
  /** The most attempts that begin within a second, over all processes. @defaultValue no limit */
  readonly maxPerSecond?: number;
  /**
   * One request holds several events, as a JSON array: `maxEvents` at most. It is sent when that many wait, or when the oldest has waited
   * for `maxWaitMs`. Only for URLs that get JSON. @defaultValue one request for each event
   */
  readonly batch?: BatchOptions;
  /**
   * The fields that the listener gets of those which the hook provides. A path also selects the fields below it. An update that changes
   * none of them is not sent. @defaultValue all that the hook provides
   */
  readonly select?: readonly string[];
}
