import type { OutcomeRecord } from '../delivery/chunk/outcome-record';
import type { Engine } from './dispatcher';

/** The steps that the loop of an engine runs; see `Pipeline`. */
export interface Work extends Engine {
  /** Whether a commit waits for its deliveries. */
  readonly isAwaited: boolean;
  plan(): Promise<PlanResult>;
  /** Looks after events and deliveries that only some of the processes can work on. The next plan sees what it changed. */
  sweep(): Promise<void>;
  claimDue(): Promise<DueResult>;
  /** Returns whether there may be more. */
  claimUnheld(): Promise<boolean>;
  recorded(records: readonly OutcomeRecord[], lost: ReadonlySet<string>): void;
}

export interface PlanResult {
  /** Number of events that were planned. */
  readonly planned: number;
  /** Whether there may be more to plan. */
  readonly hasMore: boolean;
  /** Whether deliveries were stored that are claimed in turn. */
  readonly hasDue: boolean;
  /** Whether chunks were stored that no process holds. */
  readonly hasUnheld: boolean;
  /** False if the dispatcher threw. */
  readonly isDispatched: boolean;
}

export type DueResult =
  /** There may be more. */
  | { readonly isClaimed: true }
  /** `nextMs`: until the next delivery is due; null if none is known. */
  | { readonly isClaimed: false; readonly nextMs: number | null };
