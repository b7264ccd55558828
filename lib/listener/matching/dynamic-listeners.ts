import { grouped } from '../../base/grouped';
import { canonicalJson, type JsonValue } from '../../base/json';
import { openTargets } from '../../capture/outbox/sealed-targets';
import type { HookEvent } from '../../hook/event';
import { concerns } from '../../hook/selection';
import { loggable } from '../../logging/loggable';
import type { Logger } from '../../logging/logger';
import { secret, withSecrets } from '../../options/header-value';
import type { ListenerOptions, PlainTargets } from '../../options/listener';
import type { StoredTargets } from '../../store/events';
import type { Store } from '../../store/store';
import type { Vault } from '../../vault/vault';
import { draftOf } from '../declared/builder';
import { canonicalText, parseTarget } from '../declared/target';
import { identityHash, type NormalListener } from '../saved/normal';
import type { SavedListeners } from '../saved/saved-listeners';
import type { Saving } from '../saved/saving';
import type { Match } from './checks';

/** The targets that a hook's `resolve` returned when the event was captured, by event id. */
export type ResolvedTargets = ReadonlyMap<string, StoredTargets>;

interface TargetOfEvent {
  readonly event: HookEvent;
  readonly listener: NormalListener;
}

/**
 * Stores a listener for each target that a hook's `resolve` returned, because a delivery needs one. It has no match keys. A target of a
 * hook has one listener for all events, which keeps its secret and its health. It is pruned if it is not used for a long time.
 */
export class DynamicListeners {
  constructor(
    private readonly saved: SavedListeners,
    private readonly saving: Saving,
    private readonly vault: Vault,
    private readonly logger: Logger,
  ) {}

  async matching(
    store: Store,
    events: readonly HookEvent[],
    targets: ResolvedTargets,
  ): Promise<readonly Match[]> {
    const wanted = events.flatMap((event) =>
      this.#opened(event, targets.get(event.id)).flatMap((target) =>
        this.#listenerOf(event, target),
      ),
    );
    if (wanted.length === 0) return [];
    const distinct = new Map(wanted.map(({ listener }) => [listener.identity, listener]));
    const ids = await this.saved.keepDynamic(store, [...distinct.values()]);
    return [...grouped(wanted, ({ event }) => event)].map(([event, own]) =>
      matchOf(event, own, ids),
    );
  }

  #opened(event: HookEvent, stored: StoredTargets = []): PlainTargets {
    try {
      return openTargets(this.vault, event.id, stored);
    } catch (error) {
      this.logger.error(`The targets of event ${event.id} cannot be decrypted.`, {
        error: loggable(error),
      });
      return [];
    }
  }

  /** A target that is refused is left out and logged as an error, so that the other listeners still get the event. */
  #listenerOf(event: HookEvent, target: string | ListenerOptions): readonly TargetOfEvent[] {
    const draft = draftOf({ hook: event.hook, pattern: null }, target);
    const { options } = draft;
    if (options.owner !== undefined && options.owner !== event.sender) return [];
    try {
      const listener = this.saving.checked(draft);
      if (!concerns(listener.row.selected, event)) return [];
      return [{ event, listener: { ...listener, identity: this.#identity(event.hook, options) } }];
    } catch (error) {
      this.logger.error(`A resolved target of event ${event.id} was refused.`, {
        error: loggable(error),
      });
      return [];
    }
  }

  /** A target with other options is another listener. Secrets are hashed with a key, because a plain hash could be guessed. */
  #identity(hook: string, { url, secret: signing, headers, ...options }: ListenerOptions): string {
    const digest = (text: string) => this.vault.digest(text);
    const declared = {
      ...options,
      url: canonicalText(parseTarget(url)),
      ...(signing !== undefined && { secret: digest(signing) }),
      ...(headers && { headers: withSecrets(headers, (text) => secret(digest(text))) }),
    } as unknown as JsonValue;
    return identityHash(`dynamic ${canonicalJson([hook, declared])}`);
  }
}

function matchOf(
  event: HookEvent,
  targets: readonly TargetOfEvent[],
  ids: ReadonlyMap<string, string>,
): Match {
  const listeners = new Map(
    targets.flatMap(({ listener: { identity, row } }) => {
      const id = ids.get(identity);
      return id === undefined ? [] : [[id, row] as const];
    }),
  );
  const inTurn = [...listeners].filter(
    ([, row]) => row.ordered || row.max_per_second !== null || row.batch !== null,
  );
  return {
    event,
    listenerIds: [...listeners.keys()],
    inTurn: inTurn.map(([id, { ordered }]) => ({ id, ordered })),
  };
}
