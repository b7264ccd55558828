import type { Database } from '../database';
import { withoutKeysSql } from '../listener/sql';
import { loggable } from '../loggable';
import type { Logger } from '../logger';
import type { Reporter } from '../reports';
import type { Tables } from '../tables';
import type { RecordedEffect } from './outcome';

interface Noted {
  readonly listenerId: string;
  readonly effect: RecordedEffect;
}

/** Keeps what outcomes say of their listeners: since when one fails, until when it is paused, that it is gone. */
export class ListenerHealth {
  constructor(
    private readonly database: Database,
    private readonly tables: Tables,
    private readonly reporter: Reporter,
    private readonly logger: Logger,
  ) {}

  /** Never rejects: the outcomes are stored, and what is lost here the next one says again. */
  async note(outcomes: readonly Noted[]): Promise<void> {
    const affected = new Map<string, RecordedEffect>();
    for (const { listenerId, effect } of outcomes)
      if (Object.keys(effect).length > 0)
        affected.set(listenerId, { ...affected.get(listenerId), ...effect });
    if (affected.size === 0) return;
    try {
      for (const report of await this.#store(affected))
        this.reporter.emit('listenerDisabled', report);
    } catch (error) {
      this.logger.error('The state of listeners could not be stored.', { error: loggable(error) });
    }
  }

  /** Gives those that were deactivated. */
  async #store(affected: ReadonlyMap<string, RecordedEffect>) {
    const effects = [...affected].map(([id, { isHealthy, deactivate, pauseMs }]) => ({
      id,
      healthy: isHealthy ?? null,
      why: deactivate ?? null,
      pause_ms: pauseMs ?? null,
    }));
    const updated = await this.database.query<{ id: string; reason: string | null }>(
      `WITH noted AS (UPDATE ${this.tables.listener} l SET
         failing_since = CASE WHEN e.healthy THEN NULL WHEN NOT e.healthy THEN coalesce(l.failing_since, now())
           ELSE l.failing_since END,
         paused_until = coalesce(now() + e.pause_ms * interval '1 millisecond', l.paused_until),
         active = e.why IS NULL,
         inactive_reason = e.why,
         inactive_since = CASE WHEN e.why IS NOT NULL THEN now() END
       FROM json_to_recordset($1::json) AS e(id uuid, healthy boolean, why text, pause_ms float8)
       WHERE l.id = e.id AND l.active RETURNING l.id, l.keys, e.why AS reason
       ), off AS (SELECT id, keys FROM noted WHERE reason IS NOT NULL), ${withoutKeysSql(this.tables, 'off')}
       SELECT id, reason FROM noted`,
      [JSON.stringify(effects)],
    );
    return updated.flatMap(({ id, reason }) =>
      reason === null ? [] : [{ listenerId: id, reason }],
    );
  }
}
