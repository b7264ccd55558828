import { once } from 'node:events';
import { createServer as createTlsServer } from 'node:tls';
import type { DeliveryWithAttempts, ListenerOptions } from 'typeorm-model-hooks';
import { Flow } from '../../support/application/flow';
import { until } from '../../support/application/waiting';
import {
  DEADLINE,
  type Endpoint,
  FLOODS,
  gzipBomb,
  type Hostile,
  LONG,
  replying,
  SLOW,
} from '../../support/receivers/hostile-endpoints';
import { SUDDEN } from '../../support/receivers/hostile-replies';
import { onRequests, type RawServer, startRawServer } from '../../support/receivers/raw-server';
import type { Receiver } from '../../support/receivers/receiver';
import { memoryGrowth } from '../../support/values/memory';

const MEGABYTE = 1_048_576;
/** Long enough that whatever else ends a reply ends it first. */
const AMPLE_MS = 20_000;
const FORBIDDEN = '127.0.0.2';

let flow: Flow;
let calm: Receiver;
let server: RawServer | undefined;

// Jest itself fails a spec in which a rejection is left unhandled.
beforeAll(async () => {
  const allow = ['127.0.0.0/8'];
  const deny = [`${FORBIDDEN}/32`];
  flow = await Flow.start({ attach: { delivery: { recipients: { ports: 'any', allow, deny } } } });
  calm = (await flow.listen(undefined, { key: 'calm' })).receiver;
});
afterEach(async () => {
  const listeners = await flow.hooks.listeners.find();
  for (const { id, key } of listeners) if (key !== 'calm') await flow.hooks.listeners.remove(id);
  // Whatever happened, the next event reaches who did no harm.
  const before = calm.received.length;
  await flow.savePeople(1);
  await calm.waitFor(before + 1);
  await server?.close();
  server = undefined;
});
afterAll(() => flow.stop());

/** What became of one delivery to an endpoint, which is tried once. */
async function delivered(
  endpoint: Endpoint,
  delivery: ListenerOptions['delivery'] = {},
): Promise<DeliveryWithAttempts> {
  server = await startRawServer(endpoint);
  return deliveredTo(server.url, delivery);
}

async function deliveredTo(
  origin: string,
  delivery: ListenerOptions['delivery'] = {},
): Promise<DeliveryWithAttempts> {
  const once = { retries: 0, timeoutMs: AMPLE_MS, ...delivery };
  const { id } = await flow.listenAt(origin, { delivery: once });
  await flow.savePeople(1);
  await flow.hooks.idle();
  return flow.deliveryOf(id);
}

function expected({ status, httpStatus = null as never, reason }: Hostile) {
  const why = reason ? expect.stringMatching(reason) : null;
  return expect.objectContaining({ status, httpStatus, reason: why });
}

describe('a slow endpoint', () => {
  it.each(SLOW)(
    'An endpoint that $name is timed from the connection to the last byte',
    async (hostile) => {
      const delivery = await delivered(hostile.endpoint, { timeoutMs: 250 });
      expect(delivery).toEqual(expected(hostile));
      // The connection is no use any more, and closed.
      await until(
        'it was hung up on',
        () => server?.connections.every((one) => one.closed) ?? false,
      );
    },
  );
});

describe('an endpoint with an odd reply', () => {
  it.each(SUDDEN)('An endpoint that sends $name ends the delivery as $status', async (hostile) => {
    expect(await delivered(hostile.endpoint)).toEqual(expected(hostile));
  });

  it.each([...FLOODS, ...LONG])(
    'An endpoint that sends $name costs bounded memory',
    async (hostile) => {
      server = await startRawServer(hostile.endpoint);
      const delivery = { retries: 0, timeoutMs: AMPLE_MS };
      const { id } = await flow.listenAt(server.url, { delivery });
      const growth = await memoryGrowth(async () => {
        await flow.savePeople(8);
        await flow.hooks.idle();
      });
      const { items } = await flow.hooks.deliveries.find({ listener: id });
      expect(items).toEqual(Array(8).fill(expected(hostile)));
      expect(growth / MEGABYTE).toBeLessThan(128);
    },
  );
});

describe('a compressed reply', () => {
  it('Compressed replies are not requested, and are kept as they come', async () => {
    let asked = '';
    const { response } = await delivered((socket) => {
      socket.once('data', (data) => {
        asked = data.toString();
      });
      replying(gzipBomb())(socket);
    });
    expect(asked).not.toMatch(/accept-encoding/i);
    expect(response?.length).toBeLessThanOrEqual(1_024);
  });
});

describe('an unexpected reply', () => {
  const answer = (status: number) => `HTTP/1.1 ${status} A\r\nContent-Length: 0\r\n\r\n`;

  it.each<{ name: string; first: (reply: (text: string) => void) => void }>([
    { name: 'with the one before', first: (reply) => reply(answer(200).repeat(2)) },
    {
      name: 'after the one before',
      first: (reply) => {
        reply(answer(200));
        setTimeout(() => reply(answer(200)), 20);
      },
    },
  ])('An extra reply $name does not count for the next delivery', async ({ first }) => {
    let requests = 0;
    const delivery = await delivered((socket) =>
      onRequests(socket, () => {
        requests += 1;
        if (requests === 1) first((text) => void socket.write(text));
        else socket.write(answer(500));
      }),
    );
    expect(delivery).toMatchObject({ status: 'done', httpStatus: 200 });
    const [connection] = server?.connections ?? [];
    if (connection && !connection.closed) await once(connection, 'close');
    await flow.savePeople(1);
    await flow.hooks.idle();
    const { items } = await flow.hooks.deliveries.find({ listener: delivery.listenerId });
    expect(items.map(({ httpStatus }) => httpStatus)).toEqual([500, 200]);
  });

  it('A reply after the time-out does not count for the next delivery', async () => {
    let late: () => void = () => undefined;
    let requests = 0;
    const delivery = await delivered(
      (socket) =>
        onRequests(socket, () => {
          requests += 1;
          if (requests === 1) late = () => void socket.write(answer(200));
          else socket.write(answer(500));
        }),
      { timeoutMs: 250 },
    );
    expect(delivery).toMatchObject({ status: 'failed', reason: expect.stringMatching(DEADLINE) });
    late();
    await flow.savePeople(1);
    await flow.hooks.idle();
    const { items } = await flow.hooks.deliveries.find({ listener: delivery.listenerId });
    expect(items.map(({ httpStatus }) => httpStatus)).toEqual([500, null]);
  });
});

describe('an endpoint with the wrong protocol', () => {
  it('An endpoint that speaks TLS on an http URL leaves the delivery unanswered', async () => {
    const tls = createTlsServer().on('tlsClientError', () => undefined);
    server = await startRawServer(() => undefined, { server: tls });
    const { status, httpStatus, reason } = await deliveredTo(server.url);
    expect({ status, httpStatus }).toEqual({ status: 'failed', httpStatus: null });
    expect(reason).not.toMatch(DEADLINE);
  });

  it.each<{ name: string; endpoint: Endpoint; reason: RegExp }>([
    {
      name: 'HTTP',
      endpoint: (socket) => socket.once('data', () => socket.write('HTTP/1.1 200 OK\r\n\r\n')),
      reason: /SSL|wrong version/i,
    },
    { name: 'nothing', endpoint: (socket) => socket.resume(), reason: DEADLINE },
  ])(
    'An endpoint that speaks $name on an https URL leaves the delivery unanswered',
    async ({ endpoint, reason }) => {
      server = await startRawServer(endpoint);
      const origin = server.url.replace('http:', 'https:');
      const delivery = await deliveredTo(origin, { timeoutMs: 1_000 });
      expect(delivery).toMatchObject({ status: 'failed', reason: expect.stringMatching(reason) });
    },
  );
});

describe('a redirect to a forbidden address', () => {
  it.each([301, 302, 303, 307, 308])(
    'A redirect with HTTP %i to a forbidden address is not followed',
    async (status) => {
      const inside = await startRawServer(() => undefined, { host: FORBIDDEN });
      await expect(flow.listenAt(inside.url)).rejects.toMatchObject({ code: 'RECIPIENT_REFUSED' });
      const reply = `HTTP/1.1 ${status} A\r\nLocation: ${inside.url}\r\nContent-Length: 0\r\n\r\n`;
      const delivery = await delivered((socket) => onRequests(socket, () => socket.write(reply)));
      expect(delivery).toMatchObject({ status: 'failed', httpStatus: status });
      expect(server?.connections).toHaveLength(1);
      expect(inside.connections).toEqual([]);
      await inside.close();
    },
  );
});
