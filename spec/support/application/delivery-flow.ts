import type { OutgoingHttpHeaders } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import type {
  AttachOptions,
  DeliveryWithAttempts,
  Listener,
  ListenerOptions,
  ModelHooks,
  Reports,
} from '../../../lib';
import { Person, person } from '../entities/person';
import { type Receiver, type Respond, startReceiver } from '../receivers/receiver';
import { type Application, type ApplicationOptions, startApplication } from './application';

const PATIENCE_MS = 15_000;
const POLL_MS = 10;

export interface Answer {
  readonly status?: number;
  readonly headers?: OutgoingHttpHeaders;
  /** Anything but a text is sent as JSON. */
  readonly body?: unknown;
}

/** An application that is hooked to people, and receivers for it. */
export class DeliveryFlow {
  readonly #receivers: Receiver[] = [];

  private constructor(readonly application: Application) {}

  static async start(
    attach: AttachOptions = {},
    dataSource: ApplicationOptions['dataSource'] = {},
  ): Promise<DeliveryFlow> {
    return new DeliveryFlow(await startApplication({ entities: [Person], attach, dataSource }));
  }

  get hooks(): ModelHooks {
    return this.application.hooks;
  }

  /** A listener at a receiver of its own. */
  async listen(
    respond?: Respond,
    options: Omit<ListenerOptions, 'url'> = {},
  ): Promise<{ readonly listener: Listener; readonly receiver: Receiver }> {
    const receiver = await startReceiver(respond);
    this.#receivers.push(receiver);
    return { receiver, listener: await this.listenAt(receiver.url, options) };
  }

  listenAt(origin: string, options: Omit<ListenerOptions, 'url'> = {}): Promise<Listener> {
    return this.hooks
      .for(Person)
      .listener({ url: `${origin}/hook`, ...options })
      .save();
  }

  /** In one `save()`. */
  async savePeople(count: number, name = 'Joe'): Promise<readonly Person[]> {
    const people = Array.from({ length: count }, () => person({ name }));
    return this.application.dataSource.manager.save(people);
  }

  /** The only delivery of a listener. */
  async deliveryOf(listener: string): Promise<DeliveryWithAttempts> {
    const { items } = await this.hooks.deliveries.find({ listener });
    expect(items).toHaveLength(1);
    return (await this.hooks.deliveries.get(items[0]?.id ?? '')) as DeliveryWithAttempts;
  }

  /** As if the time until the next attempt had passed. The next sweep finds it. */
  async makeDue({ id }: { readonly id: string }): Promise<void> {
    await this.query('UPDATE model_hook_delivery SET next_at = now() WHERE id = $1', [id]);
  }

  query<Row>(sql: string, parameters: readonly unknown[] = []): Promise<Row[]> {
    return this.application.dataSource.query(sql, [...parameters]);
  }

  /** Removes the listeners and closes the receivers. */
  async clear(): Promise<void> {
    for (const { id } of await this.hooks.listeners.find()) await this.hooks.listeners.remove(id);
    await this.#closeReceivers();
  }

  async stop(): Promise<void> {
    await this.#closeReceivers();
    await this.application.stop();
  }

  async #closeReceivers(): Promise<void> {
    for (const receiver of this.#receivers.splice(0)) await receiver.close();
  }
}

/** Answers the first request with the first answer and so on; the last answer stands for all that follow. */
export function answering(...answers: readonly Answer[]): Respond {
  return (_request, response, nth) => {
    const { status = 200, headers = {}, body = '' } = answers[nth - 1] ?? answers.at(-1) ?? {};
    response.writeHead(status, headers).end(typeof body === 'string' ? body : JSON.stringify(body));
  };
}

export function answeringAfter(ms: number): Respond {
  return (_request, response) => {
    setTimeout(() => response.end(), ms).unref();
  };
}

/** Resolves with the outcomes that were stored from now on, when there are so many that fit. */
export function outcomes(
  hooks: ModelHooks,
  count: number,
  fits: (outcome: Reports['outcome']) => boolean = () => true,
): Promise<readonly Reports['outcome'][]> {
  return new Promise((resolve, reject) => {
    const seen: Reports['outcome'][] = [];
    const timer = setTimeout(() => {
      stop();
      reject(new Error(`Expected ${count} outcomes, got ${JSON.stringify(seen)}`));
    }, PATIENCE_MS);
    const stop = hooks.on('outcome', (outcome) => {
      if (fits(outcome)) seen.push(outcome);
      if (seen.length < count) return;
      stop();
      clearTimeout(timer);
      resolve(seen);
    });
  });
}

/** For what nobody reports: asks again and again, at most 15 s. */
export async function until(what: string, holds: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = Date.now() + PATIENCE_MS;
  while (!(await holds())) {
    if (Date.now() > deadline) throw new Error(`In vain waited until ${what}.`);
    await sleep(POLL_MS);
  }
}

/** How long after it was stored a delivery is to be tried again, in seconds. */
export function secondsAhead({ nextAt, updatedAt }: DeliveryWithAttempts): number {
  if (!nextAt) throw new Error('The delivery is not planned.');
  return (nextAt.getTime() - updatedAt.getTime()) / 1_000;
}

export function headers({ received }: Receiver, name: string): string[] {
  return received.map((request) => String(request.headers[name]));
}
