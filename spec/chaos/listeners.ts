import type { ModelHooks } from '../../lib';
import type { Random } from '../support/values/random';
import { EXACTLY_ONCE, type LedgerEntry, Parcel, SHIPPED } from './entities';

/** How a receiver answers. With `'hangUp'` it closes the connection without an answer. */
export type Answer =
  | { readonly kind: 'status'; readonly status: number; readonly afterMs?: number }
  | { readonly kind: 'hangUp' };

export interface Wish {
  readonly name: string;
  /** Whether the listener must receive the entry, decided without the package. */
  readonly wants: (entry: LedgerEntry) => boolean;
  readonly save: (hooks: ModelHooks, url: string) => Promise<{ readonly id: string }>;
  readonly answers: (random: Random) => Answer;
  readonly isOrdered?: true;
  /** Its handler writes a row for each event, and must write exactly one. */
  readonly isExactlyOnce?: true;
}

const OK: Answer = { kind: 'status', status: 200 };

export const WISHES: readonly Wish[] = [
  {
    name: 'all parcels',
    wants: ({ event }) => event !== SHIPPED,
    save: (hooks, url) => hooks.for(Parcel).listener(url).save(),
    answers: () => OK,
  },
  {
    name: 'red parcels',
    wants: ({ event, colour }) => event !== SHIPPED && colour === 'red',
    save: (hooks, url) => hooks.for(Parcel).listener(url).match({ colour: 'red' }).save(),
    answers: moody,
  },
  {
    name: 'parcels in order',
    wants: ({ event }) => event !== SHIPPED,
    save: (hooks, url) => hooks.for(Parcel).listener({ url, ordered: true }).save(),
    answers: moody,
    isOrdered: true,
  },
  {
    name: '*.created',
    wants: ({ event }) => event === 'parcel.created',
    save: (hooks, url) => hooks.listen('*.created', url).save(),
    answers: (random) => ({ ...OK, afterMs: random() * 30 }),
  },
  {
    name: '*',
    wants: () => true,
    save: (hooks, url) => hooks.listen('*', url).save(),
    answers: (random) => (random() < 0.02 ? { kind: 'hangUp' } : OK),
  },
  {
    name: 'a handler',
    wants: ({ event }) => event !== SHIPPED,
    save: (hooks) => hooks.for(Parcel).listener(`handler:${EXACTLY_ONCE}`).save(),
    answers: () => OK,
    isExactlyOnce: true,
  },
];

/** Refuses one of seven requests in different ways. A 503 asks for a pause. */
function moody(random: Random): Answer {
  const mood = random();
  if (mood < 0.1) return { kind: 'status', status: 500 };
  if (mood < 0.14) return { kind: 'hangUp' };
  if (mood < 0.143) return { kind: 'status', status: 503 };
  return OK;
}
