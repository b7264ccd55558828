import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import { isPlainObject } from './json';

/** Answers a request of web standards. */
export type FetchHandler = (request: Request) => Promise<Response>;

/** What Express calls. */
export type ExpressHandler = (request: IncomingMessage, response: ServerResponse) => Promise<void>;

/** What frameworks add to a request of Node.js. */
interface FrameworkRequest extends IncomingMessage {
  /** The URL before Express has cut the path off where it is mounted. */
  readonly originalUrl?: string;
  /** The body, if it has been parsed. */
  readonly body?: unknown;
}

/** Answers a request of Node.js, also behind Express. Never rejects. */
export async function serveNode(
  handler: FetchHandler,
  incoming: FrameworkRequest,
  outgoing: ServerResponse,
  maxBodyBytes: number,
): Promise<void> {
  try {
    const body = incoming.readableEnded
      ? textOfBody(incoming.body, incoming.headers['content-type'])
      : await bodyOf(incoming, maxBodyBytes);
    const { method = 'GET', headers, url = '/', originalUrl = url } = incoming;
    const response = await handler(requestOf({ method, headers, url: originalUrl, body }));
    const text = await response.text();
    // The rest of a body that is too long is not read.
    const isCut = !incoming.complete;
    const close: Record<string, string> = isCut ? { connection: 'close' } : {};
    outgoing.writeHead(response.status, { ...Object.fromEntries(response.headers), ...close });
    outgoing.end(text, () => isCut && incoming.destroy());
  } catch {
    // The caller hung up, or what it sent is no request.
    if (!outgoing.headersSent) outgoing.writeHead(400);
    outgoing.end();
  }
}

export function expressHandler(handler: FetchHandler, maxBodyBytes: number): ExpressHandler {
  return (request, response) => serveNode(handler, request, response, maxBodyBytes);
}

/** The parts of a request of Fastify that a route uses. */
export interface FastifyRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly body?: unknown;
}

export interface FastifyReply {
  code(status: number): FastifyReply;
  headers(headers: Readonly<Record<string, string>>): FastifyReply;
  send(text: string): FastifyReply;
}

/** A route of Fastify, whose parsers have read the body. */
export function fastifyRoute(handler: FetchHandler) {
  return async ({ method, url, headers, body }: FastifyRequest, reply: FastifyReply) => {
    const request = requestOf({ method, headers, url, body: textOfBody(body) });
    const response = await handler(request);
    const text = await response.text();
    return reply.code(response.status).headers(Object.fromEntries(response.headers)).send(text);
  };
}

interface PlainRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  /** Null: none. */
  readonly body: string | Buffer | null;
}

/** A request of web standards. Its host is that of the request, or `localhost` if that is no host. */
function requestOf({ method, url, headers, body }: PlainRequest): Request {
  const path = url.startsWith('/') ? url : '/';
  const entries = Object.entries(headers).flatMap(([name, value]): [string, string][] =>
    value === undefined || name.startsWith(':') ? [] : [[name, [value].flat().join(', ')]],
  );
  const hasBody = method !== 'GET' && method !== 'HEAD' && body !== null;
  return new Request(`http://${hostOf(headers)}${path}`, {
    method,
    headers: entries,
    ...(hasBody && { body }),
  });
}

function hostOf({ host }: IncomingHttpHeaders): string {
  const isHost =
    host !== undefined && /^[\w.:[\]-]+$/.test(host) && URL.canParse(`http://${host}/`);
  return isHost ? host : 'localhost';
}

/** At most one byte more than the limit, so that the handler sees that it is too long. */
async function bodyOf(incoming: IncomingMessage, maxBytes: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of incoming.iterator({ destroyOnReturn: false })) {
    chunks.push(chunk);
    size += chunk.length;
    if (size > maxBytes) break;
  }
  return Buffer.concat(chunks).subarray(0, maxBytes + 1);
}

/** A body that a framework has read: its text, its bytes, JSON, or the values of a form. */
function textOfBody(body: unknown, contentType = ''): string | Buffer | null {
  if (typeof body === 'string' || Buffer.isBuffer(body)) return body;
  if (/^application\/([\w.-]+\+)?json\b/i.test(contentType) && body !== undefined)
    return JSON.stringify(body);
  if (!isPlainObject(body)) return null;
  const pairs = Object.entries(body).map(([name, value]): [string, string] => [
    name,
    textOfValue(value),
  ]);
  return new URLSearchParams(pairs).toString();
}

/** If a name has several values, the last one counts. */
function textOfValue(value: unknown): string {
  if (Array.isArray(value)) return textOfValue(value.at(-1) ?? '');
  return typeof value === 'string' ? value : JSON.stringify(value);
}
