import { validate as isUuid } from 'uuid';
import type { EventReader } from '../../capture/outbox/event-reader';
import { EventNotFoundError } from '../../errors/delivery-errors';
import type { HookCatalog } from '../../hook/catalog';
import type { HookEvent } from '../../hook/event';
import { checkArgument } from '../../options/checked';
import { isOptions, type Rule } from '../../options/rules';
import type { Database } from '../../store/database';
import type { Listener } from '../declared/listener';
import { type ListenerStore, unknownListener } from '../saved/store';
import { type Check, checks } from './checks';
import type { ListenerMatching } from './matching';

/** Why a listener is told of an event, or why not. */
export interface Explanation {
  readonly matches: boolean;
  /** Everything that the listener asks for, met or not. */
  readonly reasons: readonly Reason[];
}

/** One thing that a listener asks for: of itself, that it is active; of the event, all else. */
export type Reason =
  | Check
  | {
      readonly what: 'active';
      readonly holds: boolean;
      readonly expected: true;
      /** False, or why it is not active. */
      readonly actual: boolean | string;
    };

/** Who hears of an event, and why. */
export class Audience {
  constructor(
    private readonly database: Database,
    private readonly listeners: {
      readonly store: ListenerStore;
      readonly matching: ListenerMatching;
    },
    private readonly catalog: HookCatalog,
    private readonly events: EventReader,
  ) {}

  async of(said: HookEvent | string): Promise<readonly Listener[]> {
    const event = await this.#event(said);
    return this.database.snapshot(async (query) => {
      const ids: string[] = [];
      for await (const page of this.listeners.matching.matching(query, [event]))
        ids.push(...page.flatMap(({ listenerIds }) => listenerIds));
      const stored = await this.listeners.store.find(query, 'l.id = ANY($1)', [ids]);
      return stored.map(({ listener }) => listener);
    });
  }

  async explain(said: HookEvent | string, listener: Listener | string): Promise<Explanation> {
    const event = await this.#event(said);
    checkArgument('listener', listener, LISTENER);
    const id = typeof listener === 'string' ? listener : listener.id;
    const stored = (await this.listeners.store.one(this.database.query, id))?.listener;
    if (!stored) throw unknownListener(id);
    const { active, inactiveReason } = stored;
    const reasons: readonly Reason[] = [
      {
        what: 'active',
        holds: active,
        expected: true,
        actual: active || (inactiveReason ?? false),
      },
      ...checks(stored, event, this.catalog),
    ];
    return { matches: reasons.every(({ holds }) => holds), reasons };
  }

  async #event(said: HookEvent | string): Promise<HookEvent> {
    checkArgument('event', said, EVENT);
    if (typeof said !== 'string') return said;
    const event = isUuid(said) ? await this.events.read(said) : null;
    if (!event) throw new EventNotFoundError(said);
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
