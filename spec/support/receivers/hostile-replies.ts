import {
  CHUNKED,
  type Endpoint,
  failing,
  type Hostile,
  OK,
  PROTOCOL,
  replying,
  succeeding,
} from './hostile-endpoints';
import { onRequests } from './raw-server';

const LENGTH = /length does not match/;
// The error depends on what is read first.
const HUNG_UP = /ECONNRESET|EPIPE|closed/;
const REPLY = `${OK}Content-Length: 2\r\n\r\n{}`;
const EMPTY = 'Content-Length: 0\r\n\r\n';

function replyingLast(reply: string): Endpoint {
  return (socket) => onRequests(socket, () => socket.end(reply));
}

function resettingAfter(reply: string): Endpoint {
  return (socket) =>
    onRequests(socket, () =>
      socket.write(reply, () => setImmediate(() => socket.resetAndDestroy())),
    );
}

const BROKEN_OFF = failing(HUNG_UP, {
  'a reset at once': (socket) => socket.resetAndDestroy(),
  'nothing, and hangs up': (socket) => socket.end(),
  'a reset after the request': resettingAfter(''),
  'a reset after its status line': resettingAfter(OK),
  'a reset within its headers': resettingAfter(`${OK}X-A: b`),
});

/** The recipient has answered once its status is known, whatever happens to the body. */
const BROKEN_BODIES = [
  ...succeeding({
    'a reset within its body': resettingAfter(`${OK}Content-Length: 9\r\n\r\n{}`),
    'a reset within a chunk': resettingAfter(`${CHUNKED}9\r\n{}`),
    'half a body, and hangs up': replyingLast(`${OK}Content-Length: 9\r\n\r\n{}`),
    'half a chunk, and hangs up': replyingLast(`${CHUNKED}9\r\n{}`),
    'a chunk size that is no number': replying(`${CHUNKED}xyz\r\n{}\r\n0\r\n\r\n`),
    'a chunk that is too long': replying(`${CHUNKED}1\r\n{}\r\n0\r\n\r\n`),
    'one length twice': replying(`${OK}Content-Length: 2\r\nContent-Length: 2\r\n\r\n{}`),
    'one length in a list': replying(`${OK}Content-Length: 2, 2\r\n\r\n{}`),
    'a length and chunks': replying(
      `${OK}Content-Length: 9\r\n${CHUNKED.slice(OK.length)}0\r\n\r\n`,
    ),
  }),
  ...[204, 205].flatMap((httpStatus) =>
    succeeding({
      [`a ${httpStatus} with a body`]: replyingLast(lengthy(httpStatus)),
      [`a ${httpStatus} with a length of 0`]: replying(`HTTP/1.1 ${httpStatus} A\r\n${EMPTY}`),
      [`a ${httpStatus} with a length and no body`]: replyingLast(lengthy(httpStatus, '')),
    }).map((hostile) => ({ ...hostile, httpStatus })),
  ),
  ...[304, 500].flatMap((httpStatus) =>
    failing(new RegExp(`^HTTP ${httpStatus}$`), {
      [`a ${httpStatus} with a body`]: replyingLast(lengthy(httpStatus)),
      [`a ${httpStatus} with less than its length`]: replyingLast(lengthy(httpStatus, 'x')),
    }).map((hostile) => ({ ...hostile, httpStatus })),
  ),
];

function lengthy(httpStatus: number, body = 'hello'): string {
  return `HTTP/1.1 ${httpStatus} A\r\nContent-Length: 5\r\n\r\n${body}`;
}

const PROCESSING = 'HTTP/1.1 102 A\r\nX-A: b\r\n\r\n';
const CONTINUE = 'HTTP/1.1 100 Continue\r\n\r\n';

/** Replies that come before the reply. */
const HINTS = succeeding({
  'a 100 before the reply': replying(`${CONTINUE}${REPLY}`),
  'a 100 on its own, then the reply': replyingInParts(CONTINUE, REPLY),
  'several 100s before the reply': replying(`${CONTINUE.repeat(3)}${REPLY}`),
  'a 100 with headers before the reply': replying(
    `HTTP/1.0 100 A\r\nX-A: b\r\nX-C: d\r\n\r\n${REPLY}`,
  ),
  'a 100 without a reason': replying(`HTTP/1.1 100\r\n\r\n${REPLY}`),
  'a 102 before the reply': replying(`${PROCESSING}${REPLY}`),
  'a 103, a 100 and a 102 before the reply': replying(
    `HTTP/1.1 103 A\r\nLink: a\r\n\r\n${CONTINUE}${PROCESSING}${REPLY}`,
  ),
  'a 100 and the reply in single bytes': replyingInParts(...`${CONTINUE}${REPLY}`),
});

function replyingInParts(...parts: readonly string[]): Endpoint {
  return (socket) =>
    onRequests(socket, async () => {
      for (const part of parts) await new Promise((sent) => socket.write(part, sent));
    });
}

const LIES = [
  ...failing(PROTOCOL, {
    'a negative length': replying(`${OK}Content-Length: -1\r\n\r\n{}`),
  }),
  ...failing(LENGTH, {
    'a length beyond all numbers': replying(`${OK}Content-Length: ${'9'.repeat(99)}\r\n\r\n{}`),
    'two lengths': replying(`${OK}Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}x`),
    'a list of lengths': replying(`${OK}Content-Length: 2, 3\r\n\r\n{}x`),
  }),
];

const UPGRADE = 'HTTP/1.1 101 A\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n';
const ANY_BYTES = Buffer.from(Array.from({ length: 999 }, (_, n) => (n * 7) % 256));

const OTHER_PROTOCOLS = [
  ...failing(/^bad upgrade$/, { 'an upgrade': replying(UPGRADE) }),
  ...failing(/^HTTP \d+ is no answer$/, {
    'HTTP 101': replying('HTTP/1.1 101 A\r\n\r\n'),
    'HTTP 099': replying(`HTTP/1.1 099 A\r\n${EMPTY}`),
    'HTTP 000': replying(`HTTP/1.1 000 A\r\n${EMPTY}`),
  }),
  ...failing(PROTOCOL, {
    'HTTP 20': replying(`HTTP/1.1 20 A\r\n${EMPTY}`),
    'HTTP 2000': replying(`HTTP/1.1 2000 A\r\n${EMPTY}`),
    'HTTP abc': replying(`HTTP/1.1 abc A\r\n${EMPTY}`),
    'HTTP/9.9': replying(`HTTP/9.9 200 OK\r\n${EMPTY}`),
    'HTTP/0.9': replyingLast('<html>hello'),
    'the preface of HTTP/2': replying('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'),
    'frames of HTTP/2': replying(Buffer.from('000000040000000000', 'hex')),
    SMTP: (socket) => socket.write('220 mail ESMTP\r\n'),
    'any bytes': replying(ANY_BYTES),
    'a NUL in a header': replying(`${OK}X-A: a\0b\r\n${EMPTY}`),
    'a line break in a header': replying(`${OK}X-A: a\r\n b\r\n${EMPTY}`),
    'lines without carriage returns': replying('HTTP/1.1 200 OK\nContent-Length: 0\n\n'),
  }),
];

const ODDITIES = succeeding({
  'a reply before the request': (socket) => socket.write(REPLY),
  'a reply, then a reset': resettingAfter(REPLY),
  'a reply, then garbage': replying(`${REPLY}garbage`),
  'a body that ends with the connection': replyingLast(`${OK}\r\n{}`),
  'a hint before the reply': replying(`HTTP/1.1 103 A\r\n\r\n${REPLY}`),
});

/** Replies that end at once. */
export const SUDDEN: readonly Hostile[] = [
  ...BROKEN_OFF,
  ...BROKEN_BODIES,
  ...HINTS,
  ...LIES,
  ...OTHER_PROTOCOLS,
  ...ODDITIES,
];
