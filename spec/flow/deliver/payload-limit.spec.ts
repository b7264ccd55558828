import type { ContentType, ListenerOptions } from 'typeorm-model-hooks';
import { verify } from 'typeorm-model-hooks/receiver';
import { Flow } from '../../support/application/flow';
import type { Received } from '../../support/receivers/receiver';

const LIMIT = 1_000;
const LARGE = 'x'.repeat(LIMIT);

const logger = { debug: jest.fn(), info: jest.fn(), warn: jest.fn(), error: jest.fn() };
let flow: Flow;

afterEach(async () => {
  await flow.stop();
  jest.resetAllMocks();
});

async function start(delivery: ListenerOptions['delivery'] = { maxPayloadBytes: LIMIT }) {
  flow = await Flow.start({
    attach: { logger, delivery: { recipients: 'development', ...delivery } },
  });
}

async function received(options: Omit<ListenerOptions, 'url'>, name: string): Promise<Received> {
  const { receiver } = await flow.listen(undefined, options);
  await flow.savePeople(1, name);
  const [request] = await receiver.waitFor(1);
  await flow.hooks.idle();
  return request as Received;
}

describe('a body that is longer than maxPayloadBytes', () => {
  it.each<{ contentType: ContentType; format: ListenerOptions['format']; body: object }>([
    { contentType: 'application/json', format: 'fields', body: { truncated: true } },
    {
      contentType: 'application/json',
      format: 'envelope',
      body: {
        id: expect.any(String),
        event: 'person.created',
        operation: 'insert',
        ref: null,
        sender: null,
        timestamp: expect.any(String),
        changed: ['name', 'address'],
        truncated: true,
      },
    },
    {
      contentType: 'application/json',
      format: 'standard',
      body: { type: 'person.created', timestamp: expect.any(String), truncated: true },
    },
    {
      contentType: 'application/json',
      format: 'cloudevents',
      body: {
        specversion: '1.0',
        id: expect.any(String),
        type: 'person.created',
        source: 'urn:hook:person',
        time: expect.any(String),
        datacontenttype: 'application/json',
        truncated: true,
      },
    },
    {
      contentType: 'application/x-www-form-urlencoded',
      format: 'fields',
      body: { truncated: 'true' },
    },
    {
      contentType: 'application/x-www-form-urlencoded',
      format: 'standard',
      body: { type: 'person.created', timestamp: expect.any(String), truncated: 'true' },
    },
  ])(
    'A body that is too long is sent signed and without data as $contentType in format $format',
    async (values) => {
      const { contentType, format, body } = values;
      await start();
      const secret = 'a secret';
      const request = await received({ contentType, secret, ...(format && { format }) }, LARGE);
      expect(request.body).toEqual(body);
      expect(request.raw.length).toBeLessThan(LIMIT);
      expect(verify(request.headers, request.raw, secret).event).toBe('person.created');
    },
  );

  it('The payload limit is measured in bytes of the body', async () => {
    await start({ maxPayloadBytes: 100 });
    const room = 100 - Buffer.byteLength('{"name":"","address":null}');
    const fitting = 'é'.repeat(room / 2);
    const options = { contentType: 'application/json' } as const;
    expect((await received(options, fitting)).raw).toHaveLength(100);
    await flow.clear();
    expect((await received(options, `${fitting}x`)).body).toEqual({ truncated: true });
  });

  it('The warning of a payload that is too large comes once for each event, for any number of listeners and attempts', async () => {
    await start({ maxPayloadBytes: LIMIT, retryDelayMs: 0, jitter: 0, retries: 1 });
    const failing = await flow.listen((_request, response) => response.writeHead(500).end());
    const { receiver } = await flow.listen();
    await flow.savePeople(2, LARGE);
    await receiver.waitFor(2);
    await failing.receiver.waitFor(4);
    await flow.hooks.idle();
    expect(logger.warn).toHaveBeenCalledTimes(2);
    const { items } = await flow.hooks.deliveries.find({ limit: 1 });
    expect(logger.warn).toHaveBeenCalledWith(
      expect.stringContaining('too large'),
      expect.objectContaining({ hook: 'person', maxPayloadBytes: LIMIT, bytes: 1_026 }),
    );
    expect(logger.warn.mock.calls.map(([, { eventId }]) => eventId)).toContain(items[0]?.eventId);
    expect(JSON.stringify(logger.warn.mock.calls)).not.toContain(LARGE);
  });

  it('The payload limit of a listener overrides that of the attachment', async () => {
    await start();
    const roomy = { delivery: { maxPayloadBytes: 2 * LIMIT } };
    expect((await received(roomy, LARGE)).body).toMatchObject({ name: LARGE });
    expect(logger.warn).not.toHaveBeenCalled();
  });

  it('The default payload limit is one megabyte', async () => {
    await start({});
    const name = 'x'.repeat(1_048_576);
    expect((await received({}, name)).body).toEqual({ truncated: true });
    await flow.clear();
    expect((await received({}, name.slice(100))).body).toMatchObject({ name: name.slice(100) });
  });
});
