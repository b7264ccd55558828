import type { ChunkSender } from '../delivery/attempt/sender';
import { type Chunk, chunkKey, MAX_CHUNK_SIZE } from '../delivery/chunk/chunk';
import type { PlannedEvents } from '../delivery/chunk/loading';
import type { OutcomeRecord } from '../delivery/chunk/outcome-record';
import type { Restraints } from '../delivery/origins/restraints';
import type { Recorder } from '../delivery/record/recorder';
import { loggable } from '../logging/loggable';
import type { Logger } from '../logging/logger';
import type { Claims } from './claim/claims';
import { type Dispatcher, type Engine, LocalDispatcher } from './dispatcher';
import { Room } from './room';

interface Offer {
  readonly chunk: Chunk;
  /** Null where somebody may have had the chunk before. */
  readonly events: PlannedEvents | null;
}

/** Deliveries held here at once: no more is planned, claimed or loaded before there is room. */
const MAX_HELD = 2_000;
/** Chunks given to the dispatcher at once. */
const MAX_HANDED = 8;
/** A chunk that cannot be loaded is left alone for so long. */
const UNLOADABLE_MS = 1_000;

/** Gives chunks to the dispatcher, and has those sent that it hands back: as many at a time as there is room for. */
export class Carrier implements Engine {
  /** Chunks that are being sent from here, or wait for room; their leases are renewed. */
  readonly #held = new Map<string, Chunk>();
  /** Chunks that the dispatcher is being given: ours already, if it hands them straight back. */
  readonly #offered = new Map<string, Offer>();
  readonly #sending = new Set<Promise<void>>();
  readonly #room: Room;
  readonly #isLocal: boolean;

  constructor(
    private readonly claims: Claims,
    private readonly sender: ChunkSender,
    private readonly recorder: Recorder,
    private readonly dispatcher: Dispatcher,
    private readonly logger: Logger,
  ) {
    this.#room = new Room(MAX_HELD, () => sender.size + recorder.size);
    this.#isLocal = dispatcher instanceof LocalDispatcher;
  }

  /** Deliveries and outcomes that are in this process's hands. */
  get inFlight(): number {
    return this.sender.size + this.recorder.size + this.#held.size;
  }

  /** Listeners of whom less should be claimed at the moment, or nothing. */
  get restraints(): Restraints {
    return this.sender.restraints;
  }

  /** How many chunks to claim, where `room()` let one claim. */
  get places(): number {
    if (!this.#isLocal) return MAX_HANDED;
    return Math.max(1, Math.floor(this.#room.left / MAX_CHUNK_SIZE));
  }

  async start(): Promise<void> {
    await this.dispatcher.start?.(this);
  }

  /** Resolves when more may be claimed. A dispatcher of one's own takes chunks elsewhere, so it is given all there are. */
  async room(): Promise<void> {
    if (this.#isLocal) await this.#room.enter(() => Promise.resolve());
  }

  /** False where the dispatcher threw. */
  async dispatch(chunks: readonly Chunk[], events: PlannedEvents | null): Promise<boolean> {
    if (chunks.length === 0) return true;
    for (const chunk of chunks) this.#offered.set(chunk.id, { chunk, events });
    try {
      await this.dispatcher.dispatch(chunks);
      return true;
    } catch (error) {
      this.logger.error('The dispatcher threw; the next sweep takes its chunks over.', {
        error: loggable(error),
      });
      await this.claims.release(chunks.filter(({ id }) => this.#offered.has(id)));
      return false;
    } finally {
      for (const { id } of chunks) this.#offered.delete(id);
    }
  }

  async deliver(
    { id, token }: Pick<Chunk, 'id' | 'token'>,
    { signal }: { readonly signal?: AbortSignal } = {},
  ): Promise<void> {
    if (signal?.aborted || this.#held.has(id)) return;
    const offer = this.#accepted({ id, token }) ?? (await this.#taken({ id, token }));
    if (!offer) return;
    this.#held.set(id, offer.chunk);
    const sending = this.#send(offer);
    this.#sending.add(sending);
    await sending.finally(() => this.#sending.delete(sending));
  }

  #accepted({ id, token }: Pick<Chunk, 'id' | 'token'>): Offer | null {
    const offer = this.#offered.get(id);
    this.#offered.delete(id);
    return offer?.chunk.token === token ? offer : null;
  }

  async #taken(given: Pick<Chunk, 'id' | 'token'>): Promise<Offer | null> {
    const chunk = await this.claims.take(given);
    return chunk && { chunk, events: null };
  }

  async #send({ chunk, events }: Offer): Promise<void> {
    try {
      const hasOutcomes = await this.#room.enter(() => this.sender.send(chunk, events));
      // What found no room any more is still held, and released when this process has stopped.
      if (hasOutcomes === false) this.#held.delete(chunk.id);
    } catch (error) {
      this.logger.error('A chunk could not be loaded; a later sweep takes it over.', {
        error: loggable(error),
      });
      await this.claims.release([chunk], UNLOADABLE_MS).catch(() => undefined);
      this.#held.delete(chunk.id);
    }
    this.#room.admit();
  }

  /** What was stored, and which chunks are somebody else's by now. */
  noteRecorded(records: readonly OutcomeRecord[], lost: ReadonlySet<string>): void {
    for (const { chunk, closes } of records)
      if (closes || lost.has(chunkKey(chunk))) this.#held.delete(chunk.id);
    this.#room.admit();
  }

  renew(): Promise<void> {
    return this.claims.renew([...this.#held.values()]);
  }

  /** Lets nobody wait for room any more: neither chunks nor who would claim some. */
  close(): void {
    this.#room.close();
  }

  /** Gives back what did not begin, waits for what did, and lets go of the rest. */
  async stop(deadlineMs: number): Promise<void> {
    await this.dispatcher.stop?.({ deadlineMs });
    await this.sender.stop(deadlineMs);
    await Promise.all(this.#sending);
    await this.recorder.stop();
    await this.claims.release([...this.#held.values()]);
  }
}
