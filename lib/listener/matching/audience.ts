import { validate as isUuid } from 'uuid';
import type { EventReader } from '../../capture/outbox/event-reader';
import { EventNotFoundError } from '../../errors/delivery-errors';
import type { HookCatalog } from '../../hook/catalog';
import type { HookEvent } from '../../hook/event';
import { checkArgument } from '../../options/checked';
import { isOptions, type Rule } from '../../options/rules';
import type { Store } from '../../store/store';
import type { Listener, WantedEvents } from '../declared/listener';
import { type SavedListeners, unknownListener } from '../saved/saved-listeners';
import { type Check, checks } from './checks';
import { madeUpEvent } from './made-up-event';
import type { ListenerMatching } from './matching';

/** Why a listener gets an event, or why it does not. */
export interface Explanation {
  readonly matches: boolean;
  /** Everything that the listener asks for, whether it holds or not. */
  readonly reasons: readonly Reason[];
}

/** One thing that must hold: that the listener is active, or something that it asks of the event. */
export type Reason =
  | Check
  | {
      readonly what: 'active';
      readonly holds: boolean;
      readonly expected: true;
      /** True, or why the listener is not active; false if no reason is stored. */
      readonly actual: boolean | string;
    };

/** Answers which listeners want an event, and why. */
export class Audience {
  constructor(
    private readonly store: Store,
    private readonly parts: {
      readonly saved: SavedListeners;
      readonly matching: ListenerMatching;
      readonly events: EventReader;
    },
    private readonly catalog: HookCatalog,
  ) {}

  async of(eventOrId: HookEvent | string): Promise<readonly Listener[]> {
    const event = await this.#event(eventOrId);
    const { saved, matching } = this.parts;
    return this.store.snapshot(async (store) => {
      const ids: string[] = [];
      for await (const page of matching.matching(store, [event]))
        ids.push(...page.flatMap(({ listenerIds }) => listenerIds));
      const stored = await saved.find(store, { ids });
      return stored.map(({ listener }) => listener);
    });
  }

  async explain(
    eventOrId: HookEvent | string,
    listenerOrId: Listener | string,
  ): Promise<Explanation> {
    const event = await this.#event(eventOrId);
    checkArgument('listener', listenerOrId, LISTENER);
    const id = typeof listenerOrId === 'string' ? listenerOrId : listenerOrId.id;
    const stored = (await this.parts.saved.one(this.store, id))?.listener;
    if (!stored) throw unknownListener(id);
    const { active, inactiveReason } = stored;
    const reasons: readonly Reason[] = [
      {
        what: 'active',
        holds: active,
        expected: true,
        actual: active || (inactiveReason ?? false),
      },
      ...checks(stored, event, { catalog: this.catalog }),
    ];
    return { matches: reasons.every(({ holds }) => holds === true), reasons };
  }

  /** For a listener that is not stored, and would be active. */
  async explainUnsaved(
    eventOrId: HookEvent | string,
    listener: WantedEvents,
  ): Promise<Explanation> {
    const event = await this.#event(eventOrId);
    const reasons = [...checks(listener, event, { catalog: this.catalog })];
    return { matches: reasons.every(({ holds }) => holds === true), reasons };
  }

  async #event(eventOrId: HookEvent | string): Promise<HookEvent> {
    checkArgument('event', eventOrId, EVENT);
    if (typeof eventOrId !== 'string') return madeUpEvent(eventOrId);
    const event = isUuid(eventOrId) ? await this.parts.events.read(eventOrId) : null;
    if (!event) throw new EventNotFoundError(eventOrId);
    return event;
  }
}

const EVENT: Rule = {
  accepts: (value) =>
    typeof value === 'string' ||
    (isOptions(value) && typeof value.name === 'string' && isOptions(value.data)),
  expected: 'an event or the id of a stored one',
};

const LISTENER: Rule = {
  accepts: (value) =>
    typeof value === 'string' || (isOptions(value) && typeof value.id === 'string'),
  expected: 'a listener or its id',
};
