import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { Webhook } from 'standardwebhooks';
import { Webhook as SvixWebhook } from 'svix';
import { verify } from 'typeorm-model-hooks/receiver';
import { DIGESTS } from '../../lib/options/listener';
import { hookHmac, webhookSignature } from '../../lib/signing/signature';
import { opensslHmac } from '../support/receivers/openssl';
import { ID, signed } from '../support/receivers/signed';

const KEY = randomBytes(32);
const SECRETS = [
  { kind: 'a whsec_ secret', secret: `whsec_${KEY.toString('base64')}`, key: KEY },
  { kind: 'a plain secret', secret: 'plain schlüssel 😀', key: Buffer.from('plain schlüssel 😀') },
];
const BODIES = ['{}', '{"name":"Jörg 😀 \\u2028","note":"שלום\\u0000"}', 'name=J%C3%B6rg&a=+b', ''];
const timestamp = Math.floor(Date.now() / 1_000);

function headersOf(secret: string, body: string): Record<string, string> {
  return signed({ secret, body, now: timestamp * 1_000 });
}

describe.each(SECRETS)('signatures with $kind', ({ secret, key }) => {
  it.each(BODIES)(
    'A signature is verified by standardwebhooks, svix, openssl and /receiver for the body %p',
    (body) => {
      const headers = headersOf(secret, body);
      expect(() =>
        new Webhook(key, { format: 'raw' }).verify(body, headers, { jsonParse: false }),
      ).not.toThrow();
      if (body.startsWith('{'))
        expect(new SvixWebhook(key, { format: 'raw' }).verify(body, headers)).toEqual(
          JSON.parse(body),
        );
      expect(verify(headers, body, secret).id).toBe(ID);
      const expected = opensslHmac('sha256', key, `${ID}.${timestamp}.${body}`);
      expect(headers['webhook-signature']).toBe(`v1,${expected}`);
    },
  );

  it.each(DIGESTS)(
    'The Hook-HMAC with digest %s equals the one that openssl computes',
    (digest) => {
      for (const body of BODIES)
        expect(hookHmac(digest, secret, body)).toBe(opensslHmac(digest, Buffer.from(secret), body));
    },
  );
});

describe('a whsec_ secret', () => {
  it('standardwebhooks and svix accept a whsec_ secret unchanged', () => {
    const [{ secret } = { secret: '' }] = SECRETS;
    const headers = headersOf(secret, '{"a":1}');
    expect(new Webhook(secret).verify('{"a":1}', headers)).toEqual({ a: 1 });
    expect(new SvixWebhook(secret).verify('{"a":1}', headers)).toEqual({ a: 1 });
  });
});

describe('openssl', () => {
  it('openssl and hookHmac() both give the documented vector', () => {
    const vector = 'NoW4PnbIMVpqi579pkYHK2uiHnILE/kWwJ6U+89ZOxg=';
    expect(opensslHmac('sha256', Buffer.from('KEY'), 'MSG')).toBe(vector);
    expect(hookHmac('sha256', 'KEY', 'MSG')).toBe(vector);
  });
});

const keys = fc.uint8Array({ minLength: 1, maxLength: 64 });
const ids = fc.stringMatching(/^[\x21-\x7e]{1,64}$/);
const texts = fc.string({ unit: 'grapheme' });
const now = () => timestamp * 1_000;

describe('verify', () => {
  it('verify() accepts what standardwebhooks and svix sign', () => {
    fc.assert(
      fc.property(keys, ids, texts, (key, id, body) => {
        const secret = `whsec_${Buffer.from(key).toString('base64')}`;
        for (const webhook of [new Webhook(secret), new SvixWebhook(secret)]) {
          const headers = {
            'webhook-id': id,
            'webhook-timestamp': String(timestamp),
            'webhook-signature': webhook.sign(id, new Date(now()), body),
          };
          expect(verify(headers, body, secret, { now }).id).toBe(id);
        }
      }),
    );
  });

  const signedRequests = fc.record({ key: keys, id: ids, body: texts }).map(({ key, id, body }) => {
    const secret = `whsec_${Buffer.from(key).toString('base64')}`;
    const headers = {
      'webhook-id': id,
      'webhook-timestamp': String(timestamp),
      'webhook-signature': webhookSignature(secret, { id, timestamp, body }),
    };
    return { secret, headers, body: Buffer.from(body) };
  });
  const options = { toleranceMs: Number.POSITIVE_INFINITY };
  const refused = expect.objectContaining({ code: 'SIGNATURE_INVALID' });

  it('A request with one changed bit in its body is refused', () => {
    fc.assert(
      fc.property(signedRequests, fc.nat(), ({ secret, headers, body }, bit) => {
        expect(verify(headers, body, secret, options).timestamp.getTime()).toBe(now());
        fc.pre(body.length > 0);
        expect(() => verify(headers, flipped(body, bit), secret, options)).toThrow(refused);
      }),
    );
  });

  it.each(['webhook-id', 'webhook-timestamp', 'webhook-signature'] as const)(
    'A request with one changed bit in its %s is refused',
    (name) => {
      fc.assert(
        fc.property(signedRequests, fc.nat(), ({ secret, headers, body }, bit) => {
          const changed = flipped(Buffer.from(headers[name], 'latin1'), bit).toString('latin1');
          const forged = { ...headers, [name]: changed };
          expect(() => verify(forged, body, secret, options)).toThrow(refused);
        }),
      );
    },
  );
});

function flipped(bytes: Buffer, bit: number): Buffer {
  const place = bit % (8 * bytes.length);
  const copy = Buffer.from(bytes);
  copy.writeUInt8(copy.readUInt8(place >> 3) ^ (1 << (place & 7)), place >> 3);
  return copy;
}
