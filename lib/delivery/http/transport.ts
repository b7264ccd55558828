import type { Hook } from '../../hook/hook';
import type { UrlTarget } from '../../listener/declared/target';
import type { ListenerRecipientOptions } from '../../options/delivery';
import type { StoredTrace } from '../../store/events';
import type { Reply } from './reply';

/** A delivery as it is sent: signed, with its body, and with everything that says how it may be sent. */
export interface PreparedRequest {
  readonly target: UrlTarget;
  readonly method: 'POST';
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly timeoutMs: number;
  readonly maxResponseBytes: number;
  /** Its recipient policy and its route apply. */
  readonly hook: Pick<Hook, 'name' | 'declared'>;
  /** How the listener narrows that policy. */
  readonly recipients: ListenerRecipientOptions | undefined;
  /** What telemetry says about it. Left out: that it is a request. */
  readonly about?: RequestFacts;
}

/** What is known of the deliveries of a request. */
export interface RequestFacts {
  /** Name of the event, or `batch`. */
  readonly event: string;
  readonly events: number;
  readonly deliveryId: string;
  readonly listenerId: string;
  /** From 1. */
  readonly attempt: number;
  /** The spans in which the events were made. */
  readonly traces: readonly StoredTrace[];
}

/** A way to bring a request to its recipient. */
export interface Transport {
  /**
   * Gives what the recipient replied, or why it did not. Throws or rejects only if the request cannot be made at all; trouble on the way
   * is a reply, too.
   */
  carry(request: PreparedRequest, options: { readonly signal: AbortSignal }): Promise<Reply>;
}
