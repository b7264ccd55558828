import type { JsonValue } from '../base/json';
import type { BodyFormat } from './body-format';
import type { ListenerDeliveryOptions } from './delivery';
import type { HeaderValue } from './header-value';

export const DIGESTS = ['sha1', 'sha256', 'sha384', 'sha512'] as const;
export type Digest = (typeof DIGESTS)[number];

export const CONTENT_TYPES = ['application/json', 'application/x-www-form-urlencoded'] as const;
export type ContentType = (typeof CONTENT_TYPES)[number];

/** What one names to declare a listener. Only the target is required. */
export interface ListenerOptions {
  /** Where requests are sent: an absolute URL. */
  readonly url: string;
  /** The key that requests are signed with. @defaultValue `whsec_` and 32 random bytes in base64 */
  readonly secret?: string;
  /** Hash function of the header `Hook-HMAC`. @defaultValue `'sha256'` */
  readonly digest?: Digest;
  /** JSON, or a form. @defaultValue `'application/json'` */
  readonly contentType?: ContentType;
  /** How the body is laid out. @defaultValue the hook's */
  readonly format?: BodyFormat;
  /** Extra request headers. A value that nobody is to read again is a `secret('…')`. */
  readonly headers?: Readonly<Record<string, HeaderValue>>;
  /** Hear only events whose sender is this one. */
  readonly owner?: string;
  /** Names the listener among its owner's, so that everything else about it may be changed by saving it again. */
  readonly key?: string;
  /** Whatever the application wants to keep with it. */
  readonly config?: { readonly [key: string]: JsonValue };
  /** `false`: what a 2xx reply says is not read. @defaultValue `true` */
  readonly replies?: boolean;
  /** Overrides of the delivery options for this listener. */
  readonly delivery?: ListenerDeliveryOptions;
  /** Deliveries about one row arrive in the order of its commits, each after the one before has ended. @defaultValue `false` */
  readonly ordered?: boolean;
  /** Attempts begun within a second at most, by all processes together. @defaultValue no limit */
  readonly maxPerSecond?: number;
}
