import { createHmac, randomUUID } from 'node:crypto';
import { Queue, Worker } from 'bullmq';
import { DataSource, type EntitySubscriberInterface, type InsertEvent } from 'typeorm';
import { Agent, request } from 'undici';
import { type Customer, PlainCustomer } from '../customers';
import type { Order } from './contender';
import { Counting } from './counting';
import type { Carried } from './ours';

interface ListenerRow {
  readonly url: string;
  readonly secret: string;
  readonly city: string | null;
}

const REDIS = { host: '127.0.0.1', port: 6379 };
const CONCURRENCY = 50;
const HOUR_MS = 3_600_000;

/**
 * What a team writes by hand: a subscriber adds a BullMQ job for each entity, a worker reads the listeners from a table and sends a
 * signed request to those that match. It is neither transactional nor durable.
 */
export async function byHand({ kind, url, receiverUrl, listeners }: Order): Promise<Carried> {
  const name = `peers-${randomUUID()}`;
  const queue = new Queue(name, { connection: REDIS });
  const dataSource = new DataSource({ type: 'postgres', url, entities: [PlainCustomer] });
  await dataSource.initialize();
  await dataSource.synchronize();
  await storeListeners(dataSource, receiverUrl, listeners);
  dataSource.subscribers.push(new Enqueueing(queue));
  const agent = new Agent({ connections: CONCURRENCY });
  const post = kind === 'by hand, fetch' ? postByFetch : postByUndici(agent);
  const counting = new Counting();
  const worker = new Worker<Customer>(
    name,
    async ({ data }) => {
      const rows = await dataSource.query<ListenerRow[]>(
        "SELECT url, secret, city FROM hand_listener WHERE event = 'customer.created'",
      );
      const body = JSON.stringify(data);
      for (const row of rows)
        if (row.city === null || row.city === data.city) await post(row, body);
    },
    {
      connection: { ...REDIS, maxRetriesPerRequest: null },
      concurrency: CONCURRENCY,
      removeOnComplete: { count: 0 },
    },
  );
  worker.on('completed', () => counting.count());
  await worker.waitUntilReady();
  return {
    dataSource,
    entity: PlainCustomer,
    expect: (events) => counting.expect(events),
    ended: () => counting.ended,
    cpuMs: async () => 0,
    stop: async () => {
      await worker.close();
      await queue.obliterate({ force: true });
      await queue.close();
      await agent.close();
      await dataSource.destroy();
    },
  };
}

async function storeListeners(
  dataSource: DataSource,
  receiverUrl: string,
  listeners: number,
): Promise<void> {
  await dataSource.query(
    'CREATE TABLE hand_listener (id serial PRIMARY KEY, event text, url text, secret text, city text)',
  );
  await dataSource.query('CREATE INDEX ON hand_listener (event)');
  await dataSource.query(
    `INSERT INTO hand_listener (event, url, secret, city)
     SELECT 'customer.created', $1, 'a secret of this listener', CASE WHEN n > 1 THEN 'City ' || n END FROM generate_series(1, $2::int) n`,
    [receiverUrl, listeners],
  );
}

class Enqueueing implements EntitySubscriberInterface<Customer> {
  constructor(private readonly queue: Queue) {}

  listenTo(): typeof PlainCustomer {
    return PlainCustomer;
  }

  async afterInsert({ entity }: InsertEvent<Customer>): Promise<void> {
    const { passwordHash, ...provided } = entity;
    await this.queue.add('customer.created', provided, {
      attempts: 5,
      backoff: { type: 'exponential', delay: HOUR_MS },
      removeOnComplete: true,
    });
  }
}

type Post = (listener: ListenerRow, body: string) => Promise<void>;

function headersOf({ secret }: ListenerRow, body: string): Record<string, string> {
  const hmac = createHmac('sha256', secret).update(body).digest('base64');
  return { 'content-type': 'application/json', 'x-hub-signature': hmac };
}

function postByUndici(agent: Agent): Post {
  return async (listener, body) => {
    const options = { headers: headersOf(listener, body), body, dispatcher: agent };
    const response = await request(listener.url, { method: 'POST', ...options });
    await response.body.dump();
    if (response.statusCode >= 300) throw new Error(`HTTP ${response.statusCode}`);
  };
}

async function postByFetch(listener: ListenerRow, body: string): Promise<void> {
  const response = await fetch(listener.url, {
    method: 'POST',
    headers: headersOf(listener, body),
    body,
    signal: AbortSignal.timeout(3_000),
  });
  await response.text();
  if (!response.ok) throw new Error(`HTTP ${response.status}`);
}
