import { createHmac, randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { Webhook, WebhookVerificationError } from 'standardwebhooks';
import { DIGESTS } from '../../lib/options/listener';
import { hookHmac } from '../../lib/signing/signature';
import { signed } from '../support/receivers/signed';

const timestamp = Math.floor(Date.now() / 1_000);

function headersOf(secret: string, body: string): Record<string, string> {
  return signed({ secret, body, now: timestamp * 1_000 });
}

describe('hookHmac', () => {
  it('hookHmac() gives the documented vector', () => {
    const vector = 'NoW4PnbIMVpqi579pkYHK2uiHnILE/kWwJ6U+89ZOxg=';
    expect(hookHmac('sha256', 'KEY', 'MSG')).toBe(vector);
    expect(hookHmac('sha256', 'KEY', Buffer.from('MSG'))).toBe(vector);
  });

  it.each(DIGESTS)('hookHmac() with %s signs the UTF-8 bytes of secret and body', (digest) => {
    const expected = createHmac(digest, Buffer.from('schlüssel 😀', 'utf8'))
      .update(Buffer.from('{"name":"Jörg"}', 'utf8'))
      .digest('base64');
    expect(hookHmac(digest, 'schlüssel 😀', '{"name":"Jörg"}')).toBe(expected);
  });

  it('hookHmac() uses a secret that begins with whsec_ exactly as given', () => {
    const expected = createHmac('sha256', 'whsec_S0VZ').update('MSG').digest('base64');
    expect(hookHmac('sha256', 'whsec_S0VZ', 'MSG')).toBe(expected);
  });
});

describe('webhookSignature', () => {
  it('standardwebhooks accepts the signature with a generated secret', () => {
    const body = fc.string({ unit: 'binary' }).map((name) => JSON.stringify({ name }));
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 64 }), body, (key, text) => {
        const secret = `whsec_${Buffer.from(key).toString('base64')}`;
        const verified = new Webhook(secret).verify(text, headersOf(secret, text));
        expect(verified).toEqual(JSON.parse(text));
      }),
    );
  });

  it('standardwebhooks accepts the signature with a plain-text secret', () => {
    const webhook = new Webhook('my secret', { format: 'raw' });
    expect(webhook.verify('{"a":1}', headersOf('my secret', '{"a":1}'))).toEqual({ a: 1 });
  });

  it('standardwebhooks refuses another body, id, time or secret', () => {
    const secret = `whsec_${randomBytes(32).toString('base64')}`;
    const headers = headersOf(secret, '{"a":1}');
    const verify =
      (body: string, values: Record<string, string>, key = secret) =>
      () =>
        new Webhook(key).verify(body, { ...headers, ...values });
    expect(verify('{"a":1}', {})()).toEqual({ a: 1 });
    expect(verify('{"a":2}', {})).toThrow(WebhookVerificationError);
    expect(verify('{"a":1}', { 'webhook-id': 'x' })).toThrow(WebhookVerificationError);
    expect(verify('{"a":1}', { 'webhook-timestamp': String(timestamp - 1) })).toThrow(
      WebhookVerificationError,
    );
    expect(verify('{"a":1}', {}, `whsec_${randomBytes(32).toString('base64')}`)).toThrow(
      WebhookVerificationError,
    );
  });
});
