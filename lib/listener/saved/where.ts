import { checkedOptions } from '../../options/checked';
import {
  BOOLEAN,
  criterion,
  type Shape,
  STORABLE,
  STORABLE_OR_NULL,
  TEXT,
  wholeNumberFrom,
} from '../../options/rules';
import type { Listener } from '../declared/listener';

/** What `find` and `page` look for: each member must be equal. `null` means that the listener has none. */
export interface ListenerWhere {
  /** Name of its hook. */
  readonly hook?: string | null;
  /** The event name or wildcard that it was saved with. */
  readonly pattern?: string | null;
  /** Its owner. */
  readonly owner?: string | null;
  /** Its `key`. */
  readonly key?: string | null;
  /** Its URL, exactly as stored. */
  readonly target?: string;
  /** Whether it is active. */
  readonly active?: boolean;
}

/** Options of `hooks.listeners.page()`. */
export interface ListenerPageOptions {
  /** 1 to 1,000. @defaultValue `100` */
  readonly limit?: number;
  /** `nextCursor` of the page before. */
  readonly cursor?: string;
}

export const LISTENER_PAGE_DEFAULTS = { limit: 100 } as const satisfies Omit<
  Required<ListenerPageOptions>,
  'cursor'
>;

/** A page of `hooks.listeners.page()`. */
export interface ListenerPage {
  /** Newest first. */
  readonly items: readonly Listener[];
  /** Null on the last page. */
  readonly nextCursor: string | null;
}

const WHERE_SHAPE: Shape<ListenerWhere> = {
  hook: criterion(STORABLE_OR_NULL),
  pattern: criterion(STORABLE_OR_NULL),
  owner: criterion(STORABLE_OR_NULL),
  key: criterion(STORABLE_OR_NULL),
  target: criterion(STORABLE),
  active: criterion(BOOLEAN),
};

/** Throws `OPTION_INVALID`, also for a member that is `undefined`. */
export function checkedWhere(where: ListenerWhere): ListenerWhere {
  return checkedOptions(where, WHERE_SHAPE, { name: 'where' });
}

export const PAGE_SHAPE: Shape<ListenerPageOptions> = {
  limit: wholeNumberFrom(1, 1_000),
  cursor: TEXT,
};
