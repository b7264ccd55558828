import type { Operation } from '../../hook/operation';
import type { Condition } from '../../match/matcher';
import type { ListenerOptions } from '../../options/listener';

/** What somebody wants to hear, as it was said: nothing is checked yet. */
export interface ListenerDraft {
  /** Name of the hook, or null where a pattern says which events are meant. */
  readonly hook: string | null;
  readonly pattern: string | null;
  readonly options: ListenerOptions;
  /** Undefined: not said. */
  readonly operations: readonly Operation[] | undefined;
  /** Undefined: not said. One entry a call of `match`; their conditions add up. */
  readonly match: readonly Readonly<Record<string, Condition>>[] | undefined;
}
