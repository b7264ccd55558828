import { v7 as uuidv7 } from 'uuid';
import { LISTENER_DISABLED } from '../../hook/own-hooks';
import { loggable } from '../../logging/loggable';
import type { Logger } from '../../logging/logger';
import type { Reporter } from '../../logging/reports';
import { withoutKeysSql } from '../../store/listener-sql';
import type { Store } from '../../store/store';
import type { RecordedEffect } from '../chunk/outcome';
import type { Wakeup } from '../chunk/wakeup';

interface Noted {
  readonly listenerId: string;
  readonly effect: RecordedEffect;
}

/** Keeps what outcomes say of their listeners: since when one fails, until when it is paused, that it is gone. */
export class ListenerHealth {
  constructor(
    private readonly store: Store,
    private readonly processId: string,
    private readonly reporter: Reporter,
    private readonly logger: Logger,
    private readonly wakeup: Pick<Wakeup, 'committed'>,
  ) {}

  /** Never rejects: the outcomes are stored, and what is lost here the next one says again. */
  async note(outcomes: readonly Noted[]): Promise<void> {
    const affected = new Map<string, RecordedEffect>();
    for (const { listenerId, effect } of outcomes)
      if (Object.keys(effect).length > 0)
        affected.set(listenerId, { ...affected.get(listenerId), ...effect });
    if (affected.size === 0) return;
    try {
      const disabled = await this.#store(affected);
      for (const report of disabled) this.reporter.emit('listenerDisabled', report);
      if (disabled.length > 0) this.wakeup.committed();
    } catch (error) {
      this.logger.error('The state of listeners could not be stored.', { error: loggable(error) });
    }
  }

  /** Gives those that were deactivated; an event of each is stored with it. */
  async #store(affected: ReadonlyMap<string, RecordedEffect>) {
    const effects = [...affected].map(([id, { isHealthy, deactivate, pauseMs }]) => ({
      id,
      healthy: isHealthy ?? null,
      why: deactivate ?? null,
      pause_ms: pauseMs ?? null,
      event_id: deactivate === undefined ? null : uuidv7(),
    }));
    const { listener, event } = this.store.tables;
    const updated = await this.store.database.query<{ id: string; reason: string | null }>(
      `WITH noted AS (UPDATE ${listener} l SET
         failing_since = CASE WHEN e.healthy THEN NULL WHEN NOT e.healthy THEN coalesce(l.failing_since, now())
           ELSE l.failing_since END,
         paused_until = coalesce(now() + e.pause_ms * interval '1 millisecond', l.paused_until),
         active = e.why IS NULL,
         inactive_reason = e.why,
         inactive_since = CASE WHEN e.why IS NOT NULL THEN now() END
       FROM json_to_recordset($1::json) AS e(id uuid, healthy boolean, why text, pause_ms float8, event_id uuid)
       WHERE l.id = e.id AND l.active
       RETURNING l.id, l.keys, e.why AS reason, e.event_id, l.hook, l.pattern, l.target, l.owner, l.key, l.failing_since
       ), off AS (SELECT * FROM noted WHERE reason IS NOT NULL), ${withoutKeysSql(this.store.tables, 'off')}
       , told AS (
         INSERT INTO ${event} (id, hook, event, sender, data, process_id)
         SELECT event_id, $2, $2, owner, json_build_object('id', id, 'hook', hook, 'pattern', pattern, 'origin', ${ORIGIN_SQL},
           'owner', owner, 'key', key, 'reason', reason, 'failingSince', ${INSTANT_SQL}), $3::uuid FROM off
       ) SELECT id, reason FROM noted`,
      [JSON.stringify(effects), LISTENER_DISABLED, this.processId],
    );
    return updated.flatMap(({ id, reason }) =>
      reason === null ? [] : [{ listenerId: id, reason }],
    );
  }
}

/** Of the target no more than its origin: paths and queries of webhooks often are secrets. */
const ORIGIN_SQL = "substring(target FROM '^[^:/?#]+://[^/?#]*')";
const INSTANT_SQL = `to_char(failing_since AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;
