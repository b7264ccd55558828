import type { HookEvent } from '../../hook/event';

/** An event and listeners that want it. */
export interface Match {
  readonly event: HookEvent;
  readonly listenerIds: readonly string[];
  /** Those of them whose deliveries have their turns, one after the other; none where it is left out. */
  readonly queued?: readonly QueuedListener[];
}

/** A listener that is ordered, or has a rate limit. */
export interface QueuedListener {
  readonly id: string;
  readonly ordered: boolean;
}
