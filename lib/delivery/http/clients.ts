import type { Hook } from '../../hook/hook';
import type { DeliveryOptions, ListenerRecipientOptions } from '../../options/delivery';
import { withoutUndefined } from '../../options/delivery-defaults';
import type { Policies } from '../../recipient/policies';
import type { RecipientPolicy } from '../../recipient/policy';
import { HttpClient, type HttpClientOptions } from './http-client';

type RoutedHook = Pick<Hook, 'name' | 'declared'>;

/** The HTTP clients of a process: one a policy and route, so that no connection is used under others than it was made under. */
export class Clients {
  readonly #clients = new Map<RecipientPolicy | string, HttpClient>();

  constructor(
    private readonly policies: Pick<Policies, 'of'>,
    private readonly options: HttpClientOptions,
  ) {}

  /** The client for the recipients of a hook, or for a listener of it that narrows them. Throws `OPTION_INVALID`. */
  for(hook: RoutedHook, recipients: ListenerRecipientOptions = {}): Pick<HttpClient, 'post'> {
    const client = this.#clientOf(hook);
    return Object.keys(recipients).length === 0 ? client : client.narrowedBy(recipients);
  }

  /** Closes idle connections and those still in use. */
  async close(): Promise<void> {
    await Promise.all([...this.#clients.values()].map((client) => client.close()));
  }

  #clientOf({ name, declared }: RoutedHook): HttpClient {
    const policy = this.policies.of(name);
    const route = ownRoute(declared.delivery);
    const key = route ? name : policy;
    const client = this.#clients.get(key) ?? new HttpClient(policy, { ...this.options, ...route });
    this.#clients.set(key, client);
    return client;
  }
}

/** What a hook says of the way that its requests take; undefined where that is the attachment's. */
function ownRoute({
  proxy,
  ca,
}: DeliveryOptions = {}): Pick<DeliveryOptions, 'proxy' | 'ca'> | undefined {
  const route = withoutUndefined({ proxy, ca });
  return Object.keys(route).length > 0 ? route : undefined;
}
