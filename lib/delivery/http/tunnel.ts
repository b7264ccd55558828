import { type ClientRequest, request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { isIP, isIPv6, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { SecureContext } from 'node:tls';
import type { EgressProxy } from '../../options/proxy';
import type { CheckedAddress } from './checked-addresses';
import { codeOf, Trouble } from './trouble';

interface TunnelOptions {
  readonly proxy: EgressProxy;
  readonly secureContext: SecureContext;
  readonly signal: AbortSignal;
}

/**
 * Opens a connection through the proxy to one of the addresses. The proxy gets the address and not the name, because it could resolve the
 * name to an address that was not checked. The proxy may lack IPv6 or IPv4, so one address of each family is tried.
 */
export async function tunnelTo(
  addresses: readonly CheckedAddress[],
  port: number,
  options: TunnelOptions,
): Promise<Socket> {
  let refusal: unknown;
  for (const address of onePerFamily(addresses)) {
    options.signal.throwIfAborted();
    try {
      return await tunnel(`${isIPv6(address) ? `[${address}]` : address}:${port}`, options);
    } catch (error) {
      refusal ??= error;
    }
  }
  throw refusal;
}

function onePerFamily(addresses: readonly CheckedAddress[]): readonly string[] {
  const first = new Map<number, string>();
  for (const { address, family } of addresses) if (!first.has(family)) first.set(family, address);
  return [...first.values()];
}

function tunnel(authority: string, options: TunnelOptions): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const asked = ask(authority, options);
    // Each reply to CONNECT is this event, also one with an error status.
    asked.once('connect', ({ statusCode = 0 }: IncomingMessage, socket: Duplex, head: Buffer) => {
      // Without a listener, an error before undici adds its own would end the process.
      socket.on('error', () => undefined);
      if (statusCode < 200 || statusCode > 299) {
        socket.destroy();
        return reject(new Trouble(`the proxy refused the connection (HTTP ${statusCode})`));
      }
      if (head.length > 0) socket.unshift(head);
      return resolve(socket as Socket);
    });
    asked.on('error', (error) => reject(unreachable(error)));
    asked.end();
  });
}

function ask(authority: string, { proxy, secureContext, signal }: TunnelOptions): ClientRequest {
  const { hostname, port, authorization, isSecure } = proxy;
  const request = isSecure ? httpsRequest : httpRequest;
  const options = {
    method: 'CONNECT',
    host: hostname,
    port,
    path: authority,
    headers: {
      host: authority,
      connection: 'keep-alive',
      ...(authorization !== null && { 'proxy-authorization': authorization }),
    },
    agent: false,
    signal,
    secureContext,
    // By default Node.js takes it from the header `Host`, which names the recipient.
    servername: isIP(hostname) ? '' : hostname,
    rejectUnauthorized: true,
  } as const;
  return request(options);
}

/** The error code only. The message would hold the address of the proxy, which listeners' owners must not see. */
function unreachable(error: Error): Error {
  const cause = error instanceof AggregateError ? error.errors[0] : error;
  const code = codeOf(cause);
  return new Trouble(`the proxy cannot be reached${code === null ? '' : ` (${code})`}`);
}
