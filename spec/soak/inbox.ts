import { type Received, type Receiver, startReceiver } from '../support/receivers/receiver';
import { type Random, randomFrom } from '../support/values/random';
import type { Endpoint } from './endpoints';

/** A received request and whether the endpoint accepted it. */
export interface Receipt {
  /** The id of the listener in the header. */
  readonly listenerId: string;
  readonly event: string;
  readonly mark: string;
  readonly isAccepted: boolean;
}

/** The endpoints of all listeners, each with an origin of its own. A request is noted before it is answered. */
export class Inbox {
  readonly receipts: Receipt[] = [];
  readonly #random: Random;
  readonly #receivers: Receiver[] = [];

  constructor(seed: number) {
    this.#random = randomFrom(seed);
  }

  /** Starts an endpoint, and returns its URL. */
  async open({ respond }: Endpoint): Promise<string> {
    const receiver = await startReceiver((request, response) => {
      const isAccepted = respond?.(response, this.#random) ?? false;
      this.receipts.push(receiptOf(request, isAccepted));
      // Only the receipt is kept, not the request.
      receiver.received.length = 0;
    });
    if (respond) this.#receivers.push(receiver);
    else await receiver.close();
    return `${receiver.url}/hook`;
  }

  async close(): Promise<void> {
    for (const receiver of this.#receivers.splice(0)) await receiver.close();
  }
}

function receiptOf({ headers, body }: Received, isAccepted: boolean): Receipt {
  return {
    listenerId: `${headers['hook-subscription']}`,
    event: `${headers['hook-event']}`,
    mark: (body as { readonly mark: string }).mark,
    isAccepted,
  };
}
