import type { LookupFunction } from 'node:net';

/** The recipient policy: who may be sent to. Options that are left out take their defaults. */
export interface RecipientOptions {
  /** Allowed protocols. @defaultValue `['http', 'https']` */
  readonly protocols?: readonly ('http' | 'https')[];
  /** Allowed ports, or `'any'`. @defaultValue `[80, 443]` */
  readonly ports?: readonly number[] | 'any';
  /** Refuse every address that is not on the public internet. @defaultValue `true` */
  readonly blockInternal?: boolean;
  /** CIDRs that are allowed although they are internal. Does not change the allowed ports. @defaultValue `[]` */
  readonly allow?: readonly string[];
  /** CIDRs that are refused, whatever the other options allow. @defaultValue `[]` */
  readonly deny?: readonly string[];
  /** Functions that refuse recipients which all other options allow; see `RecipientValidator`. @defaultValue `[]` */
  readonly validators?: readonly RecipientValidator[];
  /** Resolves names in place of the system's resolver. Its answers are checked like any others. */
  readonly lookup?: LookupFunction;
}

/**
 * Refuses a recipient by throwing. When a listener is saved and before each request, it is called with the whole URL, and with the address
 * if the URL contains one in place of a name. When a connection is made, it is called with the origin as URL and with each address of the
 * name. It must decide synchronously: if it returns a promise, the recipient is refused.
 */
export type RecipientValidator = (target: URL, address?: string) => void;

/** The options by which a listener narrows the recipient policy. Options that are left out are as in its hook or the attachment. */
export type ListenerRecipientOptions = Pick<
  RecipientOptions,
  'protocols' | 'ports' | 'blockInternal' | 'deny'
>;

/** When a failed delivery is tried again. */
export interface RetryOptions {
  /** Retries after the first attempt. @defaultValue `12` */
  readonly retries?: number;
  /** Delay before the first retry, in milliseconds. @defaultValue `60000` */
  readonly retryDelayMs?: number;
  /** Each further delay is the previous one times this factor. @defaultValue `2` */
  readonly retryFactor?: number;
  /** The longest delay, in milliseconds. @defaultValue `36000000` */
  readonly retryMaxDelayMs?: number;
  /** Random part of a delay, from 0 to 1: with 0.2, a delay is up to 20 % shorter or longer. @defaultValue `0.2` */
  readonly jitter?: number;
}

/** Options of an attachment, a hook and a listener. The nearest value counts. */
export interface AttemptOptions extends RetryOptions {
  /** Time limit of a request, from the DNS look-up to the last byte of the reply, in milliseconds. @defaultValue `3000` */
  readonly timeoutMs?: number;
  /** Bytes of a reply that are read. If there are more, the connection is closed. @defaultValue `16384` */
  readonly maxResponseBytes?: number;
  /** The longest body, in bytes. A longer one is sent without `data` and with `truncated: true`. @defaultValue `1048576` */
  readonly maxPayloadBytes?: number;
  /** A listener that fails for this long without a success is deactivated, in milliseconds. @defaultValue `432000000` */
  readonly disableAfterMs?: number;
  /**
   * Whether a late try of a delivery checks the row first: one that was tried before or has waited. If the row as it is now does not
   * satisfy the filters of the listener, or is gone, the delivery is skipped. The hook must provide the primary key. @defaultValue `false`
   */
  readonly recheck?: boolean;
}

/** The delivery options of a listener. */
export interface ListenerDeliveryOptions extends AttemptOptions {
  /**
   * Narrows the policy of the hook or attachment. Both policies must allow the recipient, as they are when a request is sent.
   * `blockInternal: true` also refuses what the outer `allow` lets through. Each request of such a listener has a connection of its own.
   */
  readonly recipients?: ListenerRecipientOptions;
}

/** Limits of what listeners may ask for in their own delivery options. The options of the attachment and of hooks have no limits. */
export interface DeliveryLimitOptions {
  /** The longest `timeoutMs`, in milliseconds. @defaultValue `30000` */
  readonly timeoutMs?: number;
  /** The most `retries`. @defaultValue `50` */
  readonly retries?: number;
  /** The shortest delay before a retry, in milliseconds, whatever `retryDelayMs`, `retryMaxDelayMs` and `jitter` are. @defaultValue `1000` */
  readonly retryDelayMs?: number;
  /** The most `maxResponseBytes`. @defaultValue `65536` */
  readonly maxResponseBytes?: number;
}

/** The delivery options of an attachment or a hook. */
export interface DeliveryOptions extends AttemptOptions {
  /** Requests in flight at once in this process. @defaultValue `256` */
  readonly maxConcurrency?: number;
  /** Requests in flight at once to one origin. @defaultValue `32` */
  readonly maxConcurrencyPerOrigin?: number;
  /** Whether connections are used again. @defaultValue `true` */
  readonly keepAlive?: boolean;
  /**
   * What happens to a write whose event has more data than `maxPayloadBytes`. `'truncate'` sends the event without data. `'throw'` rejects
   * the write with `PAYLOAD_TOO_LARGE`, or drops the event if `onCaptureError` is `'log'`. Set for the attachment or a hook. @defaultValue `'truncate'`
   */
  readonly payloadTooLarge?: 'truncate' | 'throw';
  /**
   * An HTTP proxy that all requests go through: `http://user:pass@host:port`, or https. It is asked to connect (CONNECT) to the address that
   * was resolved and checked here, also for http targets. No policy applies to the address of the proxy itself. Null means no proxy.
   * @defaultValue `null`
   */
  readonly proxy?: string | null;
  /** Further certificate authorities for recipients and the proxy, in PEM, besides those that Node.js trusts. @defaultValue `[]` */
  readonly ca?: CertificateAuthorities;
  /**
   * What listeners may ask for in their own delivery options. A listener that asks for more is refused (`LISTENER_INVALID`); one that is
   * stored already is held to the limits.
   */
  readonly limits?: DeliveryLimitOptions;
  /**
   * Who may be sent to. `'development'` also allows loopback, on any port; it is refused if `NODE_ENV` is `production`. What a hook
   * leaves out is as in the attachment.
   */
  readonly recipients?: RecipientOptions | 'development';
}

/** One or many certificates in PEM, as text or bytes. */
export type CertificateAuthorities = string | Buffer | readonly (string | Buffer)[];
