import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type IncomingMessage } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import { type AddressInfo, connect, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Certificate } from './certificates';

export interface Tunnelled {
  /** The requested authority, such as `203.0.113.7:443`. */
  readonly authority: string;
  readonly headers: IncomingHttpHeaders;
}

export interface ConnectProxy {
  readonly host: string;
  readonly asked: Tunnelled[];
  /** Number of open connections to the proxy. */
  readonly open: ReadonlySet<Socket>;
  /** A second call has no effect. */
  close(): Promise<void>;
}

export interface ConnectProxyOptions {
  readonly certificate?: Certificate;
  /** The effect of a request for an authority: a connection to a loopback port, a refusal with a status, or no answer. */
  readonly leads: (
    authority: string,
  ) => { readonly port: number } | { readonly status: number } | null;
}

/** A real proxy for CONNECT only. All addresses behind it lead to loopback. */
export async function startConnectProxy(options: ConnectProxyOptions): Promise<ConnectProxy> {
  const { certificate, leads } = options;
  const asked: Tunnelled[] = [];
  const open = new Set<Socket>();
  const server = certificate ? createSecureServer(certificate) : createServer();
  server.on('connection', (socket: Socket) => {
    open.add(socket);
    socket.on('close', () => open.delete(socket)).on('error', () => undefined);
  });
  server.on('connect', ({ url = '', headers }: IncomingMessage, socket: Duplex) => {
    asked.push({ authority: url, headers });
    const way = leads(url);
    socket.on('error', () => undefined);
    if (way === null) return;
    if ('status' in way) socket.end(`HTTP/1.1 ${way.status} Refused\r\n\r\n`);
    else join(socket, way.port);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    host: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    open,
    close: async () => {
      if (!server.listening) return;
      const closed = once(server, 'close');
      server.close();
      for (const socket of open) socket.destroy();
      await closed;
    },
  };
}

function join(socket: Duplex, port: number): void {
  const onward = connect(port, '127.0.0.1', () => {
    socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
    socket.pipe(onward).pipe(socket);
  });
  onward.on('error', () => socket.destroy());
  socket.on('close', () => onward.destroy());
}
