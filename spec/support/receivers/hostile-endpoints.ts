import type { Socket } from 'node:net';
import { gzipSync } from 'node:zlib';
import { drip, onRequests, pour } from './raw-server';

export type Endpoint = (socket: Socket) => unknown;

/** An endpoint and the result of a delivery to it without retries. */
export interface Hostile {
  readonly name: string;
  readonly endpoint: Endpoint;
  readonly status: 'done' | 'failed';
  readonly reason?: RegExp;
  readonly httpStatus?: number;
}

export const OK = 'HTTP/1.1 200 OK\r\n';
export const CHUNKED = `${OK}Transfer-Encoding: chunked\r\n\r\n`;
export const DEADLINE = /^no complete reply within \d+ ms$/;
export const PROTOCOL = /HTTP\/1\.1 protocol/;
const OVERFLOW = /Headers Overflow/;
const CAP = /^more than \d+ bytes came$/;
const INFORMATIONAL = /^more than 32 informational replies came$/;
const BLOCK = 'x'.repeat(65_536);

export function replying(reply: string | Buffer): Endpoint {
  return (socket) => onRequests(socket, () => socket.write(reply));
}

export function failing(
  reason: RegExp,
  endpoints: Readonly<Record<string, Endpoint>>,
): readonly Hostile[] {
  return Object.entries(endpoints).map(([name, endpoint]) => {
    return { name, endpoint, status: 'failed', reason };
  });
}

export function succeeding(endpoints: Readonly<Record<string, Endpoint>>): readonly Hostile[] {
  return Object.entries(endpoints).map(([name, endpoint]) => {
    return { name, endpoint, status: 'done', httpStatus: 200 };
  });
}

function dripping(text: string, again = 'x'): Endpoint {
  return (socket) => onRequests(socket, () => drip(socket, text, 2, again));
}

function flooding(head: string, again: string): Endpoint {
  return (socket) =>
    onRequests(socket, () => {
      socket.write(head);
      pour(socket, () => again);
    });
}

/** Replies that never end by themselves. */
export const SLOW: readonly Hostile[] = failing(DEADLINE, {
  'says nothing': (socket) => socket.resume(),
  'drips its headers': dripping(`${OK}X-A: `),
  'drips the headers of a reply before the reply': dripping('HTTP/1.1 102 A\r\nX-A: '),
  'drips its body': dripping(`${OK}Content-Length: 99999\r\n\r\n`),
  'drips chunks': dripping(CHUNKED, '1\r\nx\r\n'),
  'promises a longer body': replying(`${OK}Content-Length: 9\r\n\r\nhalf`),
  'names an unknown coding': replying(`${OK}Transfer-Encoding: a\r\n\r\n{}`),
});

export const FLOODS: readonly Hostile[] = [
  ...failing(OVERFLOW, {
    'headers without end': flooding(OK, 'X-A: b\r\n'.repeat(999)),
    'one header without end': flooding(`${OK}X-A: `, BLOCK),
  }),
  ...failing(CAP, {
    'a reason phrase without end': flooding('HTTP/1.1 200 ', BLOCK),
    'empty lines without end': flooding('', '\r\n'.repeat(32_768)),
  }),
  ...succeeding({
    'trailers without end': flooding(`${CHUNKED}0\r\n`, 'X-A: b\r\n'.repeat(999)),
    'a chunk extension without end': flooding(`${CHUNKED}1;a=`, BLOCK),
    'zeros for a chunk size': flooding(CHUNKED, '0'.repeat(65_536)),
    'a chunk size without end': flooding(CHUNKED, 'f'.repeat(65_536)),
  }),
  ...failing(/^more than \d+ bytes came before a reply$/, {
    'one informational reply without end': flooding('HTTP/1.1 103 A\r\n', 'X-A: b\r\n'.repeat(999)),
  }),
  ...failing(INFORMATIONAL, {
    '100 Continue without end': flooding('', 'HTTP/1.1 100 A\r\n\r\n'.repeat(99)),
    '102 Processing without end': flooding('', 'HTTP/1.1 102 A\r\n\r\n'.repeat(99)),
    '103 Early Hints without end': flooding('', 'HTTP/1.1 103 A\r\nX-A: b\r\n\r\n'.repeat(99)),
  }),
];

/** A reply that is too long counts as a reply. */
export const LONG: readonly Hostile[] = succeeding({
  'chunks without end': flooding(CHUNKED, `10000\r\n${BLOCK}\r\n`),
  'a body without length or end': flooding(`${OK}\r\n`, BLOCK),
  'a body of a terabyte': flooding(`${OK}Content-Length: 1099511627776\r\n\r\n`, BLOCK),
  'a gzip bomb': replying(gzipBomb()),
});

/** 64 MB that are compressed to 64 kB. */
export function gzipBomb(): Buffer {
  const body = gzipSync(Buffer.alloc(67_108_864));
  const head = `${OK}Content-Encoding: gzip\r\nContent-Length: ${body.length}\r\n\r\n`;
  return Buffer.concat([Buffer.from(head), body]);
}
