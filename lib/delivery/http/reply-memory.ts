/** Bytes of long replies that a process holds at once. */
const MAX_BYTES = 67_108_864;
/** A reply of this length is held in any case: as many of them as requests in flight are few bytes. */
export const SHORT_REPLY_BYTES = 16_384;

interface Waiting {
  readonly bytes: number;
  readonly begin: () => void;
}

/** Bounds what the long replies in flight occupy together. A reply that finds no room is not read further until others have ended. */
export class ReplyMemory {
  #free: number;
  readonly #waiting = new Set<Waiting>();

  constructor(private readonly maxBytes = MAX_BYTES) {
    this.#free = maxBytes;
  }

  /** Calls `begin` when that many bytes are reserved, maybe at once. Returns a function that gives them back, or stops waiting. */
  reserve(bytes: number, begin: () => void): () => void {
    const waiting = { bytes: Math.min(bytes, this.maxBytes), begin };
    this.#waiting.add(waiting);
    this.#serve();
    let isReleased = false;
    return () => {
      if (isReleased) return;
      isReleased = true;
      if (!this.#waiting.delete(waiting)) this.#free += waiting.bytes;
      this.#serve();
    };
  }

  /** In the order of arrival, so that a long reply is not passed by short ones for ever. */
  #serve(): void {
    for (const waiting of this.#waiting) {
      if (waiting.bytes > this.#free) return;
      this.#waiting.delete(waiting);
      this.#free -= waiting.bytes;
      waiting.begin();
    }
  }
}
