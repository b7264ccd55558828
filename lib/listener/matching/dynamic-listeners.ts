import { grouped } from '../../base/grouped';
import { canonicalJson, type JsonValue } from '../../base/json';
import { openTargets } from '../../capture/outbox/sealed-targets';
import type { HookCatalog } from '../../hook/catalog';
import type { HookEvent } from '../../hook/event';
import type { Targets } from '../../hook/options';
import { loggable } from '../../logging/loggable';
import type { Logger } from '../../logging/logger';
import { secret, withSecrets } from '../../options/header-value';
import type { ListenerOptions } from '../../options/listener';
import type { Policies } from '../../recipient/policies';
import type { Query } from '../../store/database';
import type { StoredTargets } from '../../store/events';
import type { Vault } from '../../vault/vault';
import { draftOf } from '../declared/builder';
import { canonicalText, parseTarget } from '../declared/target';
import { identityHash, type NormalListener, normalise } from '../saved/normal';
import type { ListenerStore } from '../saved/store';
import type { Match } from './match';

/** The targets that a hook's `resolve` gave when the event was captured, by event id. */
export type ResolvedTargets = ReadonlyMap<string, StoredTargets>;

/**
 * Gives the targets of single events what deliveries need: a listener of their own, which no key finds. One target of a hook has one
 * listener, whatever event named it, so that it keeps its secret and its health; unused for long, it is pruned.
 */
export class DynamicListeners {
  constructor(
    private readonly store: ListenerStore,
    private readonly catalog: HookCatalog,
    private readonly policies: Policies,
    private readonly logger: Logger,
    private readonly vault: Vault,
  ) {}

  async matching(
    query: Query,
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
    const ids = await this.store.keepDynamic(query, [...distinct.values()]);
    return [...grouped(wanted, ({ event }) => event)].map(([event, own]) => {
      const told = new Map(
        own.flatMap(({ listener: { identity, row } }) => {
          const id = ids.get(identity);
          return id === undefined ? [] : [[id, row] as const];
        }),
      );
      const queued = [...told].filter(([, row]) => row.ordered || row.max_per_second !== null);
      return {
        event,
        listenerIds: [...told.keys()],
        queued: queued.map(([id, { ordered }]) => ({ id, ordered })),
      };
    });
  }

  #opened(event: HookEvent, stored: StoredTargets = []): Targets {
    try {
      return openTargets(this.vault, event.id, stored);
    } catch (error) {
      this.logger.error(`The targets of event ${event.id} do not open.`, {
        error: loggable(error),
      });
      return [];
    }
  }

  /** A target that must not be sent to is left out, with an error in the log: the event's other listeners are not to suffer. */
  #listenerOf(
    event: HookEvent,
    target: string | ListenerOptions,
  ): readonly { readonly event: HookEvent; readonly listener: NormalListener }[] {
    const draft = draftOf({ hook: event.hook, pattern: null }, target);
    const { options } = draft;
    if (options.owner !== undefined && options.owner !== event.sender) return [];
    try {
      const listener = normalise(draft, this.catalog, this.policies.of(event.hook));
      return [{ event, listener: { ...listener, identity: this.#identity(event.hook, options) } }];
    } catch (error) {
      this.logger.error(`A resolved target of event ${event.id} was refused.`, {
        error: loggable(error),
      });
      return [];
    }
  }

  /** Told with other options, it is another listener. A plain hash of a secret could be guessed at. */
  #identity(hook: string, { url, secret: signing, headers, ...options }: ListenerOptions): string {
    const digest = (text: string) => this.vault.digest(text);
    const said = {
      ...options,
      url: canonicalText(parseTarget(url)),
      ...(signing !== undefined && { secret: digest(signing) }),
      ...(headers && { headers: withSecrets(headers, (text) => secret(digest(text))) }),
    } as unknown as JsonValue;
    return identityHash(`dynamic ${canonicalJson([hook, said])}`);
  }
}
