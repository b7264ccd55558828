import type { ServerResponse } from 'node:http';
import { type Received, type Receiver, startReceiver } from '../support/receivers/receiver';
import { type Random, randomFrom } from '../support/values/random';
import type { Answer, Wish } from './listeners';

/** A received request and whether it was accepted. */
export interface Receipt {
  readonly deliveryId: string;
  /** The id of the listener in the header. */
  readonly listenerId: string;
  readonly event: string;
  readonly mark: string;
  readonly isAccepted: boolean;
}

/** The receivers of all listeners, each with an origin of its own. A request is noted before it is answered. */
export class Inbox {
  readonly receipts: Receipt[] = [];
  readonly #random: Random;
  readonly #receivers: Receiver[] = [];

  constructor(seed: number) {
    this.#random = randomFrom(seed);
  }

  /** Starts a receiver that answers as the wish says, and returns its URL. */
  async open({ answers }: Wish): Promise<string> {
    const receiver = await startReceiver((request, response) => {
      const answer = answers(this.#random);
      this.receipts.push(receiptOf(request, answer));
      // Only the receipt is kept, not the request.
      receiver.received.length = 0;
      give(answer, response);
    });
    this.#receivers.push(receiver);
    return `${receiver.url}/hook`;
  }

  async close(): Promise<void> {
    for (const receiver of this.#receivers.splice(0)) await receiver.close();
  }
}

function receiptOf({ headers, body }: Received, answer: Answer): Receipt {
  return {
    deliveryId: `${headers['hook-delivery']}`,
    listenerId: `${headers['hook-subscription']}`,
    event: `${headers['hook-event']}`,
    mark: (body as { readonly mark: string }).mark,
    isAccepted: answer.kind === 'status' && answer.status === 200,
  };
}

function give(answer: Answer, response: ServerResponse): void {
  if (answer.kind === 'hangUp') {
    response.destroy();
    return;
  }
  const { status, afterMs = 0 } = answer;
  const end = () => response.writeHead(status, status === 503 ? { 'retry-after': '1' } : {}).end();
  if (afterMs > 0) setTimeout(end, afterMs);
  else end();
}
