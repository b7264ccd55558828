import type { ServerResponse } from 'node:http';
import { type Received, type Receiver, startReceiver } from '../support/receivers/receiver';
import { type Random, randomFrom } from '../support/values/random';
import type { Answer, Wish } from './listeners';

/** A request, and how it was answered. */
export interface Letter {
  readonly deliveryId: string;
  /** Of the listener, as the header says. */
  readonly listenerId: string;
  readonly event: string;
  readonly mark: string;
  readonly isAccepted: boolean;
}

/** The receivers of all listeners, one origin each. What comes is noted before it is answered. */
export class Inbox {
  readonly letters: Letter[] = [];
  readonly #random: Random;
  readonly #receivers: Receiver[] = [];

  constructor(seed: number) {
    this.#random = randomFrom(seed);
  }

  /** Gives the URL of a receiver that answers as this wish has it. */
  async open({ answers }: Wish): Promise<string> {
    const receiver = await startReceiver((request, response) => {
      const answer = answers(this.#random);
      this.letters.push(letterOf(request, answer));
      // Only the letter is kept of it.
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

function letterOf({ headers, body }: Received, answer: Answer): Letter {
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
