import type { Query } from '../database';
import type { Listener } from '../listener/listener';
import type { Tables } from '../tables';

/** What of a listener its deliveries need. Not its conditions: they were judged when its events were planned. */
export interface Recipient
  extends Pick<
    Listener,
    | 'id'
    | 'target'
    | 'contentType'
    | 'format'
    | 'digest'
    | 'headers'
    | 'replies'
    | 'delivery'
    | 'active'
    | 'inactiveReason'
    | 'pausedUntil'
  > {
  readonly secret: string;
  readonly failingSince: Date | null;
}

/** Those that are still stored, as they are now, in no order. */
export function readRecipients(
  query: Query,
  { listener }: Tables,
  ids: ReadonlySet<string>,
): Promise<readonly Recipient[]> {
  return query<Recipient>(
    `SELECT id, target, content_type AS "contentType", format, secret, digest, headers, replies, delivery, active,
       inactive_reason AS "inactiveReason", paused_until AS "pausedUntil", failing_since AS "failingSince"
     FROM ${listener} WHERE id = ANY($1::uuid[])`,
    [`{${[...ids].join()}}`],
  );
}
