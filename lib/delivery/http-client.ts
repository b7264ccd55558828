import { lookup as systemLookup } from 'node:dns';
import type { LookupFunction } from 'node:net';
import { Agent, buildConnector, errors } from 'undici';
import { ModelHookError } from '../errors';
import type { RecipientPolicy } from '../listener/recipient-policy';
import { cappedConnector } from './capped-connector';
import { Exchange } from './exchange';
import type { Reply } from './judge';

export interface HttpClientOptions {
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

  constructor(
    private readonly policy: RecipientPolicy,
    { maxConcurrencyPerOrigin, keepAlive }: HttpClientOptions,
  ) {
    this.#agent = new Agent({
      connections: maxConcurrencyPerOrigin,
      pipelining: keepAlive ? 1 : 0,
      keepAliveMaxTimeout: KEEP_ALIVE_MAX_MS,
      connect: cappedConnector(buildConnector({ lookup: checkedLookup(policy) })),
    });
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
    this.#agent.dispatch(request, exchange);
  }

  /** Closes idle connections and those still in use. */
  close(): Promise<void> {
    return this.#agent.destroy();
  }
}

class TimedOut extends Error {
  constructor(timeoutMs: number) {
    super(`no complete reply within ${timeoutMs} ms`);
  }
}

/** Resolves as `net.connect` asks, and fails unless every answer may be connected to: the one that is used is among them. */
function checkedLookup(policy: RecipientPolicy): LookupFunction {
  const resolve = policy.lookup ?? (systemLookup as LookupFunction);
  return (hostname, options, callback) => {
    resolve(hostname, { ...options, all: true }, (error, addresses) => {
      if (error) return callback(error, []);
      const answers = Array.isArray(addresses) ? addresses : [{ address: addresses, family: 4 }];
      try {
        for (const { address } of answers) policy.checkAddress(address);
      } catch (refusal) {
        return callback(refusal as Error, []);
      }
      const [first] = answers;
      // Node throws where nobody catches if it gets no address and no error.
      if (!first) return callback(new Error(`${hostname} has no address`), []);
      if (options.all) return callback(null, answers);
      return callback(null, first.address, first.family);
    });
  };
}

function troubleOf(error: unknown): Reply {
  const cause = error instanceof AggregateError ? error.errors[0] : error;
  if (cause instanceof ModelHookError && cause.code === 'RECIPIENT_REFUSED')
    return { kind: 'refused', reason: cause.message };
  if (cause instanceof errors.ConnectTimeoutError)
    return { kind: 'unanswered', reason: 'the connection timed out' };
  return { kind: 'unanswered', reason: cause instanceof Error ? cause.message : String(cause) };
}
