import type { Socket } from 'node:net';
import { HttpClient, type HttpClientOptions } from '../../../lib/delivery/http/http-client';
import { ATTEMPT_DEFAULTS } from '../../../lib/options/delivery-defaults';
import { RecipientPolicy } from '../../../lib/recipient/policy';
import { type Authority, makeAuthority } from '../../support/receivers/certificates';
import { type ConnectProxy, startConnectProxy } from '../../support/receivers/connect-proxy';
import { onRequests, type RawServer, startRawServer } from '../../support/receivers/raw-server';
import { type Receiver, startReceiver } from '../../support/receivers/receiver';

const REPLY = 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n';

let client: HttpClient;
let server: RawServer | undefined;
let receiver: Receiver | undefined;
let proxy: ConnectProxy | undefined;
let authority: Authority;

beforeAll(() => {
  authority = makeAuthority();
});
afterEach(async () => {
  await client.close();
  await server?.close();
  await receiver?.close();
  await proxy?.close();
  server = receiver = proxy = undefined;
});
afterAll(() => authority.remove());

function newClient(options: Partial<HttpClientOptions> = {}): void {
  const policy = new RecipientPolicy({ ports: 'any', allow: ['127.0.0.0/8'] });
  client = new HttpClient(policy, { maxConcurrencyPerOrigin: 1, keepAlive: true, ...options });
}

function post(url: string, values: { body?: string; timeoutMs?: number } = {}) {
  const headers = { 'hook-attempt': '1' };
  const request = { method: 'POST', url: new URL(url), headers, body: '{}', ...ATTEMPT_DEFAULTS };
  return client.send({ ...request, ...values } as const);
}

/** Answers the first request of each connection; what happens to the second one is given. */
async function closing(
  second: (socket: Socket) => void,
  first: (socket: Socket, nth: number) => void = (socket) => socket.write(REPLY),
) {
  let requests = 0;
  server = await startRawServer((socket, connection) =>
    onRequests(socket, (nth) => {
      requests += 1;
      if (nth > 1) second(socket);
      else first(socket, connection);
    }),
  );
  newClient();
  return { url: server.url, requests: () => requests };
}

describe('HttpClient on a connection that the server has closed', () => {
  it.each<{ name: string; second: (socket: Socket) => void }>([
    { name: 'is reset', second: (socket) => socket.resetAndDestroy() },
    { name: 'is ended', second: (socket) => socket.end() },
    { name: 'is destroyed', second: (socket) => socket.destroy() },
    { name: 'is reset later', second: (socket) => setTimeout(() => socket.resetAndDestroy(), 50) },
    { name: 'is ended later', second: (socket) => setTimeout(() => socket.end(), 50) },
  ])(
    'A request on a used connection that $name is sent again on a fresh one',
    async ({ second }) => {
      const { url, requests } = await closing(second);
      for (let n = 0; n < 4; n += 1)
        expect(await post(url)).toMatchObject({ kind: 'answered', httpStatus: 200 });
      expect(requests()).toBeGreaterThan(4);
    },
  );

  it('A request is sent again if the connection is reset within its body', async () => {
    server = await startRawServer((socket, connection) => {
      let isFirst = true;
      if (connection === 1) {
        onRequests(socket, () => {
          isFirst = false;
          socket.write(REPLY);
        });
        socket.on('data', (data) => {
          if (!isFirst && data.length > 1_000) socket.resetAndDestroy();
        });
      } else onRequests(socket, () => socket.write(REPLY));
    });
    newClient();
    await post(server.url);
    const body = 'x'.repeat(4_000_000);
    expect(await post(server.url, { body })).toMatchObject({ kind: 'answered', httpStatus: 200 });
    expect(server.connections).toHaveLength(2);
  });

  it('A connection that was closed while it was idle makes no request fail', async () => {
    const { url } = await closing(
      () => undefined,
      (socket) => socket.write(REPLY, () => setTimeout(() => socket.end(), 5)),
    );
    for (let n = 0; n < 30; n += 1) {
      expect(await post(url)).toMatchObject({ kind: 'answered' });
      await new Promise((resolve) => setTimeout(resolve, n % 10));
    }
  });

  it('The second request is the last one', async () => {
    const { url, requests } = await closing(
      (socket) => socket.resetAndDestroy(),
      (socket, nth) => (nth === 1 ? socket.write(REPLY) : socket.resetAndDestroy()),
    );
    await post(url);
    expect(await post(url)).toMatchObject({ kind: 'unanswered' });
    expect(requests()).toBe(3);
  });

  it('A fresh connection that is reset is not tried again', async () => {
    const { url, requests } = await closing(
      () => undefined,
      (socket) => socket.resetAndDestroy(),
    );
    expect(await post(url)).toMatchObject({ kind: 'unanswered' });
    expect(requests()).toBe(1);
  });

  it('A request is not sent again if a part of the reply came', async () => {
    const { url, requests } = await closing((socket) =>
      socket.write('HTTP/1.1 2', () => setTimeout(() => socket.resetAndDestroy(), 20)),
    );
    await post(url);
    expect(await post(url)).toMatchObject({ kind: 'unanswered' });
    expect(requests()).toBe(2);
  });

  it('A request is not sent again after its time-out', async () => {
    const { url, requests } = await closing(() => undefined);
    await post(url);
    expect(await post(url, { timeoutMs: 200 })).toMatchObject({ timedOut: true });
    expect(requests()).toBe(2);
  });

  it('Both requests together take no longer than the time-out', async () => {
    const { url } = await closing(
      (socket) => setTimeout(() => socket.resetAndDestroy(), 200),
      (socket, nth) => (nth === 1 ? socket.write(REPLY) : undefined),
    );
    await post(url);
    const startedAt = performance.now();
    expect(await post(url, { timeoutMs: 600 })).toMatchObject({ timedOut: true });
    expect(performance.now() - startedAt).toBeLessThan(2_000);
  });

  it('A request is sent again over TLS and through a proxy', async () => {
    receiver = await startReceiver((_request, response, nth) => {
      if (nth === 2) response.socket?.destroy();
      else response.end();
    }, authority.issue('IP:127.0.0.1'));
    const port = Number(new URL(receiver.url).port);
    proxy = await startConnectProxy({ leads: () => ({ port }) });
    newClient({ ca: authority.pem, proxy: `http://${proxy.host}` });
    expect(await post(receiver.url)).toMatchObject({ httpStatus: 200 });
    expect(await post(receiver.url)).toMatchObject({ httpStatus: 200 });
    const sent = receiver.received.map(({ headers }) => headers['hook-attempt']);
    expect(sent).toEqual(['1', '1', '1']);
    expect(proxy.asked).toHaveLength(2);
  });
});
