import { randomUUID } from 'node:crypto';
import type { DataSource } from 'typeorm';
import type { HookEvent } from 'typeorm-model-hooks';
import { connectHooked } from '../application';
import { nowMs } from '../numbers';
import { filled, type Order, type StoredPayment } from './filling';
import { matchingOf } from './internals';
import { Payment } from './payment';

/** An event that exactly one of the stored listeners wants. */
export interface Expected {
  readonly event: HookEvent;
  readonly listenerId: string;
}

/** Stored listeners in a database of their own, and events for them. */
export class Population {
  readonly #parts: ReturnType<typeof matchingOf>;

  private constructor(
    readonly size: number,
    readonly dataSource: DataSource,
    readonly rates: readonly number[],
    readonly events: Readonly<Record<'singles' | 'short' | 'long', readonly Expected[]>>,
  ) {
    this.#parts = matchingOf(dataSource);
  }

  static async of(order: Order): Promise<Population> {
    const { rates, singles, short, long } = await filled(order);
    const dataSource = await connectHooked(order.url, Payment);
    return new Population(order.size, dataSource, rates, {
      singles: singles.map(expected),
      short: short.map(expected),
      long: long.map(expected),
    });
  }

  /** Duration of matching in milliseconds, with its transaction and without. Fails if other than the expected listeners are found. */
  async match(
    batch: readonly Expected[],
  ): Promise<{ readonly ms: number; readonly alone: number }> {
    const { matching, store } = this.#parts;
    const events = batch.map(({ event }) => event);
    const startedAt = nowMs();
    const { pairs, alone } = await store.snapshot(async (bound) => {
      const begunAt = nowMs();
      const pairs: [eventId: string, listenerId: string][] = [];
      for await (const page of matching.matching(bound, events))
        for (const { event, listenerIds } of page)
          for (const listenerId of listenerIds) pairs.push([event.id, listenerId]);
      return { pairs, alone: nowMs() - begunAt };
    });
    const ms = nowMs() - startedAt;
    check(batch, pairs);
    return { ms, alone };
  }

  /** Does what autovacuum does after a load, without ANALYZE: the package keeps the statistics up to date itself. */
  async settle(): Promise<void> {
    await this.dataSource.query('VACUUM');
  }
}

function expected({ values, listenerId }: StoredPayment): Expected {
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
  return { event, listenerId };
}

function check(batch: readonly Expected[], pairs: readonly (readonly [string, string])[]): void {
  const found = new Map(pairs);
  const isRight =
    pairs.length === batch.length &&
    batch.every(({ event, listenerId }) => found.get(event.id) === listenerId);
  if (!isRight)
    throw new Error(`${batch.length} events matched ${pairs.length} listeners, or the wrong ones.`);
}
