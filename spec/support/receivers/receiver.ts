import { once } from 'node:events';
import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type ServerResponse,
} from 'node:http';
import { createServer as createSecureServer, type ServerOptions } from 'node:https';
import type { AddressInfo } from 'node:net';

const PATIENCE_MS = 40_000;

export interface Received {
  readonly method: string;
  /** The path with the query. */
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly raw: Buffer;
  /** Parsed JSON, or a form as a plain object, or undefined. */
  readonly body: unknown;
  /** The time at which the whole request had arrived, as `Date.now()`. */
  readonly at: number;
}

/** Answers a request. `nth` is its number, counted from 1. */
export type Respond = (request: Received, response: ServerResponse, nth: number) => void;

export interface Receiver {
  readonly url: string;
  readonly received: Received[];
  /** Waits for at least `count` requests. Rejects after 10 s with the requests that came. */
  waitFor(count: number): Promise<readonly Received[]>;
  /** Also closes open connections. A second call has no effect. */
  close(): Promise<void>;
}

/** A real HTTP server on a free loopback port that keeps what it receives. It answers 200 by default. With `tls` it speaks HTTPS. */
export async function startReceiver(
  respond: Respond = (_request, response) => response.end(),
  tls?: ServerOptions,
): Promise<Receiver> {
  const received: Received[] = [];
  const waiters = new Set<() => void>();
  const listener = (incoming: IncomingMessage, response: ServerResponse): void => {
    receive(incoming).then(
      (request) => {
        const nth = received.push(request);
        for (const look of waiters) look();
        respond(request, response, nth);
      },
      // The sender hung up before the request was complete.
      () => response.destroy(),
    );
  };
  const server = tls ? createSecureServer(tls, listener) : createServer(listener);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `${tls ? 'https' : 'http'}://127.0.0.1:${(server.address() as AddressInfo).port}`,
    received,
    waitFor: (count) => arrival(received, waiters, count),
    close: async () => {
      if (!server.listening) return;
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

async function receive(incoming: IncomingMessage): Promise<Received> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk);
  const raw = Buffer.concat(chunks);
  return {
    method: incoming.method ?? '',
    path: incoming.url ?? '',
    headers: incoming.headers,
    raw,
    body: parse(raw, incoming.headers['content-type'] ?? ''),
    at: Date.now(),
  };
}

function parse(raw: Buffer, contentType: string): unknown {
  const text = raw.toString('utf8');
  if (/^application\/x-www-form-urlencoded\b/i.test(contentType)) {
    return Object.fromEntries(new URLSearchParams(text));
  }
  if (!/^[^;]*\bjson\b/i.test(contentType)) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function arrival(
  received: readonly Received[],
  waiters: Set<() => void>,
  count: number,
): Promise<readonly Received[]> {
  return new Promise((resolve, reject) => {
    const stop = (): void => {
      clearTimeout(timer);
      waiters.delete(look);
    };
    const look = (): void => {
      if (received.length < count) return;
      stop();
      resolve(received);
    };
    const timer = setTimeout(() => {
      stop();
      reject(new Error(shortfall(received, count)));
    }, PATIENCE_MS);
    waiters.add(look);
    look();
  });
}

function shortfall(received: readonly Received[], count: number): string {
  const came = received.map(({ method, path, raw }) => `${method} ${path} ${raw.toString('utf8')}`);
  return [`Expected ${count} requests within ${PATIENCE_MS} ms, got ${came.length}:`, ...came].join(
    '\n',
  );
}
