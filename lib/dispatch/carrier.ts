import { setTimeout as sleep } from 'node:timers/promises';
import { Deadline, endsWithin } from '../base/deadline';
import type { ChunkSender } from '../delivery/attempt/sender';
import { type Chunk, chunkKey } from '../delivery/chunk/chunk';
import type { Planned } from '../delivery/chunk/loading';
import type { OutcomeRecord } from '../delivery/chunk/outcome-record';
import type { Restraints } from '../delivery/origins/restraints';
import type { Recorder } from '../delivery/record/recorder';
import { loggable } from '../logging/loggable';
import type { Logger } from '../logging/logger';
import type { Claims } from './claim/claims';
import type { DeliverChunkOptions, Engine, ResolvedDispatcher } from './dispatcher';
import { Room } from './room';

export interface CarrierParts {
  readonly claims: Pick<Claims, 'take' | 'renew' | 'release'>;
  readonly sender: ChunkSender;
  readonly recorder: Pick<Recorder, 'size' | 'stop'>;
  readonly dispatcher: ResolvedDispatcher;
  readonly logger: Logger;
  /** How long the dispatcher may take to accept chunks: as long as their lease holds. */
  readonly leaseMs: number;
}

/** A chunk that the dispatcher is given. */
interface Offer {
  readonly chunk: Chunk;
  /** Null if another process may have had the chunk before. */
  readonly planned: Planned | null;
}

type ChunkRef = Pick<Chunk, 'id' | 'token'>;

/** Deliveries held by this process at once. Above this, it neither plans, claims nor loads more. */
const MAX_DELIVERIES = 2_000;
/** Deliveries given at once to a dispatcher that is not local: only their ids are held here … */
const DISPATCHED_DELIVERIES = 2_000;
/** … but at least this number of chunks. */
const MIN_DISPATCHED = 8;
/** Names of events in the label of a chunk. */
const LABELLED = 3;
/** A chunk that could not be loaded is loaded again after this time. */
const UNLOADABLE_MS = 1_000;
/** How often a chunk is loaded before it is left to other processes. */
const LOADS = 3;

/** Gives chunks to the dispatcher, and sends those that it hands back, as many at a time as there is room for. */
export class Carrier implements Pick<Engine, 'deliver'> {
  /** Chunks whose lease is renewed: they are being sent from here, or wait for room. */
  readonly #leased = new Map<string, Chunk>();
  /** Chunks that the dispatcher is being given. If it hands them back at once, their lease still holds. */
  readonly #offered = new Map<string, Offer>();
  readonly #sending = new Set<Promise<void>>();
  readonly #room: Room;
  #isClosed = false;

  constructor(private readonly parts: CarrierParts) {
    this.#room = new Room(MAX_DELIVERIES, [parts.sender, parts.recorder]);
  }

  /** Deliveries, outcomes and chunks that this process holds. */
  get inFlight(): number {
    const { sender, recorder } = this.parts;
    return sender.size + recorder.size + this.#leased.size;
  }

  /** Listeners that fewer deliveries, or none, should be claimed for now. */
  get restraints(): Restraints {
    return this.parts.sender.restraints;
  }

  /** How many chunks to claim after `hasRoom()`. */
  get chunksWanted(): number {
    const { isLocal, chunkSize } = this.parts.dispatcher;
    return isLocal
      ? Math.max(1, Math.floor(this.#room.left / chunkSize))
      : dispatchedAtOnce(chunkSize);
  }

  /** Lets the dispatcher begin; it hands chunks back to `engine`. */
  async start(engine: Engine): Promise<void> {
    const { dispatcher, logger } = this.parts;
    await dispatcher.dispatcher.start?.(engine, { logger });
  }

  /** Resolves when more may be claimed. Other dispatchers carry chunks elsewhere, so only a local one waits for room here. */
  async hasRoom(): Promise<void> {
    if (this.parts.dispatcher.isLocal) await this.#room.enter(() => Promise.resolve());
  }

  /** Gives chunks to the dispatcher. Returns false if it threw. */
  async dispatch(chunks: readonly Chunk[], planned: Planned | null): Promise<boolean> {
    const { claims, dispatcher, logger } = this.parts;
    if (chunks.length === 0) return true;
    for (const chunk of chunks) this.#offered.set(chunk.id, { chunk, planned });
    try {
      const given = dispatcher.isLocal ? chunks : chunks.map((one) => labelled(one, planned));
      await this.#inTime(Promise.resolve(dispatcher.dispatcher.dispatch(given)));
      return true;
    } catch (error) {
      logger.error('The dispatcher threw an error; the next sweep dispatches its chunks again.', {
        error: loggable(error),
      });
      await claims.release(chunks.filter(({ id }) => this.#offered.has(id)));
      return false;
    } finally {
      for (const { id } of chunks) this.#offered.delete(id);
    }
  }

  async deliver(chunk: ChunkRef, { signal, starts = 1 }: DeliverChunkOptions = {}): Promise<void> {
    if (signal?.aborted || this.#leased.has(chunk.id)) return;
    const offer = this.#acceptOffer(chunk) ?? (await this.#takeOver(chunk, starts));
    if (!offer) return;
    this.#leased.set(chunk.id, offer.chunk);
    const sending = this.#send(offer);
    this.#sending.add(sending);
    await sending.finally(() => this.#sending.delete(sending));
  }

  /** Ids of those of the chunks that the dispatcher still has. Null if it cannot be asked now. */
  async held(chunks: readonly ChunkRef[]): Promise<ReadonlySet<string> | null> {
    const { dispatcher, logger } = this.parts;
    if (chunks.length === 0) return new Set();
    try {
      const asked = dispatcher.dispatcher.held?.(chunks) ?? Promise.resolve([]);
      await this.#inTime(asked.then(() => undefined));
      return new Set(await asked);
    } catch (error) {
      logger.debug('The dispatcher did not say which chunks it has; the next sweep asks again.', {
        error: loggable(error),
      });
      return null;
    }
  }

  /** A delivery is due in `afterMs`. Never rejects: sweeps find it too. */
  announceDue(afterMs: number): void {
    const { dispatcher, logger } = this.parts;
    if (dispatcher.isLocal || !dispatcher.dispatcher.due) return;
    const told = async () => dispatcher.dispatcher.due?.(afterMs);
    told().catch((error: unknown) => {
      logger.debug('The dispatcher could not be told when a delivery is due.', {
        error: loggable(error),
      });
    });
  }

  /** Whether the dispatcher may have chunks whose lease has expired. */
  get mayHold(): boolean {
    return this.parts.dispatcher.dispatcher.held !== undefined;
  }

  /** Outcomes are stored: ends the lease of chunks that are complete, or that another process has taken over (`lost`). */
  noteRecorded(records: readonly OutcomeRecord[], lost: ReadonlySet<string>): void {
    for (const { chunk, closes } of records)
      if (closes || lost.has(chunkKey(chunk))) this.#leased.delete(chunk.id);
    this.#room.admit();
  }

  /** Extends the leases of all chunks that are held here. */
  renew(): Promise<void> {
    return this.parts.claims.renew([...this.#leased.values()]);
  }

  /** Begins no further request, rejects chunks and claims that wait for room, and loads no chunk again. */
  close(): void {
    this.#isClosed = true;
    this.parts.sender.close();
    this.#room.close();
  }

  /** Closes, waits until the deadline for requests in flight, and releases all chunks. */
  async stop(deadlineMs: number): Promise<void> {
    const { claims, recorder, sender } = this.parts;
    const deadline = new Deadline(deadlineMs);
    // The jobs of a dispatcher end with their deliveries, so neither waits for the other.
    const stopping = this.#stopDispatcher(deadlineMs);
    await sender.stop(deadline.leftMs);
    await stopping;
    await Promise.all(this.#sending);
    await recorder.stop();
    await claims.release([...this.#leased.values()]);
  }

  #acceptOffer({ id, token }: ChunkRef): Offer | null {
    const offer = this.#offered.get(id);
    this.#offered.delete(id);
    return offer?.chunk.token === token ? offer : null;
  }

  async #takeOver({ id, token }: ChunkRef, starts: number): Promise<Offer | null> {
    const chunk = await this.parts.claims.take({ id, token }, starts);
    return chunk && { chunk, planned: null };
  }

  async #send(offer: Offer): Promise<void> {
    const { chunk } = offer;
    for (let loads = 1; !(await this.#isLoaded(offer)); loads += 1) {
      if (loads === LOADS || this.#isClosed) {
        await this.parts.claims.release([chunk], UNLOADABLE_MS).catch(() => undefined);
        this.#leased.delete(chunk.id);
        break;
      }
      await sleep(UNLOADABLE_MS, undefined, { ref: false });
    }
    this.#room.admit();
  }

  /** Sends a chunk, unless it cannot be loaded. Its lease is renewed meanwhile. */
  async #isLoaded({ chunk, planned }: Offer): Promise<boolean> {
    const { logger, sender } = this.parts;
    try {
      const hasOutcomes = await this.#room.enter(() => sender.send(chunk, planned));
      // A chunk that found no room keeps its lease, and is released when this process has stopped.
      if (hasOutcomes === false) this.#leased.delete(chunk.id);
      return true;
    } catch (error) {
      logger.error('A chunk could not be loaded; it is tried again.', { error: loggable(error) });
      return false;
    }
  }

  async #inTime(work: Promise<void>): Promise<void> {
    const { leaseMs } = this.parts;
    if (await endsWithin(work, leaseMs)) return work;
    throw new Error(`The dispatcher did not take its chunks within ${leaseMs} ms.`);
  }

  async #stopDispatcher(deadlineMs: number): Promise<void> {
    const { dispatcher, logger } = this.parts;
    try {
      const stopping = Promise.resolve(dispatcher.dispatcher.stop?.({ deadlineMs }));
      if (await endsWithin(stopping, deadlineMs)) await stopping;
      else logger.warn('The dispatcher did not stop by the deadline.');
    } catch (error) {
      logger.error('The dispatcher could not be stopped.', { error: loggable(error) });
    }
  }
}

/** Chunks of this size that are given at once to a dispatcher that is not local. */
export function dispatchedAtOnce(chunkSize: number): number {
  return Math.max(MIN_DISPATCHED, Math.floor(DISPATCHED_DELIVERIES / chunkSize));
}

/** With the names of its events, as far as they are known here. */
function labelled(chunk: Chunk, planned: Planned | null): Chunk {
  const ids = new Set(chunk.eventIds);
  const names = new Set([...ids].flatMap((id) => planned?.events.get(id)?.name ?? []));
  const shown = [...names].slice(0, LABELLED).join(', ');
  const more = names.size > LABELLED ? ', …' : '';
  return { ...chunk, label: `${shown || 'deliveries'}${more} ×${chunk.eventIds.length}` };
}
