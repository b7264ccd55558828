import type { LookupFunction } from 'node:net';

/** Who may be sent to. What is left out takes its default. */
export interface RecipientOptions {
  /** @defaultValue `['http', 'https']` */
  readonly protocols?: readonly ('http' | 'https')[];
  /** @defaultValue `[80, 443]` */
  readonly ports?: readonly number[] | 'any';
  /** Refuse every address that is not on the public internet. @defaultValue `true` */
  readonly blockInternal?: boolean;
  /** CIDRs that are allowed although they are internal. Ports stay as they are. @defaultValue `[]` */
  readonly allow?: readonly string[];
  /** CIDRs that are refused before anything else is asked. @defaultValue `[]` */
  readonly deny?: readonly string[];
  /** Each is called with the target; one that throws refuses it. @defaultValue `[]` */
  readonly validators?: readonly RecipientValidator[];
  /** Resolves names in place of the system's resolver. What it answers is checked like any answer. */
  readonly lookup?: LookupFunction;
}

export type RecipientValidator = (target: URL) => void;

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
  /** From connecting to the last byte of the reply, in milliseconds. @defaultValue `3000` */
  readonly timeoutMs?: number;
  /** What is read and judged of a reply; beyond it the connection is closed. @defaultValue `16384` */
  readonly maxResponseBytes?: number;
  /** The longest body, in bytes. A longer one is sent without `data` and with `truncated: true`. @defaultValue `1048576` */
  readonly maxPayloadBytes?: number;
  /** Unbroken failure after which a listener is deactivated, in milliseconds. @defaultValue `432000000` */
  readonly disableAfterMs?: number;
}

export interface DeliveryOptions extends AttemptOptions {
  /** Requests under way at once in this process. @defaultValue `256` */
  readonly maxConcurrency?: number;
  /** Requests under way at once to one origin. @defaultValue `32` */
  readonly maxConcurrencyPerOrigin?: number;
  /** @defaultValue `true` */
  readonly keepAlive?: boolean;
  /**
   * What becomes of a write whose event holds more data than `maxPayloadBytes`. `'throw'` rejects it with `PAYLOAD_TOO_LARGE`, or drops
   * the event where `onCaptureError` is `'log'`. Set for the attachment or a hook. @defaultValue `'truncate'`
   */
  readonly payloadTooLarge?: 'truncate' | 'throw';
  /** `'development'` allows loopback on any port, and is refused where `NODE_ENV` is `production`. */
  readonly recipients?: RecipientOptions | 'development';
}
