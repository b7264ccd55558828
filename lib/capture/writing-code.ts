import type { StoredTrace } from '../store/events';
import type { Buffering } from './buffering';
import type { ContextBlock, Contexts } from './contexts';

/** What events store of the code that is writing now. */
export interface WritingCode {
  /** What is put before the shapes of its events; undefined if it does not run in a buffer. */
  readonly buffer: string | undefined;
  /** Null if it has none. */
  readonly context: ContextBlock | null;
  /** The span that it runs in, as JSON; null if it runs in none. */
  readonly trace: string | null;
}

/** Looks each of them up when it is asked for. */
export class PresentCode implements WritingCode {
  constructor(
    private readonly buffering: Pick<Buffering, 'current'>,
    private readonly contexts: Pick<Contexts, 'current'>,
    private readonly activeTrace: () => StoredTrace | null = () => null,
  ) {}

  get buffer(): string | undefined {
    return this.buffering.current?.prefix;
  }

  get context(): ContextBlock | null {
    return this.contexts.current;
  }

  get trace(): string | null {
    const trace = this.activeTrace();
    return trace && JSON.stringify(trace);
  }
}
