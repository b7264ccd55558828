import { v7 as uuidv7 } from 'uuid';
import { type Chunk, MAX_CHUNK_SIZE } from '../../delivery/chunk/chunk';
import type { Match } from '../../listener/matching/checks';
import { FIRST_TOKEN, type Lease, UNHELD_TOKEN } from '../../store/chunks';
import type { LaterRows } from '../../store/later-rows';
import type { RecipientRow } from '../../store/recipients';
import type { Store } from '../../store/store';

export interface ChunkLimits {
  /** Most deliveries of a chunk. @defaultValue `500` */
  readonly chunkSize?: number;
  /** The same while there is a backlog. @defaultValue the value of `chunkSize` */
  readonly backlogChunkSize?: number;
  readonly isBacklog?: boolean;
  /** Chunks that are stored in one statement, and that the planning process leases. @defaultValue `8` */
  readonly atOnce?: number;
  /**
   * Whether other processes send: then deliveries to one origin are next to each other, as far as they are stored at once.
   * @defaultValue `false`
   */
  readonly isForOthers?: boolean;
}

const STORED_AT_ONCE = 8;
/** Recipients of more deliveries are read when they are sent to: until then, their rows may have changed. */
const MAX_READ_AHEAD = 500;

/**
 * Stores the deliveries of one plan as they become known. The first chunks are leased to this process. If an event has very many
 * listeners, its other chunks are stored unheld, so that no process ever holds all of them.
 */
export class ChunkWriter {
  /** Chunks that are leased to this process. */
  readonly leased: Chunk[] = [];
  /** Ids of events with chunks that no process holds yet. */
  readonly scattered = new Set<string>();
  readonly #chunkSize: number;
  readonly #atOnce: number;
  readonly #isForOthers: boolean;
  #count = 0;
  #full: Chunk[] = [];
  #pairs: Pair[] = [];

  constructor(
    private readonly store: Store,
    private readonly lease: Lease,
    {
      chunkSize = MAX_CHUNK_SIZE,
      backlogChunkSize = chunkSize,
      isBacklog = false,
      atOnce = STORED_AT_ONCE,
      isForOthers = false,
    }: ChunkLimits = {},
  ) {
    this.#chunkSize = isBacklog ? backlogChunkSize : chunkSize;
    this.#atOnce = atOnce;
    this.#isForOthers = isForOthers;
  }

  /** Deliveries in chunks so far. */
  get count(): number {
    return this.#count;
  }

  /** Ordered and rate-limited listeners are left out; `InTurnWriter` stores their deliveries. */
  async add({ event, listenerIds: all, inTurn = [] }: Match): Promise<void> {
    const others = new Set(inTurn.map(({ id }) => id));
    const listenerIds = others.size > 0 ? all.filter((id) => !others.has(id)) : all;
    this.#count += listenerIds.length;
    const atOnce = this.#isForOthers ? this.#chunkSize * this.#atOnce : this.#chunkSize;
    for (const listenerId of listenerIds) {
      this.#pairs.push({ eventId: event.id, listenerId });
      if (this.#pairs.length === atOnce) await this.#fill();
      if (this.#full.length >= this.#atOnce) await this.#empty();
    }
  }

  /** Reads the recipients of the leased chunks with the next statement, or the COMMIT. Null if they are read later. */
  recipientsLater(): LaterRows<RecipientRow> | null {
    const ids = this.leased.flatMap(({ listenerIds }) => listenerIds);
    if (this.#isForOthers || ids.length === 0 || ids.length > MAX_READ_AHEAD) return null;
    return this.store.recipients.readLater(new Set(ids));
  }

  /** Stores the rest, and the leased chunks: they come last, so that their lease begins when the plan is complete. */
  async end(): Promise<void> {
    await this.#fill();
    await this.#empty();
    await this.store.chunks.put(this.leased, FIRST_TOKEN, this.lease);
  }

  async #fill(): Promise<void> {
    const chunkSize = this.#chunkSize;
    const pairs = this.#isForOthers ? await this.#sorted(this.#pairs) : this.#pairs;
    this.#pairs = [];
    for (let at = 0; at < pairs.length; at += chunkSize) {
      const of = pairs.slice(at, at + chunkSize);
      const eventIds = of.map(({ eventId }) => eventId);
      const listenerIds = of.map(({ listenerId }) => listenerId);
      this.#full.push({ id: uuidv7(), token: FIRST_TOKEN, eventIds, listenerIds });
    }
  }

  /** By origin and then by listener; the events of each listener stay in their order. */
  async #sorted(pairs: readonly Pair[]): Promise<readonly Pair[]> {
    const ids = new Set(pairs.map(({ listenerId }) => listenerId));
    if (ids.size < 2) return pairs;
    const origins = await this.store.recipients.origins(ids);
    const placeOf = ({ listenerId }: Pair) => `${origins.get(listenerId)} ${listenerId}`;
    const placed = pairs.map((pair) => ({ pair, place: placeOf(pair) }));
    return placed
      .sort((a, b) => (a.place < b.place ? -1 : Number(a.place > b.place)))
      .map(({ pair }) => pair);
  }

  async #empty(): Promise<void> {
    const chunks = this.#full;
    this.#full = [];
    if (this.leased.length === 0) {
      this.leased.push(...chunks);
      return;
    }
    for (const { eventIds } of chunks) for (const id of eventIds) this.scattered.add(id);
    await this.store.chunks.put(chunks, UNHELD_TOKEN, this.lease);
  }
}

interface Pair {
  readonly eventId: string;
  readonly listenerId: string;
}
