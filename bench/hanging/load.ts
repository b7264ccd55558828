import { setTimeout as sleep } from 'node:timers/promises';
import type { Repository } from 'typeorm';
import type { Payment } from '../match/payment';
import { nowMs } from '../numbers';
import type { Endpoint } from './population';

const TICK_MS = 100;

/** Saves payments for the endpoints in turn at this pace until it is stopped. The payments of one tick are saved in one `save()`. */
export function startLoad(
  repository: Repository<Payment>,
  endpoints: readonly Endpoint[],
  perSecond: number,
): { stop(): Promise<void> } {
  let isStopped = false;
  const startedAt = nowMs();
  const load = async (): Promise<void> => {
    for (let count = 0; !isStopped; ) {
      const due = Math.floor(((nowMs() - startedAt) * perSecond) / 1_000);
      await repository.save(payments(repository, endpoints, { from: count, to: due }));
      count = due;
      await sleep(TICK_MS - ((nowMs() - startedAt) % TICK_MS));
    }
  };
  const loading = load();
  return {
    stop: () => {
      isStopped = true;
      return loading;
    },
  };
}

function payments(
  repository: Repository<Payment>,
  endpoints: readonly Endpoint[],
  { from, to }: { readonly from: number; readonly to: number },
): Payment[] {
  const note = String(nowMs());
  return Array.from({ length: to - from }, (_, n) => {
    const account = endpoints[(from + n) % endpoints.length]?.account ?? '';
    return repository.create({ account, name: 'Ann', note, amount: 1 });
  });
}
