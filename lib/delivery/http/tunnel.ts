import { type ClientRequest, request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { isIP, isIPv6, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { SecureContext } from 'node:tls';
import type { EgressProxy } from '../../options/proxy';
import type { CheckedAddress } from './checked-addresses';

interface TunnelOptions {
  readonly proxy: EgressProxy;
  readonly secureContext: SecureContext;
  readonly signal: AbortSignal;
}

/**
 * A connection through the proxy to one of the addresses. The proxy is told the address, not the name, so that it resolves nothing: its
 * answer could be another one than was checked. It may have no IPv6, or no IPv4; so one address of each family is tried.
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
    // Whatever the status is, a reply to CONNECT comes as this event.
    asked.once('connect', ({ statusCode = 0 }: IncomingMessage, socket: Duplex, head: Buffer) => {
      // Until somebody else listens.
      socket.on('error', () => undefined);
      if (statusCode < 200 || statusCode > 299) {
        socket.destroy();
        return reject(new Error(`the proxy refused the connection (HTTP ${statusCode})`));
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
    // Node.js would take it from the header `Host`.
    servername: isIP(hostname) ? '' : hostname,
    rejectUnauthorized: true,
  } as const;
  return request(options);
}

/** What goes wrong between us and the proxy is the operator's affair: the code says enough, and its address is nobody else's. */
function unreachable(error: Error): Error {
  const cause = error instanceof AggregateError ? error.errors[0] : error;
  const code: unknown = cause?.code;
  return new Error(`the proxy cannot be reached${typeof code === 'string' ? ` (${code})` : ''}`);
}
