import {
  contains,
  type ListenerBuilder,
  like,
  type ModelHooks,
  startsWith,
} from 'typeorm-model-hooks';
import { City, Country } from './entities';

export const LISTENER_NAMES = [
  'everything',
  'audit',
  'europe',
  'euro',
  'souths',
  'lands',
  'islands',
  'landlocked',
  'farewells',
  'capitals',
] as const;

export type ListenerName = (typeof LISTENER_NAMES)[number];

/** The listener whose first request the receiver refuses with a 500, so that a retry is seen. */
export const REFUSED_ONCE: ListenerName = 'capitals';

/** What a receiver must know of a listener to verify what it gets. */
export interface Signing {
  readonly secret: string;
  readonly digest: string;
}

/** Who wants to hear of what. What each should get is worked out once more, without the library, in expectations.ts. */
function build(hooks: ModelHooks, receiver: string): Record<ListenerName, ListenerBuilder> {
  const countries = hooks.for(Country);
  const cities = hooks.for(City);
  const url = (name: ListenerName) => `${receiver}/${name}`;
  return {
    everything: hooks.listen('*', url('everything')),
    audit: hooks.listen('*.updated', { url: url('audit'), format: 'envelope' }),
    europe: countries.listener(url('europe')).match({ region: 'Europe' }),
    // A JSON column compares by value, whatever the order of its keys.
    euro: countries
      .listener(url('euro'))
      .match({ currencies: { EUR: { symbol: '€', name: 'Euro' } } }),
    souths: countries.listener(url('souths')).match({ name: startsWith('South') }),
    lands: countries.listener(url('lands')).match({ name: contains('land') }),
    islands: countries.listener(url('islands')).match({ name: like(/\bislands?$/i) }),
    // A form in place of JSON, and a secret of one's own in place of one that the library makes.
    landlocked: countries
      .listener({
        url: url('landlocked'),
        contentType: 'application/x-www-form-urlencoded',
        secret: 'no sea in sight, but a secret of one’s own',
        digest: 'sha512',
      })
      .match({ landlocked: true }),
    farewells: countries.listener(url('farewells')).on('remove'),
    capitals: cities
      .listener({ url: url('capitals'), delivery: { retryDelayMs: 200 } })
      .match({ isCapital: true })
      .on('insert'),
  };
}

export interface SavedListener extends Signing {
  readonly id: string;
}

/** Stores the listeners. Their secrets are to be had now, or never again. */
export async function saveListeners(
  hooks: ModelHooks,
  receiver: string,
): Promise<ReadonlyMap<ListenerName, SavedListener>> {
  const builders = build(hooks, receiver);
  const saved = new Map<ListenerName, SavedListener>();
  for (const name of LISTENER_NAMES) {
    const { id, secret, digest } = await builders[name].save();
    if (!secret) throw new Error(`Listener "${name}" was there before: use an empty database.`);
    saved.set(name, { id, secret, digest });
  }
  return saved;
}
