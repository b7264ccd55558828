import { setTimeout as sleep } from 'node:timers/promises';
import type { Repository } from 'typeorm';
import { attach, connectHooked, withDatabase } from './application';
import { type Customer, customer, HookedCustomer } from './customers';
import { atMost, explains, type Figure, rounded } from './figure';
import { nowMs, quantile } from './numbers';
import { type Received, type Receiver, withReceiver } from './receiver';

const SAVES_PER_SECOND = 50;
const SECONDS = 20;
const WARM_UP_SECONDS = 3;

/** The times of one save, by the clock that all processes of this machine share. */
export interface Save {
  readonly name: string;
  readonly calledMs: number;
  readonly resolvedMs: number;
}

/** Time from a commit until a receiver in another process on this machine has the event. */
export async function latency(): Promise<readonly Figure[]> {
  return withReceiver((receiver) => withDatabase((url) => measured(url, receiver)));
}

async function measured(url: string, receiver: Receiver): Promise<readonly Figure[]> {
  const dataSource = await connectHooked(url, HookedCustomer);
  const hooks = await attach(dataSource);
  await hooks.for(HookedCustomer).listener(receiver.url).save();
  const repository = dataSource.getRepository<Customer>(HookedCustomer);
  await saves(repository, WARM_UP_SECONDS);
  await hooks.idle();
  await receiver.take();
  const saved = await saves(repository, SECONDS);
  await hooks.idle();
  const received = await receiver.take();
  await dataSource.destroy();
  return figures(saved, received);
}

/** Begins a save every 20 ms even if the one before has not ended, so that slow saves do not reduce the load. */
export async function saves(
  repository: Repository<Customer>,
  seconds: number,
): Promise<readonly Save[]> {
  const begun: Promise<Save>[] = [];
  const startedAt = nowMs();
  for (let n = 0; n < seconds * SAVES_PER_SECOND; n += 1) {
    await sleep(Math.max(startedAt + (n * 1_000) / SAVES_PER_SECOND - nowMs(), 0));
    begun.push(save(repository, customer(HookedCustomer, n)));
  }
  return Promise.all(begun);
}

async function save(repository: Repository<Customer>, row: Customer): Promise<Save> {
  const calledMs = nowMs();
  await repository.save(row);
  return { name: row.name, calledMs, resolvedMs: nowMs() };
}

function figures(saved: readonly Save[], received: readonly Received[]): readonly Figure[] {
  const sinceResolved = waits(saved, received, ({ resolvedMs }) => resolvedMs);
  const sinceCalled = waits(saved, received, ({ calledMs }) => calledMs);
  const text = { unit: ' ms', note: `${saved.length} saves, ${SAVES_PER_SECOND} a second` };
  return [
    atMost(5, quantile(sinceResolved, 0.5), { ...text, figure: 'save() resolved to receipt, p50' }),
    atMost(20, quantile(sinceResolved, 0.99), {
      ...text,
      figure: 'save() resolved to receipt, p99',
      note: `${text.note}, slowest ${rounded(Math.max(...sinceResolved))} ms`,
    }),
    explains(
      'save() called to receipt, p50 / p99',
      `${rounded(quantile(sinceCalled, 0.5))} / ${rounded(quantile(sinceCalled, 0.99))} ms`,
      'with the save() itself',
    ),
  ];
}

/** Milliseconds from a time of each save to the receipt of its event. Throws if an event is missing or came twice. */
export function waits(
  saved: readonly Save[],
  received: readonly Received[],
  since: (save: Save) => number,
): readonly number[] {
  const arrivals = new Map(received.map(({ body, atMs }) => [nameIn(body), atMs]));
  if (received.length !== saved.length || arrivals.size !== saved.length)
    throw new Error(`${saved.length} events were expected, but ${received.length} arrived.`);
  return saved.map((save) => (arrivals.get(save.name) ?? 0) - since(save));
}

function nameIn(body: string): string {
  return (JSON.parse(body) as { readonly name: string }).name;
}
