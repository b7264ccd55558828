import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import type { CheckedAddress } from './checked-addresses';
import { firstOf } from './first-of';

/** The value that undici uses for the connections that it opens itself. */
const KEEP_ALIVE_DELAY_MS = 60_000;
/** The next address is tried after this time, as RFC 8305 recommends … */
const NEXT_ADDRESS_MS = 250;
/** … or sooner, so that all of them are tried within this time. */
const ALL_ADDRESSES_MS = 1_000;
/** Addresses of one name that are tried at most: the owner of a name may list any number of other people's machines. */
const MAX_ADDRESSES = 16;

/**
 * Opens a connection to the first of these addresses that accepts one. Unlike the connections of Node.js, which gives an address 250 ms, a
 * slow one is waited for until the signal is aborted.
 */
export function dial(
  addresses: readonly CheckedAddress[],
  port: number,
  signal: AbortSignal,
): Promise<Socket> {
  const tried = byTurns(addresses).slice(0, MAX_ADDRESSES);
  const delayMs = Math.min(NEXT_ADDRESS_MS, ALL_ADDRESSES_MS / Math.max(tried.length, 1));
  const starts = tried.map(
    ({ address }) =>
      (given: AbortSignal) =>
        open(address, port, given),
  );
  return firstOf(starts, { delayMs, signal, discard: (socket) => socket.destroy() });
}

async function open(host: string, port: number, signal: AbortSignal): Promise<Socket> {
  const keepAlive = { keepAlive: true, keepAliveInitialDelay: KEEP_ALIVE_DELAY_MS };
  const socket = connect({ host, port, noDelay: true, ...keepAlive });
  // Without a listener, an error before undici adds its own would end the process.
  socket.on('error', () => undefined);
  try {
    await once(socket, 'connect', { signal });
    return socket;
  } catch (error) {
    socket.destroy();
    throw error;
  }
}

/** The addresses of both families in turn, in the order of each, beginning with the family of the first. */
function byTurns(addresses: readonly CheckedAddress[]): readonly CheckedAddress[] {
  const [first] = addresses;
  const same = addresses.filter(({ family }) => family === first?.family);
  const other = addresses.filter(({ family }) => family !== first?.family);
  const paired = same.flatMap((one, n) => [one, ...other.slice(n, n + 1)]);
  return [...paired, ...other.slice(same.length)];
}
