import type { FieldKind } from '../../match/field-kind';
import type { KeyOperator } from './match-key';

/** A key of a listener, short of its scope. */
export interface ListenerKey {
  readonly field: string;
  readonly operator: KeyOperator;
  readonly length: number;
  readonly value: number;
}

/** Keys of which every event that the listener wants has one; `rank` guesses how many others want the same, fewest first. */
export interface KeyOption {
  readonly keys: readonly ListenerKey[];
  readonly rank: number;
}

/** Where a matcher stands. */
export interface Place {
  readonly field: string;
  readonly kinds: readonly FieldKind[];
  readonly isPast: boolean;
}
