import { randomBytes } from 'node:crypto';
import { Webhook } from 'standardwebhooks';
import { Webhook as SvixWebhook } from 'svix';
import type { ListenerOptions } from 'typeorm-model-hooks';
import { verify } from 'typeorm-model-hooks/receiver';
import { DIGESTS } from '../../../lib/options/listener';
import { Flow } from '../../support/application/flow';
import { opensslHmac } from '../../support/receivers/openssl';
import type { Received } from '../../support/receivers/receiver';

const KEY = randomBytes(32);
const SECRETS = [
  { secret: `whsec_${KEY.toString('base64')}`, key: KEY },
  { secret: 'plain schlüssel 😀', key: Buffer.from('plain schlüssel 😀') },
];
const NAME = 'Jörg 😀 "שלום" \u2028 &=+%';

let flow: Flow;

beforeAll(async () => {
  flow = await Flow.start();
});
afterEach(() => flow.clear());
afterAll(() => flow.stop());

async function receive(options: Omit<ListenerOptions, 'url'>): Promise<Received> {
  const { receiver } = await flow.listen(undefined, options);
  await flow.savePeople(1, NAME);
  await receiver.waitFor(1);
  await flow.hooks.idle();
  return receiver.received[0] as Received;
}

describe.each(SECRETS)('a delivery signed with $secret', ({ secret, key }) => {
  it.each(DIGESTS)('A delivery with digest %s is verified by all libraries', async (digest) => {
    const { headers, raw } = await receive({ secret, digest });
    const sent = headers as Record<string, string>;
    const body = raw.toString();
    expect(new Webhook(key, { format: 'raw' }).verify(body, sent)).toMatchObject({ name: NAME });
    expect(new SvixWebhook(key, { format: 'raw' }).verify(body, sent)).toMatchObject({
      name: NAME,
    });
    expect(verify(headers, raw, secret)).toEqual({
      id: sent['hook-delivery'],
      timestamp: expect.any(Date),
      event: 'person.created',
      attempt: 1,
      isTest: false,
      body: JSON.parse(body),
      data: JSON.parse(body),
    });
    expect(sent['hook-hmac']).toBe(opensslHmac(digest, Buffer.from(secret), raw));
    const content = Buffer.concat([
      Buffer.from(`${sent['webhook-id']}.${sent['webhook-timestamp']}.`),
      raw,
    ]);
    expect(sent['webhook-signature']).toBe(`v1,${opensslHmac('sha256', key, content)}`);
  });

  it('A delivery as a form is verified too', async () => {
    const contentType = 'application/x-www-form-urlencoded';
    const { headers, raw, body } = await receive({ secret, contentType });
    expect(body).toMatchObject({ name: NAME });
    expect(verify(headers, raw, secret).id).toBe(headers['hook-delivery']);
    expect(headers['hook-hmac']).toBe(opensslHmac('sha256', Buffer.from(secret), raw));
  });
});

describe('a delivery to a listener without a secret of its own', () => {
  it('A delivery is verified with the secret that was made for the listener', async () => {
    const { receiver, listener } = await flow.listen();
    await flow.savePeople(1);
    const [request] = await receiver.waitFor(1);
    const { secret = '' } = listener;
    expect(verify(request?.headers ?? {}, request?.raw ?? '', secret).attempt).toBe(1);
    expect(
      new Webhook(secret).verify(String(request?.raw), request?.headers as never),
    ).toBeDefined();
  });
});
