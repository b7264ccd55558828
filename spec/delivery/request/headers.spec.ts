import { validateHeaderName, validateHeaderValue } from 'node:http';
import fc from 'fast-check';
import { Webhook } from 'standardwebhooks';
import { version as undiciVersion } from 'undici/package.json';
import { VERSION } from '../../../lib/base/version';
import type { Recipient } from '../../../lib/delivery/chunk/recipients';
import { requestHeaders, type SignedRequest } from '../../../lib/delivery/request/headers';
import type { HookEvent } from '../../../lib/hook/event';
import { hookHmac } from '../../../lib/signing/signature';

const SECRET = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
const NOW = Date.now();

function headers(
  event: Partial<HookEvent> = {},
  listener: Partial<Recipient> = {},
  request: Partial<SignedRequest> = {},
): Record<string, string> {
  return requestHeaders(
    { name: 'person.created', headers: {}, ...event } as HookEvent,
    {
      id: 'the-listener',
      headers: {},
      digest: 'sha256',
      contentType: 'application/json',
      ...listener,
    } as Recipient,
    {
      deliveryId: 'the-delivery',
      attempt: 3,
      body: '{"a":1}',
      secret: SECRET,
      previousSecret: null,
      now: NOW,
      ...request,
    },
  );
}

describe('requestHeaders', () => {
  it('A request has all standard headers', () => {
    expect(headers()).toEqual({
      'content-type': 'application/json',
      'user-agent': `Mozilla/5.0 (compatible; typeorm-model-hooks/${VERSION}; undici/${undiciVersion})`,
      'hook-event': 'person.created',
      'hook-delivery': 'the-delivery',
      'hook-hmac': hookHmac('sha256', SECRET, '{"a":1}'),
      'hook-subscription': 'the-listener',
      'hook-attempt': '3',
      'webhook-id': 'the-delivery',
      'webhook-timestamp': String(Math.floor(NOW / 1_000)),
      'webhook-signature': expect.stringMatching(/^v1,/),
    });
  });

  it('The signature of the body verifies with Standard Webhooks', () => {
    expect(new Webhook(SECRET).verify('{"a":1}', headers())).toEqual({ a: 1 });
  });

  it('The headers use the digest and content type of the listener', () => {
    const contentType = 'application/x-www-form-urlencoded';
    expect(headers({}, { digest: 'sha512', contentType })).toMatchObject({
      'content-type': contentType,
      'hook-hmac': hookHmac('sha512', SECRET, '{"a":1}'),
    });
  });

  it('The headers of the listener override those of the hook in any case', () => {
    const sent = headers(
      { headers: { 'X-Tenant': 'hook', 'X-Hook': 'hook' } },
      { headers: { 'x-tenant': 'listener', 'X-Listener': 'listener' } },
    );
    expect(sent).toMatchObject({
      'x-tenant': 'listener',
      'x-hook': 'hook',
      'x-listener': 'listener',
    });
    expect(sent).not.toHaveProperty('X-Tenant');
  });

  it('The headers of the package override all others', () => {
    const theirs = { 'User-Agent': 'theirs', 'Hook-Event': 'theirs', 'WEBHOOK-ID': 'theirs' };
    expect(headers({ headers: theirs }, { headers: theirs })).toEqual(headers());
  });

  it('Forbidden headers from a function of a hook are left out', () => {
    const evil = {
      Host: 'evil',
      'Content-Length': '0',
      'Transfer-Encoding': 'chunked',
      Connection: 'close',
      'X-A': 'a\r\nHost: evil',
      'X\nB': 'b',
      'X-C': 1 as unknown as string,
    };
    expect(headers({ headers: evil })).toEqual(headers());
  });

  it.each([
    ['größe.neu\r\nX: 1', 'gr%C3%B6%C3%9Fe.neu%0D%0AX%3A%201'],
    ['100%25', '100%2525'],
    ['\u2028\0', '%E2%80%A8%00'],
    ['\ud800', '%EF%BF%BD'],
  ])('The event name %p is percent-encoded', (name, sent) => {
    expect(headers({ name })['hook-event']).toBe(sent);
  });

  it('All headers can be sent over HTTP', () => {
    const record = fc.dictionary(fc.string(), fc.string({ unit: 'binary' }));
    fc.assert(
      fc.property(record, fc.string({ unit: 'grapheme' }), (given, name) => {
        for (const [key, value] of Object.entries(headers({ headers: given, name }))) {
          validateHeaderName(key);
          validateHeaderValue(key, value);
          expect(key).toBe(key.toLowerCase());
        }
      }),
    );
  });
});
