import type { Chunk } from '../delivery/chunk/chunk';

/** What a dispatcher may ask of the process that it runs in. */
export interface Engine {
  /**
   * Loads, sends and records a chunk; resolves when its outcomes are handed over. A chunk that somebody else has taken over, or that
   * ended, is left alone. `signal` only keeps one from beginning.
   */
  deliver(
    chunk: Pick<Chunk, 'id' | 'token'>,
    options?: { readonly signal?: AbortSignal },
  ): Promise<void>;
}

/** Carries planned chunks to whoever sends them: this process, or workers behind a queue. */
export interface Dispatcher {
  start?(engine: Engine): void | Promise<void>;
  /** A throw is logged, and the chunks are taken over by the next sweep. */
  dispatch(chunks: readonly Chunk[]): void | Promise<void>;
  stop?(options: { readonly deadlineMs: number }): void | Promise<void>;
}

/** `'default'` and `'inline'`: this process sends. Nobody waits for it here. */
export class LocalDispatcher implements Dispatcher {
  #engine: Engine | undefined;

  start(engine: Engine): void {
    this.#engine = engine;
  }

  dispatch(chunks: readonly Chunk[]): void {
    for (const chunk of chunks) void this.#engine?.deliver(chunk);
  }
}
