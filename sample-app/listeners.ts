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

/** The receiver answers the first request of this listener with 500, so that the sample shows a retry. */
export const REFUSED_ONCE: ListenerName = 'capitals';

/** What a receiver needs to verify the requests of a listener. */
export interface Signing {
  readonly secret: string;
  readonly digest: string;
}

/** The ten listeners. expectations.ts computes what each must receive, without the package. */
function build(hooks: ModelHooks, receiver: string): Record<ListenerName, ListenerBuilder> {
  const countries = hooks.for(Country);
  const cities = hooks.for(City);
  const url = (name: ListenerName) => `${receiver}/${name}`;
  return {
    everything: hooks.listen('*', url('everything')),
    audit: hooks.listen('*.updated', { url: url('audit'), format: 'envelope' }),
    europe: countries.listener(url('europe')).match({ region: 'Europe' }),
    // A JSON column is compared by value; the order of its keys does not matter.
    euro: countries
      .listener(url('euro'))
      .match({ currencies: { EUR: { symbol: '€', name: 'Euro' } } }),
    souths: countries.listener(url('souths')).match({ name: startsWith('South') }),
    lands: countries.listener(url('lands')).match({ name: contains('land') }),
    islands: countries.listener(url('islands')).match({ name: like(/\bislands?$/i) }),
    // A form instead of JSON, and a given secret instead of one that the package makes.
    landlocked: countries
      .listener({
        url: url('landlocked'),
        contentType: 'application/x-www-form-urlencoded',
        secret: 'a secret of the application’s own',
        digest: 'sha512',
      })
      .match({ landlocked: true }),
    farewells: countries.listener(url('farewells')).on('remove'),
    capitals: cities
      .listener({ url: url('capitals'), delivery: { retryDelayMs: 1_000 } })
      .match({ isCapital: true })
      .on('insert'),
  };
}

export interface SavedListener extends Signing {
  readonly id: string;
}

/** Stores the listeners. Only the save that creates a listener returns its secret. */
export async function saveListeners(
  hooks: ModelHooks,
  receiver: string,
): Promise<ReadonlyMap<ListenerName, SavedListener>> {
  const builders = build(hooks, receiver);
  const saved = new Map<ListenerName, SavedListener>();
  for (const name of LISTENER_NAMES) {
    const { id, secret, digest } = await builders[name].save();
    if (!secret) throw new Error(`Listener "${name}" existed already; use an empty database.`);
    saved.set(name, { id, secret, digest });
  }
  return saved;
}
