import type { DataSource } from 'typeorm';
import type { ModelHooks } from 'typeorm-model-hooks';
import { randomFrom } from '../spec/support/values/random';
import { attach, connectHooked, withDatabase } from './application';
import { atLeast, type Figure, rounded } from './figure';
import { Payment, type PaymentValues } from './match/payment';
import { unwanted } from './match/payments';
import { fill } from './match/stored';
import { Wanted } from './match/wanted';
import { median, nowMs } from './numbers';
import { type Receiver, withReceiver } from './receiver';

const LISTENERS = 1_000;
const EVENTS = 5_000;
const WARM_UP_ROUNDS = 1;
const ROUNDS = process.env.BENCH_SCALE === 'small' ? 2 : 12;
/** Number of rows of one `save()`, as in an application that saves thousands. */
const SAVED_AT_ONCE = 500;
/** The account of all payments. Only one listener wants it. */
const ACCOUNT = 'acct_9999999999';

/** The cost of 999 listeners that do not want the events for the one that does. */
export async function matchEndToEnd(): Promise<readonly Figure[]> {
  return withReceiver((receiver) =>
    withDatabase((one) => withDatabase((many) => measured(one, many, receiver))),
  );
}

async function measured(
  oneUrl: string,
  manyUrl: string,
  receiver: Receiver,
): Promise<readonly Figure[]> {
  const one = await sideOf(oneUrl, 1, receiver);
  const many = await sideOf(manyUrl, LISTENERS, receiver);
  const rounds: Round[] = [];
  for (let n = 0; n < WARM_UP_ROUNDS + ROUNDS; n += 1) {
    const values = wantedByOne(n);
    const isOneFirst = n % 2 === 0;
    const first = await rate(isOneFirst ? one : many, values, receiver);
    const second = await rate(isOneFirst ? many : one, values, receiver);
    rounds.push(isOneFirst ? { one: first, many: second } : { one: second, many: first });
  }
  await one.dataSource.destroy();
  await many.dataSource.destroy();
  return [figureOf(rounds.slice(WARM_UP_ROUNDS))];
}

interface Side {
  readonly dataSource: DataSource;
  readonly hooks: ModelHooks;
}

/** Delivered events per second. */
interface Round {
  readonly one: number;
  readonly many: number;
}

async function sideOf(url: string, listeners: number, receiver: Receiver): Promise<Side> {
  const dataSource = await connectHooked(url, Payment);
  const hooks = await attach(dataSource);
  await hooks.for(Payment).listener(receiver.url).match({ account: ACCOUNT }).save();
  await fill(hooks, listeners - 1, new Set());
  return { dataSource, hooks };
}

/** Payments of one account that none of the other listeners wants. */
function wantedByOne(seed: number): readonly PaymentValues[] {
  const wanted = new Wanted(LISTENERS - 1);
  const random = randomFrom(seed);
  const payments: PaymentValues[] = [];
  while (payments.length < EVENTS) {
    const values = { ...unwanted(60, random), account: ACCOUNT };
    if (wanted.by(values).length === 0) payments.push(values);
  }
  return payments;
}

/** Time from the first `save()` until the last outcome is stored. */
async function rate(
  { dataSource, hooks }: Side,
  values: readonly PaymentValues[],
  receiver: Receiver,
): Promise<number> {
  const payments = values.map((one) => Object.assign(new Payment(), one));
  await receiver.take();
  globalThis.gc?.();
  const startedAt = nowMs();
  await dataSource.getRepository(Payment).save(payments, { chunk: SAVED_AT_ONCE });
  await hooks.idle({ timeoutMs: 120_000 });
  const seconds = (nowMs() - startedAt) / 1_000;
  const received = await receiver.take();
  if (received.length !== EVENTS)
    throw new Error(`${EVENTS} events were expected, but ${received.length} were delivered.`);
  return EVENTS / seconds;
}

function figureOf(rounds: readonly Round[]): Figure {
  const ratios = rounds.map(({ one, many }) => many / one);
  const one = median(rounds.map((round) => round.one));
  const many = median(rounds.map((round) => round.many));
  return atLeast(0.8, median(ratios), {
    figure: `${EVENTS} events end to end, 1 of ${LISTENERS} listeners matching, against that one alone`,
    unit: '',
    note: `${rounds.length} rounds from ${rounded(Math.min(...ratios))} to ${rounded(Math.max(...ratios))}; ${rounded(many)} against ${rounded(one)} events/s`,
  });
}
