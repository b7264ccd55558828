import type { DataSource } from 'typeorm';
import type { ModelHooks } from 'typeorm-model-hooks';
import { Agent, request } from 'undici';
import { attach, connectHooked, withDatabase } from './application';
import { type Customer, customers, HookedCustomer } from './customers';
import { atLeast, atMost, explains, type Figure, rounded } from './figure';
import { cpuMs, median, nowMs, quantile } from './numbers';
import { type Received, type Receiver, withReceiver } from './receiver';
import { watchResident } from './resident';

const EVENTS = 20_000;
const ROUNDS = 40;
const WARM_UP_ROUNDS = 1;
/** Number of requests by undici alone, before and after each drain. */
const REQUESTS = 1_500;
const CONCURRENCY = 32;

interface Drain {
  readonly perSecond: number;
  readonly cpuUs: number;
  readonly grownMb: number;
}

interface Round extends Drain {
  readonly alone: { readonly perSecond: number; readonly cpuUs: number };
}

/** The rate at which a backlog is delivered, relative to the HTTP client alone with the same requests, and the memory used. */
export async function backlog(): Promise<readonly Figure[]> {
  return withReceiver((receiver) => withDatabase((url) => measured(url, receiver)));
}

async function measured(url: string, receiver: Receiver): Promise<readonly Figure[]> {
  await makeBacklog(url, receiver);
  const dataSource = await connectHooked(url, HookedCustomer);
  const agent = new Agent({ connections: CONCURRENCY });
  const first = await drain(dataSource);
  const [sample] = await receiver.take();
  if (!sample) throw new Error('The receiver got no request.');
  const rounds: Round[] = [];
  for (let n = 0; n < WARM_UP_ROUNDS + ROUNDS; n += 1)
    rounds.push(await round(dataSource, () => alone(agent, receiver.url, sample)));
  await agent.close();
  await dataSource.destroy();
  return figures(first, rounds.slice(WARM_UP_ROUNDS));
}

/** Stores events without sending them, and keeps a copy so that each round begins with the same events. */
async function makeBacklog(url: string, receiver: Receiver): Promise<void> {
  const dataSource = await connectHooked(url, HookedCustomer);
  const hooks = await attach(dataSource, { work: false });
  await hooks.for(HookedCustomer).listener(receiver.url).save();
  const rows = customers(HookedCustomer, EVENTS);
  await dataSource.getRepository<Customer>(HookedCustomer).save(rows, { chunk: 1_000 });
  await dataSource.query('CREATE TABLE kept AS TABLE model_hook_event');
  await dataSource.destroy();
}

async function refill(dataSource: DataSource): Promise<void> {
  await dataSource.query('TRUNCATE model_hook_event, model_hook_chunk, model_hook_delivery');
  await dataSource.query('INSERT INTO model_hook_event SELECT * FROM kept ORDER BY id');
  await dataSource.query('ANALYZE model_hook_event');
}

/** One round. undici runs before and after the drain, so that a slow phase of the machine slows both. */
async function round(dataSource: DataSource, undici: () => Promise<Alone>): Promise<Round> {
  await refill(dataSource);
  const before = await undici();
  const drained = await drain(dataSource);
  const after = await undici();
  return {
    ...drained,
    alone: {
      perSecond: (2 * REQUESTS) / (before.seconds + after.seconds),
      cpuUs: (before.cpuUs + after.cpuUs) / 2,
    },
  };
}

/** Time from attach() until each outcome is stored. */
async function drain(dataSource: DataSource): Promise<Drain> {
  globalThis.gc?.();
  const resident = watchResident();
  const cpuAtStart = cpuMs();
  const startedAt = nowMs();
  const hooks = await attach(dataSource);
  await hooks.idle({ timeoutMs: 120_000 });
  const seconds = (nowMs() - startedAt) / 1_000;
  const cpu = cpuMs() - cpuAtStart;
  const grownMb = resident.stop();
  await checkDone(dataSource, hooks);
  return { perSecond: EVENTS / seconds, cpuUs: (cpu * 1_000) / EVENTS, grownMb };
}

async function checkDone(dataSource: DataSource, hooks: ModelHooks): Promise<void> {
  await hooks.detach();
  const [row] = await dataSource.query<{ done: string }[]>(
    "SELECT count(*) AS done FROM model_hook_delivery WHERE status = 'done'",
  );
  if (Number(row?.done) !== EVENTS) throw new Error(`${row?.done} of ${EVENTS} were delivered.`);
}

interface Alone {
  readonly seconds: number;
  readonly cpuUs: number;
}

/** The HTTP client alone, which repeats one of our requests. */
async function alone(agent: Agent, url: string, sample: Received): Promise<Alone> {
  const { host, connection, 'content-length': length, ...headers } = sample.headers;
  let left = REQUESTS;
  const post = async () => {
    while (left > 0) {
      left -= 1;
      const { body } = await request(url, {
        method: 'POST',
        headers,
        body: sample.body,
        dispatcher: agent,
      });
      await body.dump();
    }
  };
  const cpuAtStart = cpuMs();
  const startedAt = nowMs();
  await Promise.all(Array.from({ length: CONCURRENCY }, post));
  const seconds = (nowMs() - startedAt) / 1_000;
  return { seconds, cpuUs: ((cpuMs() - cpuAtStart) * 1_000) / REQUESTS };
}

function figures(first: Drain, rounds: readonly Round[]): readonly Figure[] {
  const ratios = rounds.map(({ perSecond, alone }) => perSecond / alone.perSecond);
  const of = (value: (round: Round) => number) => median(rounds.map(value));
  const grown = rounds.map(({ grownMb }) => grownMb);
  return [
    atLeast(0.25, median(ratios), {
      figure: 'backlog of 20,000, against undici alone',
      unit: '×',
      note:
        `p10 ${rounded(quantile(ratios, 0.1))}×, p90 ${rounded(quantile(ratios, 0.9))}×; ` +
        `${rounded(of(({ perSecond }) => perSecond))} against ${rounded(of(({ alone }) => alone.perSecond))} a second`,
    }),
    explains(
      'CPU of a delivery, against a request',
      `${rounded(of(({ cpuUs, alone }) => cpuUs / alone.cpuUs))}×`,
      `this process: ${rounded(of(({ cpuUs }) => cpuUs))} against ${rounded(of(({ alone }) => alone.cpuUs))} µs`,
    ),
    atMost(64, Math.max(...grown), {
      figure: 'resident memory, growth while draining',
      unit: ' MB',
      note:
        `the most of ${rounds.length} drains, each after a collection; median ${rounded(median(grown))} MB, ` +
        `the first drain of the process ${rounded(first.grownMb)} MB`,
    }),
  ];
}
