import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createServer, type Server, type Socket } from 'node:net';
import { Flow } from '../../support/application/flow';
import { outcomes } from '../../support/application/waiting';
import { answering, headers } from '../../support/receivers/answers';
import { startReceiver } from '../../support/receivers/receiver';

const SOON = { retryDelayMs: 20, retryFactor: 2, jitter: 0, timeoutMs: 300 };

let flow: Flow;
const endpoints: Endpoint[] = [];

beforeAll(async () => {
  flow = await Flow.start({ attach: { sweepMs: 100 } });
});
afterEach(async () => {
  await flow.clear();
  for (const endpoint of endpoints.splice(0)) await endpoint.close();
});
afterAll(() => flow?.stop());

/** What an endpoint does with the connection, once the request began. */
const TROUBLE: readonly {
  readonly name: string;
  readonly reason: RegExp;
  readonly behave: (socket: Socket) => void;
}[] = [
  { name: 'hangs', reason: /no complete reply within 300 ms/, behave: () => undefined },
  {
    name: 'drips its head',
    reason: /no complete reply within 300 ms/,
    behave: drip('HTTP/1.1 200 OK\r\nx-drip: '),
  },
  {
    name: 'drips its body',
    reason: /no complete reply within 300 ms/,
    behave: drip('HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n'),
  },
  {
    name: 'speaks something else than HTTP',
    reason: /./,
    behave: (socket) => socket.end('220 mail.example.com ESMTP\r\n'),
  },
  { name: 'resets the connection', reason: /./, behave: (socket) => socket.resetAndDestroy() },
  { name: 'hangs up', reason: /./, behave: (socket) => socket.end() },
  {
    name: 'hangs up in the middle of a head',
    reason: /./,
    behave: (socket) => socket.end('HTTP/1.1 200 OK\r\ncontent-le'),
  },
];

describe('an endpoint', () => {
  it.each(TROUBLE)(
    'A delivery to an endpoint that $name is retried, then failed',
    async ({ behave, reason }) => {
      const endpoint = await startEndpoint(behave);
      const delivery = { ...SOON, retries: 2 };
      const { id } = await flow.listenAt(endpoint.url, { delivery });
      const ended = outcomes(flow.hooks, 3, ({ listenerId }) => listenerId === id);
      await flow.savePeople(1);
      expect((await ended).map(({ status }) => status)).toEqual(['retrying', 'retrying', 'failed']);
      const failed = await flow.deliveryOf(id);
      expect(failed).toMatchObject({
        status: 'failed',
        attempt: 3,
        httpStatus: null,
        nextAt: null,
      });
      expect(failed.reason).toMatch(reason);
      expect(failed.attempts.map(({ number }) => number)).toEqual([1, 2, 3]);
    },
  );

  it('A delivery to an endpoint that refuses connections arrives when it is back', async () => {
    const { url, close } = await startReceiver();
    await close();
    const { id } = await flow.listenAt(url, { delivery: { ...SOON, retries: 1_000 } });
    const refused = outcomes(flow.hooks, 2, ({ status }) => status === 'retrying');
    const done = outcomes(flow.hooks, 1, ({ status }) => status === 'done');
    await flow.savePeople(1);
    expect((await refused)[0]?.reason).toMatch(/ECONNREFUSED/);
    await startEndpoint(
      (socket) => socket.end('HTTP/1.1 204 No Content\r\nconnection: close\r\n\r\n'),
      Number(new URL(url).port),
    );
    await done;
    const { attempt, attempts } = await flow.deliveryOf(id);
    expect(attempts).toHaveLength(attempt);
    expect(attempts.map(({ outcome }) => outcome).filter((kind) => kind !== 'retrying')).toEqual([
      'done',
    ]);
  });

  it('A delivery to a name that does not resolve is retried', async () => {
    const { id } = await flow.listenAt('http://nobody.invalid', { delivery: SOON });
    const tried = outcomes(flow.hooks, 1);
    await flow.savePeople(1);
    await tried;
    const { attempts } = await flow.deliveryOf(id);
    expect(attempts[0]).toMatchObject({ outcome: 'retrying', httpStatus: null });
  });
});

describe('retries', () => {
  it('All retries keep one Hook-Delivery id, and each has the next Hook-Attempt', async () => {
    const respond = answering({ status: 500 }, { status: 502 }, { status: 503 }, {});
    const { listener, receiver } = await flow.listen(respond, { delivery: SOON });
    await flow.savePeople(1);
    await receiver.waitFor(4);
    await flow.hooks.idle();
    expect(headers(receiver, 'hook-attempt')).toEqual(['1', '2', '3', '4']);
    expect(new Set(headers(receiver, 'hook-delivery')).size).toBe(1);
    expect(headers(receiver, 'webhook-id')).toEqual(headers(receiver, 'hook-delivery'));
    const { attempts, status } = await flow.deliveryOf(listener.id);
    expect(status).toBe('done');
    expect(attempts.map(({ httpStatus, outcome }) => [httpStatus, outcome])).toEqual([
      [500, 'retrying'],
      [502, 'retrying'],
      [503, 'retrying'],
      [200, 'done'],
    ]);
  });

  it('The delays between retries grow by the options of the listener', async () => {
    const delivery = { retries: 4, retryDelayMs: 40_000, retryFactor: 3, retryMaxDelayMs: 200_000 };
    const { listener } = await flow.listen(answering({ status: 500 }), {
      delivery: { ...delivery, jitter: 0 },
    });
    await flow.savePeople(1);
    for (const seconds of [40, 120, 200, 200]) {
      await flow.hooks.idle();
      const tried = await flow.deliveryOf(listener.id);
      expect(tried.status).toBe('retrying');
      const ahead = (tried.nextAt?.getTime() ?? 0) - tried.updatedAt.getTime();
      expect(ahead / 1_000).toBeCloseTo(seconds, 1);
      await flow.makeDue(tried);
    }
    await flow.hooks.idle();
    expect(await flow.deliveryOf(listener.id)).toMatchObject({ status: 'failed', attempt: 5 });
  });

  it('A listener with `retries: 0` gets no retry', async () => {
    const { listener, receiver } = await flow.listen(answering({ status: 500 }), {
      delivery: { retries: 0 },
    });
    await flow.savePeople(1);
    await flow.hooks.idle();
    expect(await flow.deliveryOf(listener.id)).toMatchObject({ status: 'failed', attempt: 1 });
    expect(receiver.received).toHaveLength(1);
  });

  it.each(TROUBLE)(
    'Retries for an endpoint that $name delay no other listener',
    async ({ behave }) => {
      const endpoint = await startEndpoint(behave);
      const patient = { ...SOON, timeoutMs: 60_000, retries: 1 };
      await flow.listenAt(endpoint.url, { delivery: patient });
      const { listener, receiver } = await flow.listen();
      const answeredFirst = outcomes(
        flow.hooks,
        20,
        ({ listenerId }) => listenerId === listener.id,
      );
      await flow.savePeople(20);
      // An endpoint that never answers is still being waited for then, for a minute.
      await answeredFirst;
      expect(receiver.received).toHaveLength(20);
    },
  );
});

interface Endpoint {
  readonly url: string;
  close(): Promise<void>;
}

async function startEndpoint(behave: (socket: Socket) => void, port = 0): Promise<Endpoint> {
  const sockets = new Set<Socket>();
  const server: Server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.once('data', () => behave(socket));
  });
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  const endpoint: Endpoint = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: async () => {
      const closed = once(server, 'close');
      server.close();
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
  endpoints.push(endpoint);
  return endpoint;
}

/** Ever one more character, so that no time-out between two of them would help. */
function drip(begin: string): (socket: Socket) => void {
  return (socket) => {
    socket.write(begin);
    const timer = setInterval(() => socket.write('0'), 20);
    socket.once('close', () => clearInterval(timer));
  };
}
