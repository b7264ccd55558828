import { randomUUID } from 'node:crypto';
import type { DataSource } from 'typeorm';
import type { HookEvent } from 'typeorm-model-hooks';
import { attach, connectHooked } from '../application';
import { nowMs } from '../numbers';
import { matchingOf } from './internals';
import { Payment } from './payment';
import { drawn, type WantedPayment } from './payments';
import { checkStored, fill } from './stored';
import { Wanted } from './wanted';

/** An event that exactly one of the stored listeners wants. */
export interface Expected {
  readonly event: HookEvent;
  readonly listenerId: string;
}

/** How many of each kind of event to prepare. */
export interface Order {
  readonly singles: number;
  readonly short: number;
  readonly long: number;
}

export const NOTE_LENGTH = 60;
export const LONG_NOTE_LENGTH = 1_000;

/** So many stored listeners in a database of their own, and events for them. */
export class Population {
  readonly #parts: ReturnType<typeof matchingOf>;

  private constructor(
    readonly size: number,
    readonly dataSource: DataSource,
    readonly rates: readonly number[],
    readonly events: Readonly<Record<keyof Order, readonly Expected[]>>,
  ) {
    this.#parts = matchingOf(dataSource);
  }

  static async in(url: string, size: number, order: Order): Promise<Population> {
    const wanted = new Wanted(size);
    const payments = {
      singles: drawn(wanted, { count: order.singles, noteLength: NOTE_LENGTH, seed: 1 }),
      short: drawn(wanted, { count: order.short, noteLength: NOTE_LENGTH, seed: 2 }),
      long: drawn(wanted, { count: order.long, noteLength: LONG_NOTE_LENGTH, seed: 3 }),
    };
    const kept = new Set(Object.values(payments).flatMap((drawn) => drawn.map(({ by }) => by)));
    const dataSource = await connectHooked(url, Payment);
    const hooks = await attach(dataSource, { work: false });
    const { ids, rates } = await fill(hooks, size, kept);
    await checkStored(dataSource, size);
    const expected = (payment: WantedPayment) => expectedOf(payment, ids);
    return new Population(size, dataSource, rates, {
      singles: payments.singles.map(expected),
      short: payments.short.map(expected),
      long: payments.long.map(expected),
    });
  }

  /** Milliseconds that matching took, with its transaction and without. Fails where not exactly the expected listeners were found. */
  async match(
    batch: readonly Expected[],
  ): Promise<{ readonly ms: number; readonly alone: number }> {
    const { matching, inSnapshot } = this.#parts;
    const events = batch.map(({ event }) => event);
    const startedAt = nowMs();
    const { pairs, alone } = await inSnapshot(async (query) => {
      const begunAt = nowMs();
      const pairs: [eventId: string, listenerId: string][] = [];
      for await (const page of matching.matching(query, events))
        for (const { event, listenerIds } of page)
          for (const listenerId of listenerIds) pairs.push([event.id, listenerId]);
      return { pairs, alone: nowMs() - begunAt };
    });
    const ms = nowMs() - startedAt;
    check(batch, pairs);
    return { ms, alone };
  }

  /** What autovacuum does some time after a load. Without ANALYZE: statistics are the library's care. */
  async settle(): Promise<void> {
    await this.dataSource.query('VACUUM');
  }
}

function expectedOf({ values, by }: WantedPayment, ids: ReadonlyMap<number, string>): Expected {
  const event: HookEvent = {
    id: randomUUID(),
    hook: 'payment',
    name: 'payment.created',
    operation: 'insert',
    ref: null,
    sender: null,
    headers: {},
    occurredAt: new Date(),
    data: { ...values },
    previous: null,
    changed: Object.keys(values),
  };
  return { event, listenerId: ids.get(by) ?? '' };
}

function check(batch: readonly Expected[], pairs: readonly (readonly [string, string])[]): void {
  const found = new Map(pairs);
  const isRight =
    pairs.length === batch.length &&
    batch.every(({ event, listenerId }) => found.get(event.id) === listenerId);
  if (!isRight)
    throw new Error(`${batch.length} events matched ${pairs.length} listeners, or others.`);
}
