import { v7 as uuidv7 } from 'uuid';
import { type Chunk, MAX_CHUNK_SIZE } from '../../delivery/chunk/chunk';
import type { Match } from '../../listener/matching/checks';
import { FIRST_TOKEN, type Lease, UNHELD_TOKEN } from '../../store/chunks';
import type { Store } from '../../store/store';

export interface ChunkLimits {
  /** Most deliveries of a chunk. @defaultValue `500` */
  readonly chunkSize?: number | undefined;
  /** Chunks that are stored in one statement, and that the planning process leases. @defaultValue `8` */
  readonly atOnce?: number | undefined;
  /** Whether deliveries to one origin are next to each other, as far as they are stored at once. @defaultValue `false` */
  readonly isSorted?: boolean | undefined;
}

const STORED_AT_ONCE = 8;

/**
 * Stores the deliveries of one plan as they become known. The first chunks are leased to this process. If an event has very many
 * listeners, its other chunks are stored unheld, so that no process ever holds all of them.
 */
export class ChunkWriter {
  /** Chunks that are leased to this process. */
  readonly leased: Chunk[] = [];
  /** Ids of events with chunks that no process holds yet. */
  readonly scattered = new Set<string>();
  readonly #limits: Required<ChunkLimits> & { readonly chunkSize: number; readonly atOnce: number };
  #count = 0;
  #full: Chunk[] = [];
  #pairs: Pair[] = [];

  constructor(
    private readonly store: Store,
    private readonly lease: Lease,
    { chunkSize = MAX_CHUNK_SIZE, atOnce = STORED_AT_ONCE, isSorted = false }: ChunkLimits = {},
  ) {
    this.#limits = { chunkSize, atOnce, isSorted };
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
    const { chunkSize, atOnce, isSorted } = this.#limits;
    for (const listenerId of listenerIds) {
      this.#pairs.push({ eventId: event.id, listenerId });
      const isFull = this.#pairs.length === (isSorted ? chunkSize * atOnce : chunkSize);
      if (isFull) await this.#fill();
      if (this.#full.length >= atOnce) await this.#empty();
    }
  }

  /** Stores the rest, and the leased chunks: they come last, so that their lease begins when the plan is complete. */
  async end(): Promise<void> {
    await this.#fill();
    await this.#empty();
    await this.store.chunks.put(this.leased, FIRST_TOKEN, this.lease);
  }

  async #fill(): Promise<void> {
    const { chunkSize, isSorted } = this.#limits;
    const pairs = isSorted ? await this.#sorted(this.#pairs) : this.#pairs;
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
