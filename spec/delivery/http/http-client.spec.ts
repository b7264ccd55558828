import { once } from 'node:events';
import { HttpClient, type HttpRequest } from '../../../lib/delivery/http/http-client';
import { ATTEMPT_DEFAULTS } from '../../../lib/options/delivery-defaults';
import { RecipientPolicy } from '../../../lib/recipient/policy';
import { type Receiver, type Respond, startReceiver } from '../../support/receivers/receiver';

let receiver: Receiver;
let client: HttpClient | undefined;

afterEach(async () => {
  await client?.close();
  client = undefined;
  await receiver.close();
});

async function receive(respond?: Respond): Promise<void> {
  receiver = await startReceiver(respond);
}

function post(
  url: string,
  values: Partial<HttpRequest> = {},
  options: { readonly keepAlive?: boolean } = {},
) {
  const { keepAlive = true } = options;
  client ??= new HttpClient(new RecipientPolicy('development'), {
    maxConcurrencyPerOrigin: 4,
    keepAlive,
  });
  return client.send({
    method: 'POST',
    url: new URL(url),
    headers: { 'content-type': 'application/json' },
    body: '{}',
    ...ATTEMPT_DEFAULTS,
    ...values,
  });
}

describe('HttpClient', () => {
  it('The client posts body and headers and returns the reply', async () => {
    await receive((_request, response) => {
      response.writeHead(202, { 'Retry-After': '7' }).end('grüße');
    });
    const reply = await post(`${receiver.url}/a?b=c`, { headers: { 'x-a': '1' }, body: 'MSG ä' });
    expect(reply).toEqual({
      kind: 'answered',
      httpStatus: 202,
      retryAfter: '7',
      contentType: null,
      date: expect.stringContaining('GMT'),
      text: 'grüße',
      truncated: false,
    });
    expect(receiver.received[0]).toMatchObject({ method: 'POST', path: '/a?b=c' });
    expect(receiver.received[0]?.headers).toMatchObject({ 'x-a': '1', 'content-length': '6' });
    expect(receiver.received[0]?.raw.toString()).toBe('MSG ä');
  });

  it.each([301, 302, 303, 307, 308])(
    'A redirect with HTTP %i is not followed',
    async (httpStatus) => {
      await receive((_request, response) => {
        response.writeHead(httpStatus, { location: `${receiver.url}/elsewhere` }).end();
      });
      expect(await post(receiver.url)).toMatchObject({ kind: 'answered', httpStatus });
      expect(receiver.received.map(({ path }) => path)).toEqual(['/']);
    },
  );

  it('A reply is read up to `maxResponseBytes`, then the connection is cut', async () => {
    let cut: Promise<unknown> | undefined;
    await receive((_request, response) => {
      cut = once(response, 'close');
      const flood = () => {
        while (!response.destroyed && response.write('x'.repeat(65_536)));
      };
      response.on('drain', flood);
      flood();
    });
    const reply = await post(receiver.url, { maxResponseBytes: 1_000 });
    expect(reply).toMatchObject({ httpStatus: 200, text: 'x'.repeat(1_000), truncated: true });
    await cut;
  });

  it.each([
    { size: 10, truncated: false },
    { size: 11, truncated: true },
  ])('A reply of $size bytes with a limit of 10 is truncated: $truncated', async (values) => {
    await receive((_request, response) => response.end('x'.repeat(values.size)));
    const reply = await post(receiver.url, { maxResponseBytes: 10 });
    expect(reply).toMatchObject({ text: 'x'.repeat(10), truncated: values.truncated });
  });

  it.each<{ name: string; respond: Respond }>([
    { name: 'answers nothing', respond: () => undefined },
    { name: 'sends only headers', respond: (_, response) => response.flushHeaders() },
    {
      name: 'drips',
      respond: (_, response) => {
        const drip = setInterval(() => response.write('.'), 20);
        response.on('close', () => clearInterval(drip));
      },
    },
  ])('The client waits no longer than `timeoutMs` for a server that $name', async ({ respond }) => {
    await receive(respond);
    expect(await post(receiver.url, { timeoutMs: 150 })).toEqual({
      kind: 'unanswered',
      reason: 'no complete reply within 150 ms',
      timedOut: true,
    });
  });

  it.each<{ name: string; respond: Respond }>([
    { name: 'hangs up', respond: (_, response) => response.destroy() },
    {
      name: 'speaks no HTTP',
      respond: (_, response) => response.socket?.end('220 smtp ready\r\n'),
    },
  ])('A request to a server that $name is unanswered', async ({ respond }) => {
    await receive(respond);
    expect(await post(receiver.url)).toEqual({
      kind: 'unanswered',
      reason: expect.stringMatching(/./),
    });
  });

  it('A request to a closed port is unanswered', async () => {
    await receive();
    await receiver.close();
    expect(await post(receiver.url)).toEqual({
      kind: 'unanswered',
      reason: 'the connection was refused (ECONNREFUSED)',
      detail: expect.stringContaining('127.0.0.1'),
    });
  });

  it('An abort signal ends a request early', async () => {
    const stopping = new AbortController();
    await receive(() => stopping.abort(new Error('the process stops')));
    const reply = await post(receiver.url, { signal: stopping.signal });
    expect(reply).toEqual({ kind: 'unanswered', reason: 'the process stops' });
    expect(await post(receiver.url, { signal: stopping.signal })).toEqual(reply);
    expect(receiver.received).toHaveLength(1);
  });

  it.each([true, false])(
    'Connections are reused only with keepAlive, here %p',
    async (keepAlive) => {
      const ports = new Set<number | undefined>();
      await receive((_request, response) => {
        ports.add(response.socket?.remotePort);
        response.end('ok');
      });
      for (let n = 0; n < 5; n += 1) await post(receiver.url, {}, { keepAlive });
      expect(ports.size < 5).toBe(keepAlive);
    },
  );
});
