import { v7 as uuidv7 } from 'uuid';
import type { Chunk } from '../../delivery/chunk/chunk';
import { MAX_CHUNK_SIZE } from '../../delivery/chunk/chunk';
import { barredBy, type Restraints } from '../../delivery/origins/restraints';
import { FIRST_TOKEN, type Lease } from '../../store/chunks';
import type { Store } from '../../store/store';

/** Whether no process had this chunk before `unheld()` took it, so that no outcome of it can be stored. */
export function wasUnheld({ token }: Chunk): boolean {
  return token === FIRST_TOKEN;
}

/** Claims that may return nothing one after another, because the due deliveries cannot be sent yet. */
const MAX_EMPTY_CLAIMS = 16;

/**
 * Claims chunks for this process. A chunk belongs to the process that holds its lease; a take-over raises its token. Claims skip rows
 * that other processes have locked, so that processes share the work without waiting for each other.
 */
export class Claims {
  constructor(
    private readonly store: Store,
    private readonly lease: Lease,
    private readonly chunkSize = MAX_CHUNK_SIZE,
  ) {}

  /** Makes a chunk of deliveries whose turn has come. Null if there are none. */
  async due(restraints: Restraints): Promise<Chunk | null> {
    const { lease, chunkSize } = this;
    for (let tries = 0; tries < MAX_EMPTY_CLAIMS; tries += 1) {
      const claim = { chunkId: uuidv7(), chunkSize, lease, restraints };
      const { chunk, turns } = await this.store.turns.claimDue(claim);
      if (chunk) return chunk;
      if (turns === 0) return null;
    }
    return null;
  }

  /** Milliseconds until the next turn; null if there is none. */
  nextDueMs(restraints: Restraints): Promise<number | null> {
    return this.store.turns.nextDueMs(barredBy(restraints));
  }

  /** Takes chunks that no process holds: new ones, and those whose lease has expired; of these only the `lost` ones, if given. */
  unheld(limit: number, lost?: readonly string[]): Promise<readonly Chunk[]> {
    return this.store.chunks.claimUnheld(limit, this.lease, lost);
  }

  /** Chunks that a process has held, and whose lease has expired. They are not taken. */
  expired(
    limit: number,
    without: readonly string[],
  ): Promise<readonly Pick<Chunk, 'id' | 'token'>[]> {
    return this.store.chunks.expired(limit, without);
  }

  /** Takes a chunk that a dispatcher hands back. Null if another process has taken it since, or it has ended; see `DeliverChunkOptions.starts`. */
  take(chunk: Pick<Chunk, 'id' | 'token'>, starts = 1): Promise<Chunk | null> {
    return this.store.chunks.take(chunk, starts, this.lease);
  }

  /** Extends the leases of chunks that are being worked on. */
  renew(chunks: readonly Pick<Chunk, 'id' | 'token'>[]): Promise<void> {
    return this.store.chunks.renew(chunks, this.lease.leaseMs);
  }

  /** Lets other processes take chunks over, at once or after `afterMs`. */
  release(chunks: readonly Chunk[], afterMs: number | null = null): Promise<void> {
    return this.store.chunks.release(chunks, afterMs);
  }
}
