import type { buildConnector } from 'undici';
import { Starts, WatchedConnection } from './connection';

/** Twice the largest value of `maxResponseBytes`. */
const MAX_RECEIVED_BYTES = 33_554_432;

/**
 * Wraps a connector, and closes a connection on which more bytes arrive for one request than any reply needs. The parser skips reason
 * phrases, empty lines and chunk extensions; these count as neither headers nor body, so they could arrive until the time-out.
 */
export function cappedConnector(
  connect: buildConnector.connector,
  maxBytes = MAX_RECEIVED_BYTES,
  starts = new Starts(),
): buildConnector.connector {
  return (options, callback) =>
    connect(options, (...connected) => {
      const [error, socket] = connected;
      if (error === null) new WatchedConnection(socket, starts, maxBytes);
      callback(...connected);
    });
}
