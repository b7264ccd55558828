import { v7 as uuidv7 } from 'uuid';
import { LISTENER_DISABLED } from '../../hook/own-hooks';
import { isTarget, originOf, parseTarget } from '../../listener/declared/target';
import { loggable } from '../../logging/loggable';
import type { Logger } from '../../logging/logger';
import type { Reporter } from '../../logging/reports';
import type { DeactivatedRow, Deactivation } from '../../store/listener-rows';
import type { ListenerHealthRow, OwnEventRow } from '../../store/outcomes';
import { storeApart } from '../../store/refusal';
import type { Store } from '../../store/store';
import type { RecordedEffect } from '../chunk/outcome';
import type { OutcomeRecord } from '../chunk/outcome-record';
import type { Wakeup } from '../chunk/wakeup';

export interface ListenerHealthParts {
  readonly store: Store;
  /** Stored with the events about deactivated listeners. */
  readonly processId: string;
  readonly reporter: Reporter;
  readonly logger: Pick<Logger, 'error'>;
  readonly wakeup: Pick<Wakeup, 'committed'>;
}

type Effects = ReadonlyMap<string, RecordedEffect>;
type Effect = readonly [listenerId: string, effect: RecordedEffect];

/** Stores what outcomes mean for their listeners: since when one fails, until when it is paused, that it is deactivated. */
export class ListenerHealth {
  constructor(private readonly parts: ListenerHealthParts) {}

  /** Never rejects: the outcomes are stored already, and the next outcome of the listener has the same effect again. */
  async update(outcomes: readonly Pick<OutcomeRecord, 'listenerId' | 'effect'>[]): Promise<void> {
    const effects = new Map<string, RecordedEffect>();
    for (const { listenerId, effect } of outcomes)
      if (Object.keys(effect).length > 0)
        effects.set(listenerId, { ...effects.get(listenerId), ...effect });
    if (effects.size === 0) return;
    const { logger } = this.parts;
    try {
      await storeApart<Effect>(
        [...effects],
        (part) => this.#update(new Map(part)),
        async ([listenerId], error) =>
          logger.error(NOT_STORED, { listenerId, error: loggable(error) }),
      );
    } catch (error) {
      const { cause = error } = error as Error;
      logger.error(NOT_STORED, { error: loggable(cause) });
    }
  }

  async #update(effects: Effects): Promise<void> {
    const { reporter, wakeup } = this.parts;
    const deactivated = await this.#store(effects);
    for (const { id, reason } of deactivated)
      reporter.emit('listenerDisabled', { listenerId: id, reason });
    if (deactivated.length > 0) wakeup.committed();
  }

  /** Takes one statement. Only a deactivation, which is rare, needs a transaction: it is stored together with its event. */
  async #store(effects: Effects): Promise<readonly DeactivatedRow[]> {
    const { store } = this.parts;
    const ended = deactivations(effects);
    if (ended.length > 0) return store.transaction((joined) => this.#end(joined, effects, ended));
    await store.outcomes.storeHealth(healthRows(effects));
    return [];
  }

  async #end(
    store: Store,
    effects: Effects,
    ended: readonly Deactivation[],
  ): Promise<readonly DeactivatedRow[]> {
    await store.outcomes.storeHealth(healthRows(effects));
    const deactivated = await store.listeners.deactivate(ended, { onlyActive: true });
    if (deactivated.length > 0)
      await store.outcomes.storeOwnEvents(
        deactivated.map((row) => disabledEvent(row, this.parts.processId)),
      );
    return deactivated;
  }
}

const NOT_STORED = 'The state of listeners could not be stored.';

function healthRows(effects: Effects): readonly ListenerHealthRow[] {
  return [...effects].map(([id, { isHealthy, pauseMs }]) => ({
    id,
    healthy: isHealthy ?? null,
    pause_ms: pauseMs ?? null,
  }));
}

function deactivations(effects: Effects): readonly Deactivation[] {
  return [...effects].flatMap(([id, { deactivate: why }]) =>
    why === undefined ? [] : [{ id, why }],
  );
}

function disabledEvent(row: DeactivatedRow, processId: string): OwnEventRow {
  const { id, hook, pattern, target, owner, key, reason, failing_since } = row;
  return {
    id: uuidv7(),
    hook: LISTENER_DISABLED,
    sender: owner,
    data: {
      id,
      hook,
      pattern,
      // Only the origin: paths and queries of webhooks are often secret.
      origin: isTarget(target) ? originOf(parseTarget(target)) : null,
      owner,
      key,
      reason,
      failingSince: failing_since?.toISOString() ?? null,
    },
    process_id: processId,
  };
}
