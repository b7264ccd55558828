import { fork } from 'node:child_process';
import { once } from 'node:events';
import { attach, connectHooked } from '../application';
import { Payment, type PaymentValues } from './payment';
import { drawn } from './payments';
import { checkStored, fill } from './stored';
import { Wanted } from './wanted';

export const FILLER = 'match-filler';
export const NOTE_LENGTH = 60;
export const LONG_NOTE_LENGTH = 1_000;

/** What to store, and how many payments to prepare for single matches, for batches and for batches with a long text. */
export interface Order {
  readonly url: string;
  readonly size: number;
  readonly singles: number;
  readonly short: number;
  readonly long: number;
}

/** A payment and the stored listener that wants it. */
export interface StoredPayment {
  readonly values: PaymentValues;
  readonly listenerId: string;
}

export interface Filled {
  /** Listeners saved per second, one number for each full batch. */
  readonly rates: readonly number[];
  readonly singles: readonly StoredPayment[];
  readonly short: readonly StoredPayment[];
  readonly long: readonly StoredPayment[];
}

/** Stores listeners in another process, so that its memory does not hide the memory of matching. */
export async function filled(order: Order): Promise<Filled> {
  const child = fork(require.resolve('../main'), [FILLER, JSON.stringify(order)]);
  let answer: Filled | undefined;
  child.on('message', (message) => {
    answer = message as Filled;
  });
  // The event `disconnect` comes after the last message, unlike `exit`.
  await once(child, 'disconnect');
  if (!answer) throw new Error(`${order.size} listeners could not be stored.`);
  return answer;
}

/** Runs in the storing process. */
export async function fillAsOrdered(order: string): Promise<void> {
  const { url, size, singles, short, long }: Order = JSON.parse(order);
  const wanted = new Wanted(size);
  const payments = {
    singles: drawn(wanted, { count: singles, noteLength: NOTE_LENGTH, seed: 1 }),
    short: drawn(wanted, { count: short, noteLength: NOTE_LENGTH, seed: 2 }),
    long: drawn(wanted, { count: long, noteLength: LONG_NOTE_LENGTH, seed: 3 }),
  };
  const kept = new Set(Object.values(payments).flatMap((drawn) => drawn.map(({ by }) => by)));
  const dataSource = await connectHooked(url, Payment);
  const hooks = await attach(dataSource, { work: false });
  const { ids, rates } = await fill(hooks, size, kept);
  await checkStored(dataSource, size);
  await dataSource.destroy();
  const stored = (kind: keyof typeof payments): readonly StoredPayment[] =>
    payments[kind].map(({ values, by }) => ({ values, listenerId: ids.get(by) ?? '' }));
  const answer: Filled = {
    rates,
    singles: stored('singles'),
    short: stored('short'),
    long: stored('long'),
  };
  process.send?.(answer, () => process.disconnect());
}
