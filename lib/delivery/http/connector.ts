import { isIP, type Socket } from 'node:net';
import type { SecureContext } from 'node:tls';
import { buildConnector } from 'undici';
import type { EgressProxy } from '../../options/proxy';
import { portOf } from '../../recipient/hosts';
import type { RecipientPolicy } from '../../recipient/policy';
import { type CheckedAddress, checkAddress, checkedAddresses } from './checked-addresses';
import { dial } from './dial';
import { Trouble } from './trouble';
import { tunnelTo } from './tunnel';

/** How requests leave. */
export interface Route {
  readonly proxy: EgressProxy | null;
  readonly secureContext: SecureContext;
}

/** The request that a connection is opened for. It calls `abandon` when it does not need the connection any more. */
export interface ConnectionOwner {
  abandon: ((reason: Error) => void) | undefined;
}

/** For a connection without an owner. Any other connection is abandoned when the time of its owner is over. */
const CONNECT_TIMEOUT_MS = 10_000;

/**
 * Opens connections for undici, to addresses that the policy allows. The name is resolved once, each address is checked, and one of the
 * checked addresses is connected to, directly or through the proxy. TLS is always verified for the name; environment variables such as
 * NODE_TLS_REJECT_UNAUTHORIZED do not change that.
 */
export class Connector {
  readonly #encrypt: buildConnector.connector;
  readonly #opening = new Set<AbortController>();
  #owner: ConnectionOwner | undefined;

  constructor(
    private readonly policy: RecipientPolicy,
    private readonly route: Route,
  ) {
    const { secureContext } = route;
    this.#encrypt = buildConnector({ secureContext, rejectUnauthorized: true, timeout: 0 });
  }

  /** A connection that `dispatch` starts to open is closed when its owner abandons it; undici alone would continue to open it. */
  ownedBy(owner: ConnectionOwner, dispatch: () => void): void {
    this.#owner = owner;
    try {
      dispatch();
    } finally {
      this.#owner = undefined;
    }
  }

  readonly connect: buildConnector.connector = (to, callback) => {
    const opening = new AbortController();
    this.#opening.add(opening);
    const stopTimer = this.#limit(opening);
    const { signal } = opening;
    const settle = (...result: Parameters<typeof callback>): boolean => {
      if (!this.#opening.delete(opening)) return false;
      stopTimer();
      callback(...result);
      return true;
    };
    signal.addEventListener('abort', () => settle(signal.reason, null), { once: true });
    this.#open(to, signal).then(
      (socket) => {
        if (!settle(null, socket)) socket.destroy();
      },
      (error: Error) => settle(error, null),
    );
  };

  /** Aborts the connections that are being opened. */
  close(): void {
    for (const opening of this.#opening) opening.abort(new Trouble('the client was closed'));
  }

  /** A connection without an owner gets a time limit of its own. Returns a function that ends the limit. */
  #limit(opening: AbortController): () => void {
    const abandon = (reason: Error): void => {
      // An open connection belongs to undici.
      if (this.#opening.has(opening)) opening.abort(reason);
    };
    if (this.#owner) this.#owner.abandon = abandon;
    if (this.#owner) return () => undefined;
    const late = () => abandon(new Trouble('the connection timed out'));
    const timer = setTimeout(late, CONNECT_TIMEOUT_MS);
    return () => clearTimeout(timer);
  }

  async #open(to: buildConnector.Options, signal: AbortSignal): Promise<Socket> {
    const origin = new URL(`${to.protocol}//${to.host}`);
    const port = portOf(origin);
    const addresses = await checkedAddresses(this.policy, origin, to.hostname);
    signal.throwIfAborted();
    const { proxy, secureContext } = this.route;
    const socket = proxy
      ? await tunnelTo(addresses, port, { proxy, secureContext, signal })
      : await this.#dialled(origin, addresses, signal);
    return to.protocol === 'https:' ? this.#encrypted(to, socket, signal) : socket;
  }

  async #dialled(
    origin: URL,
    addresses: readonly CheckedAddress[],
    signal: AbortSignal,
  ): Promise<Socket> {
    const socket = await dial(addresses, portOf(origin), signal);
    try {
      this.#checkPeer(socket, origin, addresses);
      return socket;
    } catch (error) {
      socket.destroy();
      throw error;
    }
  }

  /** Checks the address that the operating system has connected to. For 0.0.0.0, for example, that is 127.0.0.1. */
  #checkPeer({ remoteAddress }: Socket, origin: URL, addresses: readonly CheckedAddress[]): void {
    if (remoteAddress === undefined) throw new Trouble('the connection was lost');
    if (addresses.some(({ address }) => address === remoteAddress)) return;
    checkAddress(this.policy, origin, remoteAddress);
  }

  #encrypted(to: buildConnector.Options, socket: Socket, signal: AbortSignal): Promise<Socket> {
    const servername = isIP(to.hostname) ? '' : to.hostname.replace(/\.$/, '');
    return new Promise((resolve, reject) => {
      signal.addEventListener('abort', () => socket.destroy(), { once: true });
      this.#encrypt({ ...to, servername, httpSocket: socket }, (error, encrypted) => {
        if (encrypted) return resolve(encrypted);
        socket.destroy();
        return reject(error);
      });
    });
  }
}
