import { v7 as uuidv7 } from 'uuid';
import { type Chunk, MAX_CHUNK_SIZE } from '../../delivery/chunk/chunk';
import type { Match } from '../../listener/matching/checks';
import { FIRST_TOKEN, type Lease, UNHELD_TOKEN } from '../../store/chunks';
import type { Store } from '../../store/store';

/** Chunks that are stored in one statement, and that the planning process leases. */
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
  #count = 0;
  #full: Chunk[] = [];
  #eventIds: string[] = [];
  #listenerIds: string[] = [];

  constructor(
    private readonly store: Store,
    private readonly lease: Lease,
    private readonly chunkSize = MAX_CHUNK_SIZE,
  ) {}

  /** Deliveries in chunks so far. */
  get count(): number {
    return this.#count;
  }

  /** Ordered and rate-limited listeners are left out; `InTurnWriter` stores their deliveries. */
  async add({ event, listenerIds: all, inTurn = [] }: Match): Promise<void> {
    const others = new Set(inTurn.map(({ id }) => id));
    const listenerIds = others.size > 0 ? all.filter((id) => !others.has(id)) : all;
    this.#count += listenerIds.length;
    for (const listenerId of listenerIds) {
      this.#eventIds.push(event.id);
      this.#listenerIds.push(listenerId);
      if (this.#eventIds.length === this.chunkSize) this.#fill();
      if (this.#full.length === STORED_AT_ONCE) await this.#empty();
    }
  }

  /** Stores the rest, and the leased chunks: they come last, so that their lease begins when the plan is complete. */
  async end(): Promise<void> {
    if (this.#eventIds.length > 0) this.#fill();
    await this.#empty();
    await this.store.chunks.put(this.leased, FIRST_TOKEN, this.lease);
  }

  #fill(): void {
    const [eventIds, listenerIds] = [this.#eventIds, this.#listenerIds];
    this.#full.push({ id: uuidv7(), token: FIRST_TOKEN, eventIds, listenerIds });
    this.#eventIds = [];
    this.#listenerIds = [];
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
