import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createServer, type LookupFunction, type Server, type Socket } from 'node:net';
import { HttpClient } from '../../../lib/delivery/http/http-client';
import type { RecipientOptions } from '../../../lib/options/delivery';
import { ATTEMPT_DEFAULTS } from '../../../lib/options/delivery-defaults';
import { RecipientPolicy } from '../../../lib/recipient/policy';

const TIMEOUT_MS = 100;

/** Takes connections and says nothing, whatever it is asked. */
let silent: Server;
let connected: Promise<Socket>;
let client: HttpClient;
let maxConcurrencyPerOrigin: number;

beforeEach(async () => {
  silent = createServer();
  connected = once(silent, 'connection').then(([socket]) => (socket as Socket).resume());
  silent.listen(0, '127.0.0.1');
  await once(silent, 'listening');
});
afterEach(async () => {
  await client.close();
  silent.close();
});

const at = (): string => `127.0.0.1:${(silent.address() as AddressInfo).port}`;

function clientOf(recipients: RecipientOptions = {}, proxy: string | null = null): HttpClient {
  const policy = new RecipientPolicy({ ports: 'any', allow: ['127.0.0.0/8'], ...recipients });
  client = new HttpClient(policy, { maxConcurrencyPerOrigin, keepAlive: true, proxy });
  return client;
}

const post = (url: string, timeoutMs = TIMEOUT_MS) =>
  client.send({
    method: 'POST',
    url: new URL(url),
    headers: {},
    body: '{}',
    ...ATTEMPT_DEFAULTS,
    timeoutMs,
  });

const late = {
  kind: 'unanswered',
  reason: `no complete reply within ${TIMEOUT_MS} ms`,
  timedOut: true,
};

// Of one connection, undici makes a client; of more, a pool of them.
describe.each([1, 32])('HttpClient at a deadline with %i connections', (connections) => {
  beforeEach(() => {
    maxConcurrencyPerOrigin = connections;
  });

  it.each<{ stage: string; url: () => string; proxy?: () => string }>([
    { stage: 'waits for a TLS handshake', url: () => `https://${at()}` },
    { stage: 'waits for a reply', url: () => `http://${at()}` },
    {
      stage: 'waits for a proxy to connect',
      url: () => 'http://8.8.8.8',
      proxy: () => `http://${at()}`,
    },
    {
      stage: 'waits for the TLS handshake of a proxy',
      url: () => 'https://8.8.8.8',
      proxy: () => `https://${at()}`,
    },
  ])('A time-out ends the connection of a request that $stage', async ({ url, proxy }) => {
    clientOf({}, proxy?.() ?? null);
    const [reply, socket] = await Promise.all([post(url()), connected]);
    expect(reply).toEqual(late);
    if (!socket.closed) await once(socket, 'close');
  });

  it('A resolver that answers after the time-out opens no connection', async () => {
    let answer: () => void = () => undefined;
    const lookup: LookupFunction = (_hostname, _options, callback) => {
      answer = () => callback(null, [{ address: '127.0.0.1', family: 4 }]);
    };
    const url = `http://hooks.example:${(silent.address() as AddressInfo).port}`;
    clientOf({ lookup });
    expect(await post(url)).toEqual(late);
    const reached = jest.fn();
    silent.on('connection', reached);
    answer();
    // The next connection that arrives is one that was begun after it.
    clientOf();
    await post(`http://${at()}`);
    expect(reached).toHaveBeenCalledTimes(1);
  });

  it('A time-out frees the place at the origin for the next request', async () => {
    clientOf();
    const url = `https://${at()}`;
    const first = await post(url);
    const second = await post(url, TIMEOUT_MS + 1);
    expect(first).toEqual(late);
    expect(second).toEqual({
      kind: 'unanswered',
      reason: `no complete reply within ${TIMEOUT_MS + 1} ms`,
      timedOut: true,
    });
  });

  it('A request that is connecting ends at once if the client is closed', async () => {
    clientOf();
    const reply = post(`https://${at()}`, 60_000);
    const socket = await connected;
    await client.close();
    expect(await reply).toMatchObject({ kind: 'unanswered' });
    if (!socket.closed) await once(socket, 'close');
  });
});
