import { lookup as systemLookup } from 'node:dns';
import type { LookupFunction } from 'node:net';
import { Agent, buildConnector, errors, request } from 'undici';
import { ModelHookError } from '../errors';
import type { RecipientPolicy } from '../listener/recipient-policy';
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
      connect: buildConnector({ lookup: checkedLookup(policy) }),
    });
  }

  /** Never rejects: trouble on the way is an answer too. */
  async post(post: Post): Promise<Reply> {
    const { timeoutMs, signal } = post;
    const abort = new AbortController();
    const timer = setTimeout(() => abort.abort(new TimedOut(timeoutMs)), timeoutMs);
    const stop = () => abort.abort(signal?.reason);
    signal?.addEventListener('abort', stop, { once: true });
    if (signal?.aborted) stop();
    try {
      this.policy.checkTarget(post.url);
      return await this.#exchange(post, abort.signal);
    } catch (error) {
      return troubleOf(abort.signal.aborted ? abort.signal.reason : error);
    } finally {
      clearTimeout(timer);
      signal?.removeEventListener('abort', stop);
    }
  }

  async #exchange(
    { url, headers, body, maxResponseBytes }: Post,
    signal: AbortSignal,
  ): Promise<Reply> {
    const response = await request(url, {
      method: 'POST',
      headers: { ...headers },
      body,
      signal,
      dispatcher: this.#agent,
    });
    const { bytes, truncated } = await readAtMost(response.body, maxResponseBytes);
    return {
      kind: 'answered',
      httpStatus: response.statusCode,
      retryAfter: headerOf(response.headers['retry-after']),
      text: bytes.toString('utf8'),
      truncated,
    };
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

interface Body extends AsyncIterable<Buffer> {
  destroy(): unknown;
}

async function readAtMost(
  body: Body,
  limit: number,
): Promise<{ bytes: Buffer; truncated: boolean }> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of body) {
    chunks.push(chunk);
    size += chunk.length;
    if (size <= limit) continue;
    // Ends the connection: the rest may be endless.
    body.destroy();
    return { bytes: Buffer.concat(chunks).subarray(0, limit), truncated: true };
  }
  return { bytes: Buffer.concat(chunks), truncated: false };
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

function headerOf(value: string | string[] | undefined): string | null {
  return (Array.isArray(value) ? value[0] : value) ?? null;
}
