import { v5 as uuidv5 } from 'uuid';

/** Deliveries that are sent together: the durable unit of work. Plain data, so that a dispatcher can pass it to another process. */
export interface Chunk {
  readonly id: string;
  /** Grows each time that a process takes the chunk over. Outcomes under an older token are not recorded. */
  readonly token: string;
  /** Delivery n is about event n … */
  readonly eventIds: readonly string[];
  /** … for listener n. */
  readonly listenerIds: readonly string[];
  /** What the chunk is about, for people: `person.created ×10`. Given to dispatchers that are not local. */
  readonly label?: string;
}

/** Names a chunk under one lease: the same chunk has another key when a process has taken it over. */
export function chunkKey({ id, token }: Chunk): string {
  return id + token;
}

export const MAX_CHUNK_SIZE = 500;

/** The id in `Hook-Delivery`. It is computed from event and listener, so that it stays the same for each attempt and process without a stored row. */
export function deliveryId(eventId: string, listenerId: string): string {
  return uuidv5(listenerId, eventId);
}
