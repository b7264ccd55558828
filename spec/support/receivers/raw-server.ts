import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';

/** What a server without an HTTP library does with a connection. */
export interface RawServer {
  readonly port: number;
  readonly url: string;
  /** All connections until now. */
  readonly connections: Socket[];
  close(): Promise<void>;
}

export async function startRawServer(
  connected: (socket: Socket, nth: number) => void,
  { server = createServer(), host = '127.0.0.1' }: { server?: Server; host?: string } = {},
): Promise<RawServer> {
  const connections: Socket[] = [];
  server.on('connection', (socket: Socket) => {
    // The other side may hang up.
    socket.on('error', () => undefined);
    connected(socket, connections.push(socket));
  });
  server.listen(0, host);
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    port,
    url: `http://${host}:${port}`,
    connections,
    close: async () => {
      const closed = once(server, 'close');
      server.close();
      for (const socket of connections) socket.destroy();
      await closed;
    },
  };
}

/** Calls back for each complete request on a connection. */
export function onRequests(socket: Socket, came: (nth: number) => void): void {
  let text = '';
  let nth = 0;
  socket.on('data', (data) => {
    text += data.toString('latin1');
    for (let length = requestLength(text); length !== null; length = requestLength(text)) {
      text = text.slice(length);
      nth += 1;
      came(nth);
    }
  });
}

function requestLength(text: string): number | null {
  const end = text.indexOf('\r\n\r\n');
  if (end < 0) return null;
  const body = Number(/^content-length: (\d+)/im.exec(text.slice(0, end))?.[1] ?? 0);
  return text.length < end + 4 + body ? null : end + 4 + body;
}

/** Repeats a text as fast as it is read until the other side hangs up. */
export function pour(socket: Socket, next: () => string | Buffer): void {
  const more = () => {
    while (!socket.destroyed && socket.write(next()));
  };
  socket.on('drain', more);
  more();
}

/** Writes a text byte by byte, and then `again` repeatedly until the other side hangs up. */
export function drip(socket: Socket, text: string, everyMs = 5, again = text): void {
  let left = text;
  const timer = setInterval(() => {
    socket.write(left.slice(0, 1));
    left = left.slice(1) || again;
  }, everyMs);
  socket.on('close', () => clearInterval(timer));
}
