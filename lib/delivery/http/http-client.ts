import { Agent } from 'undici';
import { ModelHookError } from '../../errors/model-hook-error';
import type { DeliveryOptions, ListenerRecipientOptions } from '../../options/delivery';
import { proxyOf } from '../../options/proxy';
import type { RecipientPolicy } from '../../recipient/policy';
import { cappedConnector } from './capped-connector';
import { Connector, type Route } from './connector';
import { Exchange } from './exchange';
import type { Reply } from './reply';
import { secureContextOf } from './trust';

export interface HttpClientOptions extends Pick<DeliveryOptions, 'proxy' | 'ca'> {
  readonly maxConcurrencyPerOrigin: number;
  readonly keepAlive: boolean;
}

export interface Post {
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly timeoutMs: number;
  readonly maxResponseBytes: number;
  /** Ends the request early: the process is stopping. */
  readonly signal?: AbortSignal;
}

/** How long an endpoint may ask for its idle connections to be kept open. */
const KEEP_ALIVE_MAX_MS = 30_000;

/** Posts to recipients that the policy allows. Follows no redirect, decompresses nothing, reads a bounded part of a reply. */
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
   * One that posts to fewer recipients, each time on a connection of its own: one that stays open could serve somebody who may not reach
   * that address, and a pool for each narrowing would be one for each listener that a stranger makes. Throws `OPTION_INVALID`.
   */
  narrowedBy(recipients: ListenerRecipientOptions): Pick<HttpClient, 'post'> {
    const policy = this.policy.narrowedBy(recipients);
    const options = { ...this.options, keepAlive: false };
    return {
      post: async (post) => {
        const client = new HttpClient(policy, options, this.route);
        const reply = await client.post(post);
        // The outcome is known: nobody waits for the connection to end.
        void client.close();
        return reply;
      },
    };
  }

  /** Never rejects: trouble on the way is an answer too. */
  async post(post: Post): Promise<Reply> {
    const { url, timeoutMs, maxResponseBytes, signal } = post;
    const exchange = new Exchange(maxResponseBytes);
    const timer = setTimeout(() => exchange.breakOff(new TimedOut(timeoutMs)), timeoutMs);
    const stop = () => exchange.breakOff(signal?.reason);
    signal?.addEventListener('abort', stop, { once: true });
    try {
      this.policy.checkTarget(url);
      if (signal?.aborted) stop();
      else this.#send(post, exchange);
      return { kind: 'answered', ...(await exchange.answer) };
    } catch (error) {
      return troubleOf(error);
    } finally {
      clearTimeout(timer);
      signal?.removeEventListener('abort', stop);
    }
  }

  #send({ url, headers, body }: Post, exchange: Exchange): void {
    const { origin, pathname, search } = url;
    const request = { origin, path: pathname + search, method: 'POST', headers, body } as const;
    this.#connector.ownedBy(exchange, () => this.#agent.dispatch(request, exchange));
  }

  /** Closes idle connections and those still in use. */
  close(): Promise<void> {
    this.#connector.close();
    return this.#agent.destroy();
  }
}

function routeOf({ proxy = null, ca = [] }: HttpClientOptions): Route {
  return { proxy: proxyOf(proxy), secureContext: secureContextOf(ca) };
}

class TimedOut extends Error {
  constructor(timeoutMs: number) {
    super(`no complete reply within ${timeoutMs} ms`);
  }
}

function troubleOf(error: unknown): Reply {
  const cause = error instanceof AggregateError ? error.errors[0] : error;
  if (cause instanceof ModelHookError && cause.code === 'RECIPIENT_REFUSED')
    return { kind: 'refused', reason: cause.message };
  if (cause instanceof TimedOut)
    return { kind: 'unanswered', reason: cause.message, timedOut: true };
  return { kind: 'unanswered', reason: cause instanceof Error ? cause.message : String(cause) };
}
