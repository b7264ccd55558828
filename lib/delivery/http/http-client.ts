import { Agent, type Dispatcher } from 'undici';
import type { DeliveryOptions, ListenerRecipientOptions } from '../../options/delivery';
import { proxyOf } from '../../options/proxy';
import type { RecipientPolicy } from '../../recipient/policy';
import { cappedConnector } from './capped-connector';
import { Connector, type Route } from './connector';
import { Exchange } from './exchange';
import type { Reply } from './reply';
import { TimedOut, Trouble, troubleOf } from './trouble';
import { secureContextOf } from './trust';

export interface HttpClientOptions extends Pick<DeliveryOptions, 'proxy' | 'ca'> {
  readonly maxConcurrencyPerOrigin: number;
  readonly keepAlive: boolean;
}

export interface HttpRequest {
  readonly method: Dispatcher.HttpMethod;
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  /** Null: no body. */
  readonly body: string | null;
  readonly timeoutMs: number;
  readonly maxResponseBytes: number;
  /** Breaks the request off. */
  readonly signal?: AbortSignal;
}

/** The longest time for which an endpoint may ask to keep an idle connection open. */
const KEEP_ALIVE_MAX_MS = 30_000;

/** Sends requests to recipients that the policy allows. Follows no redirect, decompresses nothing, reads a bounded part of a reply. */
export class HttpClient {
  readonly #agent: Agent;
  readonly #connector: Connector;

  constructor(
    private readonly policy: RecipientPolicy,
    private readonly options: HttpClientOptions,
    private readonly route: Route = routeOf(options),
  ) {
    const { maxConcurrencyPerOrigin, keepAlive } = options;
    this.#connector = new Connector(policy, route);
    this.#agent = new Agent({
      connections: maxConcurrencyPerOrigin,
      pipelining: keepAlive ? 1 : 0,
      keepAliveMaxTimeout: KEEP_ALIVE_MAX_MS,
      connect: cappedConnector(this.#connector.connect),
    });
  }

  /**
   * A client for fewer recipients, which opens a connection for each request. A shared open connection could serve a listener that may not
   * reach its address, and strangers who add listeners could add a pool of connections with each. Throws `OPTION_INVALID`.
   */
  narrowedBy(recipients: ListenerRecipientOptions): Pick<HttpClient, 'send'> {
    const policy = this.policy.narrowedBy(recipients);
    const options = { ...this.options, keepAlive: false };
    return {
      send: async (request) => {
        const client = new HttpClient(policy, options, this.route);
        const reply = await client.send(request);
        // The reply is complete, so nothing has to wait until the connection is closed.
        void client.close();
        return reply;
      },
    };
  }

  /** Never rejects: trouble on the way is a reply, too. */
  async send(request: HttpRequest): Promise<Reply> {
    const { url, timeoutMs, maxResponseBytes, signal } = request;
    const exchange = new Exchange(maxResponseBytes);
    const timer = setTimeout(() => exchange.breakOff(new TimedOut(timeoutMs)), timeoutMs);
    const stop = () => exchange.breakOff(stopped(signal?.reason));
    signal?.addEventListener('abort', stop, { once: true });
    try {
      this.policy.checkTarget(url);
      if (signal?.aborted) stop();
      else this.#dispatch(request, exchange);
      return { kind: 'answered', ...(await exchange.answer) };
    } catch (error) {
      return troubleOf(error);
    } finally {
      clearTimeout(timer);
      signal?.removeEventListener('abort', stop);
    }
  }

  #dispatch({ method, url, headers, body }: HttpRequest, exchange: Exchange): void {
    const { origin, pathname, search } = url;
    const request = { origin, path: pathname + search, method, headers, body };
    this.#connector.ownedBy(exchange, () => this.#agent.dispatch(request, exchange));
  }

  /** Closes all connections, whether they are idle or in use. */
  close(): Promise<void> {
    this.#connector.close();
    return this.#agent.destroy();
  }
}

function routeOf({ proxy = null, ca = [] }: HttpClientOptions): Route {
  return { proxy: proxyOf(proxy), secureContext: secureContextOf(ca) };
}

/** The reason is one of ours. */
function stopped(reason: unknown): Trouble {
  return new Trouble(reason instanceof Error ? reason.message : String(reason));
}
