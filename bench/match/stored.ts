import type { DataSource } from 'typeorm';
import {
  between,
  contains,
  endsWith,
  gt,
  type ListenerBuilder,
  like,
  type ModelHooks,
  oneOf,
  startsWith,
} from 'typeorm-model-hooks';
import { nowMs } from '../numbers';
import { Payment } from './payment';
import { type Wish, wish } from './wishes';

const BATCH = 5_000;
/** Number of receivers. Each has several listeners. */
const RECEIVERS = 1_000;

export interface Fill {
  /** The ids of the requested listeners by their numbers. */
  readonly ids: ReadonlyMap<number, string>;
  /** Listeners saved per second, one number for each full batch. */
  readonly rates: readonly number[];
}

/** Stores the first `size` listeners through the public API. The time includes making the builders. */
export async function fill(
  hooks: ModelHooks,
  size: number,
  kept: ReadonlySet<number>,
): Promise<Fill> {
  const ids = new Map<number, string>();
  const rates: number[] = [];
  for (let first = 0; first < size; first += BATCH) {
    const wishes = Array.from({ length: Math.min(BATCH, size - first) }, (_, n) => wish(first + n));
    const startedAt = nowMs();
    const builders = wishes.map((wanted, n) => builderOf(hooks, wanted, first + n));
    const saved = await hooks.listeners.saveMany(builders);
    if (saved.length === BATCH) rates.push(BATCH / ((nowMs() - startedAt) / 1_000));
    saved.forEach(({ id }, n) => {
      if (kept.has(first + n)) ids.set(first + n, id);
    });
  }
  return { ids, rates };
}

/** Fails if a listener is not stored or has no match key. */
export async function checkStored(dataSource: DataSource, size: number): Promise<void> {
  const [row] = await dataSource.query<{ listeners: string; keyless: string }[]>(
    `SELECT count(*) AS listeners, count(*) FILTER (WHERE cardinality(keys) = 0) AS keyless FROM model_hook_listener`,
  );
  if (Number(row?.listeners) !== size || Number(row?.keyless) !== 0)
    throw new Error(`${size} listeners were expected in the database: ${JSON.stringify(row)}.`);
}

function builderOf(hooks: ModelHooks, wanted: Wish, n: number): ListenerBuilder<never> {
  const hook = hooks.for(Payment);
  const listener = hook.listener(`https://receiver-${n % RECEIVERS}.example.com/payments`);
  switch (wanted.kind) {
    case 'account': {
      const { account, amount } = wanted;
      return listener.match(amount ? { account, amount: between(...amount) } : { account });
    }
    case 'accounts':
      return listener.match({ account: oneOf(wanted.accounts) });
    case 'prefix':
      return listener.match({ name: startsWith(wanted.name) });
    case 'suffix':
      return listener.match({ name: endsWith(wanted.name) });
    case 'part':
      return listener.match({ note: contains(wanted.note) });
    case 'range':
      return listener.match({ amount: between(...wanted.amount) });
    case 'above':
      return listener.match({ amount: gt(wanted.amount) });
    case 'regex':
      return listener.match({ [wanted.field]: like(wanted.regex) });
  }
}
