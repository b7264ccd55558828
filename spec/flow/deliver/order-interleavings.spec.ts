import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Chunk } from '../../../lib';
import { deliveryId } from '../../../lib/delivery/chunk/chunk';
import { Claims } from '../../../lib/dispatch/claim/claims';
import { TurnMending } from '../../../lib/dispatch/claim/turn-mending';
import type { OutcomeRow } from '../../../lib/store/outcomes';
import type { Store } from '../../../lib/store/store';
import { StoredFlow } from '../../support/application/stored-flow';
import { testStore } from '../../support/application/test-store';

const LISTENERS = [randomUUID(), randomUUID()];
const ROWS = Array.from({ length: 5 }, () => randomUUID());
const EVENTS_OF_A_ROW = 24;
const DELIVERIES = LISTENERS.length * ROWS.length * EVENTS_OF_A_ROW;
/** A process that dies leaves its chunk to the others after this time. */
const LEASE_MS = 300;
const HERE = { hooks: [{ name: 'person', shape: '' }], encryptionKeyIds: [] };
const FREE: ReadonlyMap<string, number> = new Map();
const PATIENCE_MS = 60_000;

/** What the release before this one does: it knows of no heads. */
const RELEASES = {
  // Heads are complete by themselves here: nothing mends them.
  'this release': { isEarlier: () => false, isMended: false },
  'this release and the one before': { isEarlier: () => Math.random() < 0.3, isMended: true },
} as const;

let flow: StoredFlow;
let store: Store;
beforeEach(async () => {
  flow = await StoredFlow.start({ dataSource: { poolSize: 12 } });
  store = testStore(flow.dataSource, 10);
});
afterEach(() => flow?.stop());

describe('ordered deliveries of several processes that write, plan, claim, record and die at any time', () => {
  it.each(Object.keys(RELEASES) as (keyof typeof RELEASES)[])(
    'Processes of %s deliver each event of a row once, one after another',
    async (release) => {
      const { isEarlier, isMended } = RELEASES[release];
      const processes = new Processes(isEarlier);
      await Promise.all([
        ...ROWS.map((row) => processes.write(row)),
        processes.plan(),
        processes.plan(),
        processes.carry(),
        processes.carry(),
        processes.carry(),
        isMended ? processes.mend() : undefined,
      ]);
      expect(processes.mistakes).toEqual([]);
      expect(await unended()).toBe(0);
      await processes.drain();
      const [left] = await flow.query(
        'SELECT (SELECT count(*)::int FROM model_hook_head) AS heads, (SELECT count(*)::int FROM model_hook_turn) AS turns',
      );
      expect(left).toEqual({ heads: 0, turns: 0 });
    },
  );
});

/** Processes on one database, and what they have sent. */
class Processes {
  readonly mistakes: string[] = [];
  readonly #ended = new Set<string>();
  /** The sequence that is being sent, by listener and row. */
  readonly #sending = new Map<string, number>();
  readonly #last = new Map<string, number>();
  readonly #until = Date.now() + PATIENCE_MS;

  constructor(private readonly isEarlier: () => boolean) {}

  get #isDone(): boolean {
    if (this.#ended.size >= DELIVERIES || this.mistakes.length > 0) return true;
    if (Date.now() < this.#until) return false;
    this.mistakes.push(`only ${this.#ended.size} of ${DELIVERIES} deliveries have ended`);
    return true;
  }

  /** Commits the events of a row one after another, as transactions that lock it do. */
  async write(row: string): Promise<void> {
    for (let n = 0; n < EVENTS_OF_A_ROW; n += 1) {
      await flow.query(
        `INSERT INTO model_hook_event (id, hook, event, data, row_id) VALUES ($1, 'person', 'person.updated', '{}', $2)`,
        [randomUUID(), row],
      );
      if (Math.random() < 0.5) await sleep(Math.random() * 20);
    }
  }

  async plan(): Promise<void> {
    while (!this.#isDone) {
      await store.snapshot(async (joined) => {
        const events = await joined.events.claim(HERE, 1 + Math.floor(Math.random() * 8));
        if (Math.random() < 0.3) await sleep(Math.random() * 10);
        const deliveries = events.flatMap(({ id, event, row_id, sequence }) =>
          LISTENERS.map((listenerId) => ({
            id: deliveryId(id, listenerId),
            eventId: id,
            listenerId,
            event,
            rowId: row_id,
            sequence,
          })),
        );
        await joined.turns.queue(deliveries);
      });
      if (this.isEarlier()) await withoutHeads();
      await sleep(Math.random() * 5);
    }
  }

  async carry(): Promise<void> {
    const lease = { processId: randomUUID(), leaseMs: LEASE_MS };
    while (!this.#isDone) {
      const claims = new Claims(store, lease, 1 + Math.floor(Math.random() * 6));
      for (const chunk of await claims.unheld(1)) await this.#send(chunk);
      const chunk = await claims.due(FREE);
      // It dies before it sends anything.
      if (chunk && Math.random() < 0.05) continue;
      if (chunk) await this.#send(chunk);
      else await sleep(5);
    }
  }

  async mend(): Promise<void> {
    const mending = new TurnMending(store);
    while (!this.#isDone) {
      await mending.mend();
      await sleep(20);
    }
  }

  /** Claims until no turn is left. */
  async drain(): Promise<void> {
    const claims = new Claims(store, { processId: randomUUID(), leaseMs: LEASE_MS });
    while ((await claims.nextDueMs(FREE)) !== null) await claims.due(FREE);
  }

  async #send(chunk: Chunk): Promise<void> {
    const deliveries = await deliveriesOf(chunk);
    for (const delivery of deliveries) this.#begin(delivery);
    if (Math.random() < 0.5) await sleep(Math.random() * 10);
    // It dies after it has sent everything: another process sends it again.
    if (Math.random() < 0.03) return;
    const rows = deliveries.map((delivery, n) => this.#outcomeOf(delivery, n, deliveries.length));
    const answers = await store.outcomes.record(
      rows,
      [{ place: 0, id: chunk.id, token: chunk.token }],
      deliveries.map(({ event_id }, place) => ({ place, id: event_id, name: 'person.updated' })),
    );
    if (answers.length === 0) return;
    for (const [n, delivery] of deliveries.entries())
      if (rows[n]?.status === 'done') this.#ended.add(delivery.id);
    if (this.isEarlier()) await withoutHeadsOf(deliveries.map(({ row_id }) => row_id));
  }

  #begin({ listener_id, row_id, sequence }: Sent): void {
    const key = `${listener_id} ${row_id}`;
    const number = Number(sequence);
    const sending = this.#sending.get(key);
    if (sending !== undefined && sending !== number)
      this.mistakes.push(`${number} is sent while ${sending} is being sent`);
    if (number < (this.#last.get(key) ?? 0))
      this.mistakes.push(`${number} is sent after ${this.#last.get(key)}`);
    this.#sending.set(key, number);
    this.#last.set(key, number);
  }

  #outcomeOf({ id, listener_id, row_id }: Sent, n: number, count: number): OutcomeRow {
    const isDone = Math.random() < 0.7;
    if (isDone) this.#sending.delete(`${listener_id} ${row_id}`);
    return {
      ...NOTHING,
      chunk: 0,
      event: n,
      id,
      listener_id,
      status: isDone ? 'done' : 'retrying',
      attempt: 1,
      after_ms: isDone ? undefined : Math.floor(Math.random() * 30),
      gives_turn: true,
      closes: n === count - 1 ? true : undefined,
    };
  }
}

interface Sent {
  readonly id: string;
  readonly event_id: string;
  readonly listener_id: string;
  readonly row_id: string;
  readonly sequence: string;
}

const NOTHING = {
  retries: undefined,
  reschedules: undefined,
  http_status: undefined,
  reason: undefined,
  detail: undefined,
  response: undefined,
  retval: undefined,
  duration_ms: undefined,
  attempted_at: undefined,
  is_kept: undefined,
} as const;

/** The deliveries of a chunk that have no outcome since it was made. */
function deliveriesOf({ id }: Chunk): Promise<Sent[]> {
  return flow.query('SELECT * FROM model_hook_delivery WHERE chunk_id = $1', [id]);
}

/** As the earlier release stores deliveries. Skips what others have locked, as all of our statements do. */
async function withoutHeads(): Promise<void> {
  await flow.query(
    `UPDATE model_hook_delivery SET headed = false WHERE id = ANY(ARRAY(
       SELECT id FROM model_hook_delivery WHERE attempt = 0 AND chunk_id IS NULL FOR UPDATE SKIP LOCKED))`,
  );
  await withoutHeadsOf(ROWS);
}

/** As the earlier release ends deliveries. */
async function withoutHeadsOf(rows: readonly string[]): Promise<void> {
  await flow.query(
    `DELETE FROM model_hook_head WHERE id = ANY(ARRAY(
       SELECT id FROM model_hook_head WHERE row_id = ANY($1) FOR UPDATE SKIP LOCKED))`,
    [rows],
  );
}

async function unended(): Promise<number> {
  const rows = await flow.query("SELECT FROM model_hook_delivery WHERE status <> 'done'");
  return rows.length;
}
