import type { LookupFunction } from 'node:net';

/** Who may be sent to. What is left out takes its default. */
export interface RecipientOptions {
  /** Allowed protocols. @defaultValue `['http', 'https']` */
  readonly protocols?: readonly ('http' | 'https')[];
  /** Allowed ports, or `'any'`. @defaultValue `[80, 443]` */
  readonly ports?: readonly number[] | 'any';
  /** Refuse every address that is not on the public internet. @defaultValue `true` */
  readonly blockInternal?: boolean;
  /** CIDRs that are allowed although they are internal. Ports stay as they are. @defaultValue `[]` */
  readonly allow?: readonly string[];
  /** CIDRs that are refused before anything else is asked. @defaultValue `[]` */
  readonly deny?: readonly string[];
  /** Asked last; see `RecipientValidator`. @defaultValue `[]` */
  readonly validators?: readonly RecipientValidator[];
  /** Resolves names in place of the system's resolver. What it answers is checked like any answer. */
  readonly lookup?: LookupFunction;
}

/**
 * Refuses by throwing. Called with the whole URL when a listener is saved and before each request, beside the address where the URL holds
 * one in place of a name; and when connecting with the origin as URL, beside each address of the name. It must decide at once: where it
 * gives a promise, the recipient is refused.
 */
export type RecipientValidator = (target: URL, address?: string) => void;

/** By what a listener may narrow whom it is sent to; what is left out is as its hook or the attachment has it. */
export type ListenerRecipientOptions = Pick<
  RecipientOptions,
  'protocols' | 'ports' | 'blockInternal' | 'deny'
>;

/** When a delivery is tried again. */
export interface RetryOptions {
  /** Retries after the first attempt. @defaultValue `12` */
  readonly retries?: number;
  /** Before the first retry, in milliseconds. @defaultValue `60000` */
  readonly retryDelayMs?: number;
  /** What each further delay is multiplied by. @defaultValue `2` */
  readonly retryFactor?: number;
  /** The longest delay, in milliseconds. @defaultValue `36000000` */
  readonly retryMaxDelayMs?: number;
  /** The share of itself that a delay is spread by, 0 to 1. @defaultValue `0.2` */
  readonly jitter?: number;
}

/** What can be set for an attachment, a hook and a listener; the nearest one counts. */
export interface AttemptOptions extends RetryOptions {
  /** From asking for the address of a name to the last byte of the reply, in milliseconds. @defaultValue `3000` */
  readonly timeoutMs?: number;
  /** What is read and judged of a reply; beyond it the connection is closed. @defaultValue `16384` */
  readonly maxResponseBytes?: number;
  /** The longest body, in bytes. A longer one is sent without `data` and with `truncated: true`. @defaultValue `1048576` */
  readonly maxPayloadBytes?: number;
  /** Unbroken failure after which a listener is deactivated, in milliseconds. @defaultValue `432000000` */
  readonly disableAfterMs?: number;
}

/** What can be set for a listener. */
export interface ListenerDeliveryOptions extends AttemptOptions {
  /**
   * Narrows the policy of the hook or attachment, whatever that will be when it is sent; both must allow the recipient. `blockInternal: true`
   * refuses what the outer `allow` lets through, too. Such a listener's requests have a connection of their own each.
   */
  readonly recipients?: ListenerRecipientOptions;
}

export interface DeliveryOptions extends AttemptOptions {
  /** Requests under way at once in this process. @defaultValue `256` */
  readonly maxConcurrency?: number;
  /** Requests under way at once to one origin. @defaultValue `32` */
  readonly maxConcurrencyPerOrigin?: number;
  /** Whether connections are used again. @defaultValue `true` */
  readonly keepAlive?: boolean;
  /**
   * What becomes of a write whose event holds more data than `maxPayloadBytes`. `'throw'` rejects it with `PAYLOAD_TOO_LARGE`, or drops
   * the event where `onCaptureError` is `'log'`. Set for the attachment or a hook. @defaultValue `'truncate'`
   */
  readonly payloadTooLarge?: 'truncate' | 'throw';
  /**
   * An HTTP proxy that all requests go through: `http://user:pass@host:port`, or https. It is asked to connect (CONNECT) to the address that
   * was resolved and checked here, for http targets too. The address of the proxy itself is subject to no policy. Null: none.
   * @defaultValue `null`
   */
  readonly proxy?: string | null;
  /** Certificates in PEM that recipients and the proxy may be signed by, beside those that Node.js trusts. @defaultValue `[]` */
  readonly ca?: CertificateAuthorities;
  /**
   * `'development'` allows loopback on any port, and is refused where `NODE_ENV` is `production`. What a hook leaves out is as the
   * attachment has it.
   */
  readonly recipients?: RecipientOptions | 'development';
}

/** Text or bytes in PEM, of one certificate or many. */
export type CertificateAuthorities = string | Buffer | readonly (string | Buffer)[];
