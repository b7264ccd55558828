import { Agent, type Dispatcher } from 'undici';
import { afterWorking } from '../../base/working-time';
import type { DeliveryOptions, ListenerRecipientOptions } from '../../options/delivery';
import { proxyOf } from '../../options/proxy';
import type { RecipientPolicy } from '../../recipient/policy';
import { cappedConnector } from './capped-connector';
import { Starts } from './connection';
import { Connector, type Route } from './connector';
import { type Answer, Exchange } from './exchange';
import { Interruptions } from './interruptions';
import type { Reply } from './reply';
import { ReplyMemory } from './reply-memory';
import { TimedOut, Trouble, troubleOf } from './trouble';
import { secureContextOf } from './trust';

export interface HttpClientOptions extends Pick<DeliveryOptions, 'proxy' | 'ca'> {
  readonly maxConcurrencyPerOrigin: number;
  readonly keepAlive: boolean;
  /** Shared with other clients of the process. @defaultValue memory of its own */
  readonly memory?: ReplyMemory;
}

export interface HttpRequest {
  readonly method: Dispatcher.HttpMethod;
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  /** Null: no body. */
  readonly body: string | null;
  readonly timeoutMs: number;
  readonly maxResponseBytes: number;
  /** Whether the reply has all its headers. */
  readonly keepsHeaders?: boolean;
  /** Breaks the request off. */
  readonly signal?: AbortSignal;
}

/** The longest time for which an endpoint may ask to keep an idle connection open. */
const KEEP_ALIVE_MAX_MS = 30_000;

/** Sends requests to recipients that the policy allows. Follows no redirect, decompresses nothing, reads a bounded part of a reply. */
export class HttpClient {
  readonly #agent: Agent;
  readonly #connector: Connector;
  readonly #starts = new Starts();
  readonly #memory: ReplyMemory;
  readonly #interruptions = new Interruptions();
  /** Agents for single requests. */
  readonly #fresh = new Set<Agent>();

  constructor(
    private readonly policy: RecipientPolicy,
    private readonly options: HttpClientOptions,
    private readonly route: Route = routeOf(options),
  ) {
    const { maxConcurrencyPerOrigin, keepAlive, memory = new ReplyMemory() } = options;
    this.#memory = memory;
    this.#connector = new Connector(policy, route);
    this.#agent = this.#newAgent(maxConcurrencyPerOrigin, keepAlive);
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
    const { url, timeoutMs, maxResponseBytes, keepsHeaders = false, signal } = request;
    const parts = { maxResponseBytes, keepsHeaders, starts: this.#starts, memory: this.#memory };
    let exchange = new Exchange(parts);
    const cancel = afterWorking(timeoutMs, () => exchange.breakOff(new TimedOut(timeoutMs)));
    const stop = () => exchange.breakOff(stopped(signal?.reason));
    const forget = signal && this.#interruptions.on(signal, stop);
    try {
      this.policy.checkTarget(url);
      if (signal?.aborted) stop();
      else this.#dispatch(request, exchange);
      const answer = await exchange.answer.catch((error: unknown) => {
        if (!exchange.isUnanswered) throw error;
        exchange = new Exchange(parts);
        return this.#sendFresh(request, exchange);
      });
      return { kind: 'answered', ...answer };
    } catch (error) {
      return troubleOf(error);
    } finally {
      cancel();
      forget?.();
    }
  }

  #dispatch(
    { method, url, headers, body }: HttpRequest,
    exchange: Exchange,
    agent = this.#agent,
  ): void {
    const { origin, pathname, search } = url;
    const request = { origin, path: pathname + search, method, headers, body };
    this.#connector.ownedBy(exchange, () => agent.dispatch(request, exchange));
  }

  /** On a connection of its own. An idle connection of the pool may be closed by the recipient like the one before. */
  async #sendFresh(request: HttpRequest, exchange: Exchange): Promise<Answer> {
    const agent = this.#newAgent(1, false);
    this.#fresh.add(agent);
    try {
      this.#dispatch(request, exchange, agent);
      return await exchange.answer;
    } finally {
      this.#fresh.delete(agent);
      void agent.destroy();
    }
  }

  #newAgent(connections: number, keepAlive: boolean): Agent {
    return new Agent({
      connections,
      pipelining: keepAlive ? 1 : 0,
      keepAliveMaxTimeout: KEEP_ALIVE_MAX_MS,
      connect: cappedConnector(this.#connector.connect, undefined, this.#starts),
    });
  }

  /** Closes all connections, whether they are idle or in use. */
  async close(): Promise<void> {
    this.#connector.close();
    await Promise.all([this.#agent, ...this.#fresh].map((agent) => agent.destroy()));
  }
}

function routeOf({ proxy = null, ca = [] }: HttpClientOptions): Route {
  return { proxy: proxyOf(proxy), secureContext: secureContextOf(ca) };
}

/** The reason is one of ours. */
function stopped(reason: unknown): Trouble {
  return new Trouble(reason instanceof Error ? reason.message : String(reason));
}
