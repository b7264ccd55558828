import type { HookEvent } from '../hook/event';

/** An event and listeners that want it. */
export interface Match {
  readonly event: HookEvent;
  readonly listenerIds: readonly string[];
}
