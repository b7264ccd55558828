import { Webhook } from 'standardwebhooks';
import { generateSigningKey } from '../../lib';
import { verify } from '../../lib/receiver';
import { hookHmac } from '../../lib/signing/signature';
import { signedRequest } from '../../lib/testing';
import { SECRET } from '../support/receivers/signed';

const AT = new Date('2030-01-01T12:00:00Z');
const EVENT = { name: 'person.created', data: { name: 'Joe', 'home.city': 'Rome' } };

describe('signedRequest', () => {
  it('A request that is signed at any time passes verify at that time', () => {
    const { headers, body } = signedRequest({ secret: SECRET, event: EVENT, at: AT, attempt: 3 });
    expect(verify(headers, body, SECRET, { now: () => AT.getTime() + 60_000 })).toMatchObject({
      timestamp: AT,
      event: 'person.created',
      attempt: 3,
      isTest: false,
    });
    expect(JSON.parse(body)).toEqual({ name: 'Joe', home: { city: 'Rome' } });
  });

  it('A request that is too old is refused for that reason', () => {
    const { headers, body } = signedRequest({ secret: SECRET, at: AT });
    const late = { now: () => AT.getTime() + 301_000 };
    expect(() => verify(headers, body, SECRET, late)).toThrow('signed 301 s ago');
  });

  it('Now is the default, and other libraries verify the request', () => {
    const { headers, body } = signedRequest({ secret: SECRET, body: { name: 'Jörg 😀' } });
    expect(new Webhook(SECRET).verify(body, headers)).toEqual({ name: 'Jörg 😀' });
  });

  it.each(['fields', 'envelope', 'standard', 'cloudevents'] as const)(
    'A body has the format %s',
    (format) => {
      const { body } = signedRequest({ secret: SECRET, event: EVENT, format, at: AT });
      expect(JSON.parse(body)).toMatchObject(
        {
          fields: { name: 'Joe', home: { city: 'Rome' } },
          envelope: { event: 'person.created', data: { name: 'Joe' }, timestamp: AT.toISOString() },
          standard: { type: 'person.created', data: { name: 'Joe' } },
          cloudevents: { specversion: '1.0', type: 'person.created', data: { name: 'Joe' } },
        }[format],
      );
    },
  );

  it('A form and another digest are as a listener gets them', () => {
    const contentType = 'application/x-www-form-urlencoded';
    const request = signedRequest({ secret: SECRET, event: EVENT, contentType, digest: 'sha512' });
    expect(request.body).toBe('name=Joe&home.city=Rome');
    expect(request.headers).toMatchObject({
      'content-type': contentType,
      'hook-hmac': hookHmac('sha512', SECRET, request.body),
    });
  });

  it('Both secrets of a rotation verify it', () => {
    const previousSecret = 'the previous secret of the listener';
    const { headers, body } = signedRequest({ secret: SECRET, previousSecret, isTest: true });
    for (const secret of [SECRET, previousSecret])
      expect(verify(headers, body, secret).isTest).toBe(true);
  });

  it('A delivery keeps the id that it is given', () => {
    const deliveryId = 'b7c9a1de-7a4b-5a3e-8f44-0c2f6a1d9e55';
    const { headers } = signedRequest({ secret: SECRET, deliveryId, headers: { 'X-Own': '1' } });
    expect(headers).toMatchObject({
      'webhook-id': deliveryId,
      'hook-delivery': deliveryId,
      'x-own': '1',
    });
  });

  it.each(['v1a', 'both'] as const)(
    'A request with the signature %s is verified by the public key',
    (signature) => {
      const { secretKey, publicKey } = generateSigningKey();
      const signingKeys = { k1: secretKey };
      const request = signedRequest({ secret: SECRET, signature, signingKeys, event: EVENT });
      const { headers, body } = request;
      expect(verify(headers, body, publicKey).event).toBe('person.created');
      expect(headers['hook-hmac'] !== undefined).toBe(signature === 'both');
    },
  );

  it('Values that are not JSON are sent as deliveries send them', () => {
    const data = { at: AT, count: 10n } as never;
    const { body } = signedRequest({ secret: SECRET, event: { name: 'a', data } });
    expect(JSON.parse(body)).toEqual({ at: AT.toISOString(), count: '10' });
  });

  it.each([
    {},
    { secret: '' },
    { secret: 'whsec_***' },
    { secret: SECRET, at: 'now' },
    { secret: SECRET, typo: 1 },
    { secret: SECRET, signature: 'v1a' },
    { secret: SECRET, signature: 'both', signingKeys: {} },
    { secret: SECRET, signature: 'v1a', signingKeys: { k1: 'whsk_a' } },
    { secret: SECRET, headers: { Host: 'a' } },
    { secret: SECRET, event: { occurredAt: 'now' } },
    { secret: SECRET, event: { typo: 1 } },
  ])('Bad options are refused: %j', (options) => {
    expect(() => signedRequest(options as never)).toThrow(
      expect.objectContaining({ code: 'OPTION_INVALID' }),
    );
  });
});
