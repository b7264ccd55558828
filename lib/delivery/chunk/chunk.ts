import { v5 as uuidv5 } from 'uuid';

/** Deliveries carried together: the durable unit of work. Plain data, so that a dispatcher may send it anywhere. */
export interface Chunk {
  readonly id: string;
  /** Grows whenever somebody takes the chunk over; outcomes under an older one are not recorded. */
  readonly token: string;
  /** Delivery number n is of event n … */
  readonly eventIds: readonly string[];
  /** … for listener n. */
  readonly listenerIds: readonly string[];
}

/** What tells a chunk from the same one in other hands. */
export function chunkKey({ id, token }: Chunk): string {
  return id + token;
}

export const MAX_CHUNK_SIZE = 500;

/** `Hook-Delivery`: the same for one event and listener whoever sends it and however often, so that no row has to exist for it. */
export function deliveryId(eventId: string, listenerId: string): string {
  return uuidv5(listenerId, eventId);
}
