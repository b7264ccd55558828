// The receiving process, started by receiver-process.ts: an HTTP server that checks each request and keeps a receipt of it.
// It knows the secrets of the listeners, and the canaries, which are texts that must never arrive.
import { createHmac, timingSafeEqual } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { performance } from 'node:perf_hooks';
import { unescape as percentDecoded } from 'node:querystring';
import { Webhook } from 'standardwebhooks';
import type { Signing } from './listeners';

/** What the receiver must know. The key of a listener is its name, which is also the path of its URL. */
export interface Knowledge {
  readonly listeners: Readonly<Record<string, Signing>>;
  readonly canaries: readonly string[];
  /** The listener whose first request is answered with 500. */
  readonly refusedOnce: string;
}

/** The stored facts of a request. */
export interface Receipt {
  readonly listener: string;
  readonly event: string;
  readonly deliveryId: string;
  readonly attempt: string;
  readonly contentType: string;
  readonly body: string;
  /** The time at which the whole request had arrived, in milliseconds since 1970. */
  readonly receivedAt: number;
  readonly httpStatus: number;
  /** What is wrong with the request. */
  readonly problems: readonly string[];
}

export type Question =
  | { readonly ask: 'learn'; readonly knowledge: Knowledge }
  | { ask: 'receipts' };

let knowledge: Knowledge | undefined;
let hasRefused = false;
const receipts: Receipt[] = [];

const server = createServer((request, response) => {
  receive(request, response).catch(() => response.destroy());
});
process.on('disconnect', () => process.exit());
process.on('message', (question: Question) => {
  if (question.ask === 'learn') knowledge = question.knowledge;
  process.send?.(receipts);
});
listen().catch((error: unknown) => {
  console.error(error);
  process.exit(1);
});

async function listen(): Promise<void> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  process.send?.(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
}

async function receive(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  const receivedAt = performance.timeOrigin + performance.now();
  const raw = Buffer.concat(chunks);
  const problems = problemsOf(request, raw);
  const httpStatus = answer(listenerOf(request), problems);
  receipts.push({
    listener: listenerOf(request),
    event: header(request, 'hook-event'),
    deliveryId: header(request, 'hook-delivery'),
    attempt: header(request, 'hook-attempt'),
    contentType: header(request, 'content-type'),
    body: raw.toString(),
    receivedAt,
    httpStatus,
    problems,
  });
  response.writeHead(httpStatus).end();
}

function answer(listener: string, problems: readonly string[]): number {
  if (problems.length > 0) return 401;
  if (hasRefused || listener !== knowledge?.refusedOnce) return 204;
  hasRefused = true;
  return 500;
}

function problemsOf(request: IncomingMessage, raw: Buffer): readonly string[] {
  const signing = knowledge?.listeners[listenerOf(request)];
  if (!signing) return [`${request.url} belongs to no listener`];
  return [
    ...(hasHmac(request, raw, signing) ? [] : ['Hook-HMAC is wrong']),
    ...(isStandard(request, raw, signing) ? [] : ['webhook-signature is wrong']),
    ...(holdsCanary(request, raw) ? ['a canary was received'] : []),
  ];
}

/** `Hook-HMAC` is the base64 of the HMAC of the raw body. The key is the secret as it is. */
function hasHmac(request: IncomingMessage, raw: Buffer, { secret, digest }: Signing): boolean {
  const expected = createHmac(digest, secret).update(raw).digest();
  const given = Buffer.from(header(request, 'hook-hmac'), 'base64');
  return given.length === expected.length && timingSafeEqual(given, expected);
}

/** Checks `webhook-signature` as a receiver does that knows Standard Webhooks and nothing of this package. */
function isStandard(request: IncomingMessage, raw: Buffer, { secret }: Signing): boolean {
  const webhook = secret.startsWith('whsec_')
    ? new Webhook(secret)
    : new Webhook(Buffer.from(secret), { format: 'raw' });
  try {
    webhook.verify(raw, request.headers as Record<string, string>, { jsonParse: false });
    return true;
  } catch {
    return false;
  }
}

function holdsCanary({ url = '', rawHeaders }: IncomingMessage, raw: Buffer): boolean {
  const text = [url, ...rawHeaders, raw.toString()].join('\n');
  const places = [text, percentDecoded(text)];
  return (knowledge?.canaries ?? []).some((canary) =>
    places.some((place) => place.includes(canary)),
  );
}

function listenerOf({ url = '' }: IncomingMessage): string {
  return url.slice(1);
}

function header({ headers }: IncomingMessage, name: string): string {
  return String(headers[name] ?? '');
}
