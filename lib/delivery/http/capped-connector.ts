import type { Socket } from 'node:net';
import type { buildConnector } from 'undici';
import { Trouble } from './trouble';

/** Twice the largest value of `maxResponseBytes`. */
const MAX_RECEIVED_BYTES = 33_554_432;
/**
 * Size of the pieces that undici's parser gets. When headers exceed its limit, the parser still reads to the end of the piece, with an
 * error for each header. A piece of 64 kB, the most that a socket reads at once, took 80 ms.
 */
const PIECE_BYTES = 2_048;

/**
 * Wraps a connector, and closes a connection on which more bytes arrive for one request than any reply needs. The parser skips reason
 * phrases, empty lines and chunk extensions; these count as neither headers nor body, so they could arrive until the time-out.
 */
export function cappedConnector(
  connect: buildConnector.connector,
  maxBytes = MAX_RECEIVED_BYTES,
): buildConnector.connector {
  return (options, callback) =>
    connect(options, (...connected) => {
      const [error, socket] = connected;
      if (error === null) capReplies(socket, maxBytes);
      callback(...connected);
    });
}

/** undici calls `read()` until nothing is left to read. */
function capReplies(socket: Socket, maxBytes: number): void {
  const read = socket.read.bind(socket);
  let written = 0;
  let received = 0;
  socket.read = (size) => {
    if (socket.destroyed) return null;
    const piece = read(size ?? (Math.min(socket.readableLength, PIECE_BYTES) || undefined));
    if (socket.bytesWritten !== written) {
      // Another request was sent, so the count starts again.
      written = socket.bytesWritten;
      received = 0;
    }
    received += piece?.length ?? 0;
    if (received <= maxBytes) return piece;
    socket.destroy(new Trouble(`more than ${maxBytes} bytes came`));
    return null;
  };
}
