import type { DataSource } from 'typeorm';
import type { ModelHooks } from 'typeorm-model-hooks';
import { attach, connectHooked, withDatabase } from './application';
import { type Customer, customer, HookedCustomer } from './customers';
import { atMost, explains, type Figure, rounded } from './figure';
import { saves, waits } from './latency';
import { quantile } from './numbers';
import { type Receiver, withReceiver } from './receiver';

/** Deliveries of the other listener that wait, each about a row of its own. The environment may ask for fewer. */
const WAITING = Number(process.env.ORDERED_BACKLOG_WAITING ?? 500_000);
const SECONDS = 20;
const WARM_UP_SECONDS = 3;

/** What an ordered listener waits for its events beside another ordered listener that is paused and has very many of them. */
export async function orderedBacklog(): Promise<readonly Figure[]> {
  return withReceiver((receiver) => withDatabase((url) => measured(url, receiver)));
}

async function measured(url: string, receiver: Receiver): Promise<readonly Figure[]> {
  const dataSource = await connectHooked(url, HookedCustomer);
  const hooks = await attach(dataSource);
  const { id } = await hooks
    .listen('nothing.happened', { url: receiver.url, ordered: true })
    .save();
  await hooks.for(HookedCustomer).listener({ url: receiver.url, ordered: true }).save();
  const run = () => latenciesMs(dataSource, hooks, receiver);
  await warmUp(dataSource, hooks, receiver);
  const alone = await run();
  await makeBacklog(dataSource, id);
  await warmUp(dataSource, hooks, receiver);
  const beside = await run();
  await dataSource.destroy();
  return figures(alone, beside);
}

async function warmUp(
  dataSource: DataSource,
  hooks: ModelHooks,
  receiver: Receiver,
): Promise<void> {
  await saves(dataSource.getRepository<Customer>(HookedCustomer), WARM_UP_SECONDS);
  await hooks.idle();
  await receiver.take();
}

async function latenciesMs(
  dataSource: DataSource,
  hooks: ModelHooks,
  receiver: Receiver,
): Promise<readonly number[]> {
  const saved = await saves(dataSource.getRepository<Customer>(HookedCustomer), SECONDS);
  await hooks.idle();
  return waits(saved, await receiver.take(), ({ resolvedMs }) => resolvedMs);
}

/** Stores due deliveries of a listener that has asked for a pause. Their events are copies of one. */
async function makeBacklog(dataSource: DataSource, listenerId: string): Promise<void> {
  await dataSource.getRepository<Customer>(HookedCustomer).save(customer(HookedCustomer, 0));
  await dataSource.query(
    "UPDATE model_hook_listener SET paused_until = now() + interval '1 hour' WHERE id = $1",
    [listenerId],
  );
  await dataSource.query(
    `WITH one AS (SELECT * FROM model_hook_event LIMIT 1), copies AS (
       INSERT INTO model_hook_event (id, hook, event, operation, data, process_id, planned_at, row_id)
       SELECT gen_random_uuid(), hook, event, operation, data, process_id, now(), gen_random_uuid()
       FROM one, generate_series(1, $2::int) RETURNING id, event, row_id, sequence
     ), stored AS (
       INSERT INTO model_hook_delivery
         (id, event_id, listener_id, event, status, attempt, retries, reschedules, next_at, row_id, sequence, headed)
       SELECT gen_random_uuid(), id, $1, event, 'waiting', 0, 0, 0, now(), row_id, sequence, true FROM copies
     ), heads AS (
       INSERT INTO model_hook_head (listener_id, row_id, ready_at) SELECT $1, row_id, now() FROM copies
     ) INSERT INTO model_hook_turn (listener_id, ready_at) VALUES ($1, now())`,
    [listenerId, WAITING],
  );
  await dataSource.query('VACUUM ANALYZE');
}

function figures(alone: readonly number[], beside: readonly number[]): readonly Figure[] {
  const [p50Alone, p50Beside] = [quantile(alone, 0.5), quantile(beside, 0.5)];
  return [
    atMost(1.2, p50Beside / p50Alone, {
      figure: `ordered listener beside ${WAITING.toLocaleString('en')} waiting deliveries of another, p50`,
      unit: '×',
      note: `${rounded(p50Beside)} against ${rounded(p50Alone)} ms`,
    }),
    explains(
      'the same, p99',
      `${rounded(quantile(beside, 0.99))} against ${rounded(quantile(alone, 0.99))} ms`,
      `${beside.length} saves each`,
    ),
  ];
}
