import type { LookupFunction } from 'node:net';
import {
  HttpClient,
  type HttpClientOptions,
  type HttpRequest,
} from '../../../lib/delivery/http/http-client';
import { ATTEMPT_DEFAULTS } from '../../../lib/options/delivery-defaults';
import { RecipientPolicy } from '../../../lib/recipient/policy';
import { type Authority, makeAuthority } from '../../support/receivers/certificates';
import {
  type ConnectProxy,
  type ConnectProxyOptions,
  startConnectProxy,
} from '../../support/receivers/connect-proxy';
import { type Receiver, startReceiver } from '../../support/receivers/receiver';

const NAME = 'hooks.example';
/** Public, and not one that these specs could reach but by the proxy. */
const ADDRESS = '93.184.215.14';

let authority: Authority;
let receiver: Receiver;
let proxy: ConnectProxy;
let client: HttpClient | undefined;
let lookups: string[] = [];

beforeAll(() => {
  authority = makeAuthority();
});
beforeEach(() => {
  lookups = [];
});
afterEach(async () => {
  await client?.close();
  client = undefined;
  await proxy.close();
  await receiver.close();
});
afterAll(() => authority.remove());

interface Start extends Partial<ConnectProxyOptions> {
  readonly isSecure?: boolean;
}

async function start({ isSecure = false, ...options }: Start = {}): Promise<void> {
  receiver = await startReceiver(
    undefined,
    isSecure ? authority.issue(`DNS:${NAME}`, `IP:${ADDRESS}`) : undefined,
  );
  const port = Number(new URL(receiver.url).port);
  proxy = await startConnectProxy({ leads: () => ({ port }), ...options });
}

const answering =
  (...addresses: readonly string[]): LookupFunction =>
  (hostname, _options, callback) => {
    lookups.push(hostname);
    const family = (address: string) => (address.includes(':') ? 6 : 4);
    callback(
      null,
      addresses.map((address) => ({ address, family: family(address) })),
    );
  };

interface Sent extends Partial<Omit<HttpRequest, 'url'>>, Partial<HttpClientOptions> {
  readonly lookup?: LookupFunction;
}

function post(url: string, sent: Sent = {}) {
  const { lookup = answering(ADDRESS), keepAlive = false, proxy: way, ...values } = sent;
  client ??= new HttpClient(new RecipientPolicy({ lookup }), {
    maxConcurrencyPerOrigin: 1,
    keepAlive,
    ca: authority.pem,
    proxy: way ?? `http://${proxy.host}`,
  });
  const defaults = { headers: { 'x-a': '1' }, body: '{}', ...ATTEMPT_DEFAULTS };
  return client.send({ method: 'POST', url: new URL(url), ...defaults, ...values });
}

describe('HttpClient through a proxy', () => {
  it.each([
    { url: `http://${NAME}/a?b`, port: 80, isSecure: false },
    { url: `https://${NAME}/a?b`, port: 443, isSecure: true },
  ])('The proxy is asked for the checked address of $url', async ({ url, port, isSecure }) => {
    await start({ isSecure });
    expect(await post(url)).toMatchObject({ kind: 'answered', httpStatus: 200 });
    expect(proxy.asked.map(({ authority: asked }) => asked)).toEqual([`${ADDRESS}:${port}`]);
    expect(lookups).toEqual([NAME]);
    expect(receiver.received[0]).toMatchObject({ method: 'POST', path: '/a?b' });
    expect(receiver.received[0]?.headers).toMatchObject({ host: NAME, 'x-a': '1' });
  });

  it.each([
    { url: `https://${ADDRESS}/`, asked: `${ADDRESS}:443` },
    { url: 'http://[2606:4700:4700::1111]/', asked: '[2606:4700:4700::1111]:80' },
  ])('The proxy is asked for $asked if the target is an address', async ({ url, asked }) => {
    await start({ isSecure: url.startsWith('https') });
    expect(await post(url)).toMatchObject({ kind: 'answered' });
    expect(proxy.asked).toMatchObject([{ authority: asked, headers: { host: asked } }]);
    expect(lookups).toEqual([]);
  });

  it('The certificate of the recipient is verified inside the tunnel', async () => {
    await start({ isSecure: true });
    expect(await post('https://other.example/')).toMatchObject({
      kind: 'unanswered',
      reason: expect.stringContaining('altnames'),
    });
  });

  it.each([
    { name: 'a literal', url: 'http://10.0.0.1/', lookup: answering() },
    { name: 'a name', url: `https://${NAME}/`, lookup: answering('10.0.0.1') },
    { name: 'one of several answers', url: `http://${NAME}/`, lookup: answering(ADDRESS, '::1') },
  ])('The proxy is not asked for a forbidden target: $name', async ({ url, lookup }) => {
    await start();
    expect(await post(url, { lookup })).toMatchObject({ kind: 'refused' });
    expect(proxy.asked).toEqual([]);
  });

  it('Proxy credentials are sent to the proxy only', async () => {
    await start();
    expect(
      await post(`http://${NAME}/`, { proxy: `http://joe:p%40ss@${proxy.host}` }),
    ).toMatchObject({ kind: 'answered' });
    const basic = `Basic ${Buffer.from('joe:p@ss').toString('base64')}`;
    expect(proxy.asked[0]?.headers['proxy-authorization']).toBe(basic);
    const { headers, raw } = receiver.received[0] ?? {};
    expect(JSON.stringify({ headers, raw })).not.toContain(basic.slice(6));
    expect(Object.keys(headers ?? {})).not.toContain('proxy-authorization');
  });

  it('The headers of a request are sent to the recipient only', async () => {
    await start();
    await post(`http://${NAME}/`);
    expect(Object.keys(proxy.asked[0]?.headers ?? {}).sort()).toEqual(['connection', 'host']);
  });

  it.each([403, 407, 502])(
    'A refusal by the proxy with HTTP %i leaves the request unanswered',
    async (status) => {
      await start({ leads: () => ({ status }) });
      expect(await post(`https://${NAME}/`, { proxy: `http://joe:hush@${proxy.host}` })).toEqual({
        kind: 'unanswered',
        reason: `the proxy refused the connection (HTTP ${status})`,
      });
    },
  );

  it('A request is unanswered if the proxy cannot be reached, and the reason does not name the proxy', async () => {
    await start();
    const { host } = proxy;
    await proxy.close();
    expect(await post(`http://${NAME}/`, { proxy: `http://joe:hush@${host}` })).toEqual({
      kind: 'unanswered',
      reason: 'the proxy cannot be reached (ECONNREFUSED)',
    });
  });

  it('The other address family is tried if the proxy cannot reach the first', async () => {
    await start({
      leads: (asked) =>
        asked.startsWith('[') ? { status: 502 } : { port: Number(new URL(receiver.url).port) },
    });
    const lookup = answering('2606:4700::1', '2606:4700::2', ADDRESS);
    expect(await post(`http://${NAME}/`, { lookup })).toMatchObject({ kind: 'answered' });
    expect(proxy.asked.map(({ authority: asked }) => asked)).toEqual([
      '[2606:4700::1]:80',
      `${ADDRESS}:80`,
    ]);
  });

  it('One tunnel serves many requests if connections are kept', async () => {
    await start({ isSecure: true });
    for (let n = 0; n < 3; n += 1) await post(`https://${NAME}/`, { keepAlive: true });
    expect(receiver.received).toHaveLength(3);
    expect(proxy.asked).toHaveLength(1);
  });

  it.each(['IP:127.0.0.1', 'DNS:proxy.example'])(
    'An https proxy must have a certificate for its name, here %s',
    async (name) => {
      await start({ isSecure: true, certificate: authority.issue(name) });
      const isRight = name.startsWith('IP');
      expect(await post(`https://${NAME}/`, { proxy: `https://${proxy.host}` })).toMatchObject(
        isRight
          ? { kind: 'answered' }
          : {
              kind: 'unanswered',
              reason: 'the proxy cannot be reached (ERR_TLS_CERT_ALTNAME_INVALID)',
            },
      );
      expect(proxy.asked).toHaveLength(isRight ? 1 : 0);
    },
  );
});
