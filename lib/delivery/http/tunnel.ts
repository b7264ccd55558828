import { once } from 'node:events';
import { type ClientRequest, request as httpRequest, type IncomingMessage } from 'node:http';
import { isIP, isIPv6, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { connect, type SecureContext } from 'node:tls';
import type { EgressProxy } from '../../options/proxy';
import { type CheckedAddress, resolve } from './checked-addresses';
import { dial } from './dial';
import { firstOf } from './first-of';
import { codeOf, errorsOf, Trouble } from './trouble';

interface TunnelOptions {
  readonly proxy: EgressProxy;
  readonly secureContext: SecureContext;
  readonly signal: AbortSignal;
}

/** Another family is tried if the proxy has not connected to the first one after this time. */
const NEXT_FAMILY_MS = 1_000;

/**
 * Opens a connection through the proxy to one of the addresses. The proxy gets the address and not the name, because it could resolve the
 * name to an address that was not checked. The proxy may lack IPv6 or IPv4, so one address of each family is tried.
 */
export async function tunnelTo(
  addresses: readonly CheckedAddress[],
  port: number,
  options: TunnelOptions,
): Promise<Socket> {
  const starts = onePerFamily(addresses).map((address) => {
    const authority = `${isIPv6(address) ? `[${address}]` : address}:${port}`;
    return (signal: AbortSignal) => tunnel(authority, { ...options, signal });
  });
  const discard = (socket: Socket) => socket.destroy();
  return firstOf(starts, { delayMs: NEXT_FAMILY_MS, signal: options.signal, discard });
}

function onePerFamily(addresses: readonly CheckedAddress[]): readonly string[] {
  const first = new Map<number, string>();
  for (const { address, family } of addresses) if (!first.has(family)) first.set(family, address);
  return [...first.values()];
}

async function tunnel(authority: string, options: TunnelOptions): Promise<Socket> {
  const connection = await toProxy(options).catch((error: unknown) => {
    throw unreachable(error);
  });
  return connected(authority, connection, options);
}

/** An open connection to the proxy. No policy applies to its address. */
async function toProxy({ proxy, secureContext, signal }: TunnelOptions): Promise<Socket> {
  const { hostname, port, isSecure } = proxy;
  const addresses = isIP(hostname) ? [hostname] : await resolve(undefined, hostname);
  const checked = addresses.map((address) => ({ address, family: isIP(address) }));
  const socket = await dial(checked, port, signal);
  if (!isSecure) return socket;
  const servername = isIP(hostname) ? '' : hostname;
  const secure = connect({
    socket,
    host: hostname,
    servername,
    secureContext,
    rejectUnauthorized: true,
  });
  secure.on('error', () => undefined);
  try {
    await once(secure, 'secureConnect', { signal });
    return secure;
  } catch (error) {
    secure.destroy();
    throw error;
  }
}

/** Asks the proxy for a connection to the recipient, on the connection to the proxy. */
function connected(authority: string, connection: Socket, options: TunnelOptions): Promise<Socket> {
  return new Promise((opened, reject) => {
    const asked = ask(authority, connection, options);
    // Each reply to CONNECT is this event, also one with an error status.
    asked.once('connect', ({ statusCode = 0 }: IncomingMessage, socket: Duplex, head: Buffer) => {
      // Without a listener, an error before undici adds its own would end the process.
      socket.on('error', () => undefined);
      if (statusCode < 200 || statusCode > 299) {
        socket.destroy();
        return reject(new Trouble(`the proxy refused the connection (HTTP ${statusCode})`));
      }
      if (head.length > 0) socket.unshift(head);
      return opened(socket as Socket);
    });
    asked.on('error', (error) => {
      connection.destroy();
      reject(unreachable(error));
    });
    asked.end();
  });
}

function ask(
  authority: string,
  connection: Socket,
  { proxy: { authorization }, signal }: TunnelOptions,
): ClientRequest {
  return httpRequest({
    method: 'CONNECT',
    path: authority,
    headers: {
      host: authority,
      connection: 'keep-alive',
      ...(authorization !== null && { 'proxy-authorization': authorization }),
    },
    createConnection: () => connection,
    signal,
  });
}

/** The error code only. The message would hold the address of the proxy, which listeners' owners must not see. */
function unreachable(error: unknown): Error {
  const [first = error] = errorsOf(error);
  const code = codeOf(first);
  return new Trouble(`the proxy cannot be reached${code === null ? '' : ` (${code})`}`);
}
