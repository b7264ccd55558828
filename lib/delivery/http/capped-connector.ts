import type { Socket } from 'node:net';
import type { buildConnector } from 'undici';

/** Twice the longest reply that may be asked for. */
const MAX_RECEIVED_BYTES = 33_554_432;
/**
 * What undici's parser gets at once. It goes on to the end of a piece whose headers are too many already, with an error for each: of
 * 64 kB, the most that a socket reads at once, this took 80 ms.
 */
const PIECE_BYTES = 2_048;

/**
 * Connects as another connector does, and ends a connection on which a single request brings more than any reply needs: what the parser
 * passes over (reason phrases, empty lines, chunk extensions) counts as neither headers nor body, and could come until the deadline.
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

/** undici reads by `read()`, again and again until nothing is left. */
function capReplies(socket: Socket, maxBytes: number): void {
  const read = socket.read.bind(socket);
  let written = 0;
  let received = 0;
  socket.read = (size) => {
    if (socket.destroyed) return null;
    const piece = read(size ?? (Math.min(socket.readableLength, PIECE_BYTES) || undefined));
    if (socket.bytesWritten !== written) {
      // Another request was sent: its reply may be as long again.
      written = socket.bytesWritten;
      received = 0;
    }
    received += piece?.length ?? 0;
    if (received <= maxBytes) return piece;
    socket.destroy(new Error(`more than ${maxBytes} bytes came`));
    return null;
  };
}
