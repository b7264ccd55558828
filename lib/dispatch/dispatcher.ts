import { type Chunk, MAX_CHUNK_SIZE } from '../delivery/chunk/chunk';
import { OptionInvalidError } from '../errors/option-errors';

/** What a dispatcher may ask of the process that it runs in. */
export interface Engine {
  /**
   * Loads, sends and records the deliveries of a chunk; resolves when their outcomes are handed over. Does nothing if another process
   * has taken the chunk over, or the chunk has ended. An aborted `signal` only keeps the chunk from being started.
   */
  deliver(
    chunk: Pick<Chunk, 'id' | 'token'>,
    options?: { readonly signal?: AbortSignal },
  ): Promise<void>;
}

/** Carries planned chunks to the processes that send them: to this one, or to workers behind a queue. */
export interface Dispatcher {
  /** Whether chunks are delivered in this process as soon as it has room for them. @defaultValue `false` */
  readonly isLocal?: boolean;
  /** Whether a commit waits until each delivery of its events was tried once, at most `waitMs`. @defaultValue `false` */
  readonly waitsForTries?: boolean;
  /** Most deliveries of a chunk, from 1 to 500. @defaultValue `500` */
  readonly chunkSize?: number;
  start?(engine: Engine): void | Promise<void>;
  /** If it throws, the error is logged and the next sweep dispatches the chunks again. */
  dispatch(chunks: readonly Chunk[]): void | Promise<void>;
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
  /** Why events are stored as skipped, so that no process sends them; null if they are sent. */
  readonly skipped: string | null;
}

export const DISPATCHER_DEFAULTS = {
  isLocal: false,
  waitsForTries: false,
  chunkSize: MAX_CHUNK_SIZE,
} as const satisfies Omit<Required<Dispatcher>, 'start' | 'dispatch' | 'stop'>;

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
  } = dispatcher;
  if (!Number.isInteger(chunkSize) || chunkSize < 1 || chunkSize > MAX_CHUNK_SIZE)
    throw new OptionInvalidError(
      'dispatcher.chunkSize',
      `a whole number from 1 to ${MAX_CHUNK_SIZE}`,
    );
  return { dispatcher, isLocal, waitsForTries, chunkSize, skipped: null };
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
