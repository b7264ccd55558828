import type { Hook } from '../../hook/hook';
import type { DeliveryOptions, ListenerRecipientOptions } from '../../options/delivery';
import { withoutUndefined } from '../../options/delivery-defaults';
import type { Policies } from '../../recipient/policies';
import type { RecipientPolicy } from '../../recipient/policy';
import { HttpClient, type HttpClientOptions } from './http-client';
import type { Reply } from './reply';
import { ReplyMemory } from './reply-memory';
import type { PreparedRequest, Transport } from './transport';

type RoutedHook = Pick<Hook, 'name' | 'declared'>;

/**
 * Carries requests over HTTP. It has one client for each policy and route, so that a connection is only used under the policy and route
 * that it was opened under.
 */
export class HttpTransport implements Transport {
  readonly #clients = new Map<RecipientPolicy | string, HttpClient>();
  /** All clients share the memory. */
  readonly #options: HttpClientOptions;

  constructor(
    private readonly policies: Pick<Policies, 'of'>,
    options: HttpClientOptions,
  ) {
    this.#options = { memory: new ReplyMemory(), ...options };
  }

  /** Throws `OPTION_INVALID` if the listener's recipient options are not valid. */
  carry(
    {
      target,
      hook,
      recipients,
      method,
      headers,
      body,
      timeoutMs,
      maxResponseBytes,
    }: PreparedRequest,
    { signal }: { readonly signal: AbortSignal },
  ): Promise<Reply> {
    const client = this.clientFor(hook, recipients);
    const { url } = target;
    return client.send({ method, url, headers, body, timeoutMs, maxResponseBytes, signal });
  }

  /** The client for the recipients of a hook, or for a listener that narrows them. Throws `OPTION_INVALID`. */
  clientFor(hook: RoutedHook, recipients: ListenerRecipientOptions = {}): Pick<HttpClient, 'send'> {
    const client = this.#clientOf(hook);
    return Object.keys(recipients).length === 0 ? client : client.narrowedBy(recipients);
  }

  /** Closes all connections, whether they are idle or in use. */
  async close(): Promise<void> {
    await Promise.all([...this.#clients.values()].map((client) => client.close()));
  }

  #clientOf({ name, declared }: RoutedHook): HttpClient {
    const policy = this.policies.of(name);
    const route = ownRoute(declared.delivery);
    const key = route ? name : policy;
    const client = this.#clients.get(key) ?? new HttpClient(policy, { ...this.#options, ...route });
    this.#clients.set(key, client);
    return client;
  }
}

/** The proxy and the certificates that a hook sets for its requests; undefined if it uses those of the attachment. */
function ownRoute({
  proxy,
  ca,
}: DeliveryOptions = {}): Pick<DeliveryOptions, 'proxy' | 'ca'> | undefined {
  const route = withoutUndefined({ proxy, ca });
  return Object.keys(route).length > 0 ? route : undefined;
}
