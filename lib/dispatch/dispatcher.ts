import { type Chunk, MAX_CHUNK_SIZE } from '../delivery/chunk/chunk';
import { OptionInvalidError } from '../errors/option-errors';
import type { Logger } from '../logging/logger';

/** What a dispatcher may ask of the process that it runs in. */
export interface Engine {
  /**
   * Loads, sends and records the deliveries of a chunk; resolves when their outcomes are handed over. Does nothing if another process
   * has taken the chunk over, or the chunk has ended.
   */
  deliver(chunk: Pick<Chunk, 'id' | 'token'>, options?: DeliverChunkOptions): Promise<void>;
  /** Claims a chunk of deliveries whose time has come, and gives it to the dispatcher. Without one, `isClaimed` is false. */
  claimDue(): Promise<{ readonly isClaimed: boolean }>;
}

export interface DeliverChunkOptions {
  /** If it is aborted, the chunk is not started; once started, it goes on. */
  readonly signal?: AbortSignal;
  /**
   * How often this hand-over of the chunk has been started, this time included, if the processes that started it before are dead. The chunk
   * may then have been taken over that many times, less one. @defaultValue `1`
   */
  readonly starts?: number;
}

/** What a dispatcher gets when it starts. */
export interface DispatcherSurroundings {
  readonly logger: Pick<Logger, 'warn'>;
}

/** Carries planned chunks to the processes that send them: to this one, or to workers behind a queue. */
export interface Dispatcher {
  /** Whether chunks are delivered in this process as soon as it has room for them. @defaultValue `false` */
  readonly isLocal?: boolean;
  /** Whether a commit waits until each delivery of its events was tried once, at most `waitMs`. @defaultValue `false` */
  readonly waitsForTries?: boolean;
  /** Most deliveries of a chunk, from 1 to 500. @defaultValue `500` */
  readonly chunkSize?: number;
  /** The same while more events wait than are planned at once; without it, `chunkSize`. */
  readonly backlogChunkSize?: number;
  /** Called before the first chunks, and again if the DataSource is initialised again. */
  start?(engine: Engine, surroundings: DispatcherSurroundings): void | Promise<void>;
  /** If it throws, the error is logged and the next sweep dispatches the chunks again. */
  dispatch(chunks: readonly Chunk[]): void | Promise<void>;
  /**
   * The ids of those chunks that are still on their way to a process. A sweep asks before it dispatches chunks again whose lease has
   * expired. Left out: none.
   */
  held?(chunks: readonly Pick<Chunk, 'id' | 'token'>[]): Promise<readonly string[]>;
  /** A delivery is due in `afterMs`: some process should call `engine.claimDue()` then. Sweeps do so in any case. Never called if local. */
  due?(afterMs: number): void | Promise<void>;
  /** Called by `detach()` and `destroy()`; requests in flight may take `deadlineMs` to end. */
  stop?(options: { readonly deadlineMs: number }): void | Promise<void>;
}

/** What `attach` takes: a dispatcher, or the name of one of ours. */
export type DispatcherOption = 'default' | 'inline' | 'disabled' | Dispatcher;

/** A dispatcher with its properties filled in. */
export interface ResolvedDispatcher {
  readonly dispatcher: Dispatcher;
  readonly isLocal: boolean;
  readonly waitsForTries: boolean;
  readonly chunkSize: number;
  readonly backlogChunkSize: number;
  /** Why events are stored as skipped, so that no process sends them; null if they are sent. */
  readonly skipped: string | null;
}

export const DISPATCHER_DEFAULTS = {
  isLocal: false,
  waitsForTries: false,
  chunkSize: MAX_CHUNK_SIZE,
} as const satisfies Omit<
  Required<Dispatcher>,
  'backlogChunkSize' | 'start' | 'dispatch' | 'held' | 'due' | 'stop'
>;

/** The dispatcher that an option names or is. Throws `OPTION_INVALID` if its `chunkSize` is out of range. */
export function dispatcherOf(option: DispatcherOption): ResolvedDispatcher {
  switch (option) {
    case 'default':
      return resolved(new LocalDispatcher());
    case 'inline':
      return resolved(new LocalDispatcher({ waitsForTries: true }));
    case 'disabled':
      return { ...resolved(new LocalDispatcher()), skipped: 'the dispatcher was disabled' };
  }
  return resolved(option);
}

function resolved(dispatcher: Dispatcher): ResolvedDispatcher {
  const {
    isLocal = DISPATCHER_DEFAULTS.isLocal,
    waitsForTries = DISPATCHER_DEFAULTS.waitsForTries,
    chunkSize = DISPATCHER_DEFAULTS.chunkSize,
    backlogChunkSize = chunkSize,
  } = dispatcher;
  for (const [option, size] of Object.entries({ chunkSize, backlogChunkSize }))
    if (!Number.isInteger(size) || size < 1 || size > MAX_CHUNK_SIZE)
      throw new OptionInvalidError(
        `dispatcher.${option}`,
        `a whole number from 1 to ${MAX_CHUNK_SIZE}`,
      );
  return { dispatcher, isLocal, waitsForTries, chunkSize, backlogChunkSize, skipped: null };
}

/** Sends in this process: `'default'`, and `'inline'`, whose commits wait. */
class LocalDispatcher implements Dispatcher {
  readonly isLocal = true;
  readonly waitsForTries: boolean;
  #engine: Engine | undefined;

  constructor({ waitsForTries = false }: Pick<Dispatcher, 'waitsForTries'> = {}) {
    this.waitsForTries = waitsForTries;
  }

  start(engine: Engine): void {
    this.#engine = engine;
  }

  dispatch(chunks: readonly Chunk[]): void {
    for (const chunk of chunks) void this.#engine?.deliver(chunk);
  }
}
