import { v5 as uuidv5 } from 'uuid';
import type { HookEvent } from '../../hook/event';
import type { HeadedEvent } from './headers';

/** The longest body of a batch, in bytes. Only an event that is longer by itself makes a longer one. */
const MAX_BATCH_BYTES = 1_048_576;
/** `Hook-Event` of a batch whose events have several names. */
const SEVERAL_NAMES = 'batch';

/** How many of these bodies, of which there is at least one, fit into one request. Bodies are read one by one, until one does not fit. */
export function fitting(bodies: Iterable<string>): readonly string[] {
  const fit: string[] = [];
  let bytes = 2;
  for (const body of bodies) {
    bytes += Buffer.byteLength(body) + 1;
    if (fit.length > 0 && bytes > MAX_BATCH_BYTES) break;
    fit.push(body);
  }
  return fit;
}

/** The body of a batch: the bodies of its events, each as it would be alone. */
export function batchBody(bodies: readonly string[]): string {
  return `[${bodies.join(',')}]`;
}

/** The id of a batch: the same deliveries in the same order have the same id. */
export function batchId(listenerId: string, deliveryIds: readonly string[]): string {
  return uuidv5(deliveryIds.join(','), listenerId);
}

/** What the headers of a batch say about its events: their name, and the headers that all of them have. */
export function batchEvent(events: readonly HookEvent[]): HeadedEvent | undefined {
  const [first] = events;
  if (!first) return undefined;
  const isShared = ([name, value]: [string, string]) =>
    events.every(({ headers }) => headers[name] === value);
  const { hook, operation } = first;
  return {
    hook,
    operation,
    name: events.every(({ name }) => name === first.name) ? first.name : SEVERAL_NAMES,
    headers: Object.fromEntries(Object.entries(first.headers).filter(isShared)),
  };
}

/** The headers that only batches have. */
export function batchHeaders(deliveryIds: readonly string[]): Readonly<Record<string, string>> {
  return { 'hook-batch': String(deliveryIds.length), 'hook-deliveries': deliveryIds.join(',') };
}
