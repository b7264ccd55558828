import { createHmac } from 'node:crypto';
import { isReadAsBase64, isWeak, secretProblem, standardKey } from '../../lib/signing/secret';
import { hookHmac, webhookSignature } from '../../lib/signing/signature';
import { UNUSABLE_SECRETS } from '../support/values/unusable-secrets';

const signed = { id: 'a', timestamp: 1, body: '{}' };

describe('secretProblem', () => {
  it.each(UNUSABLE_SECRETS)('Nothing is signed with the secret %j', (secret) => {
    expect(secretProblem(secret)).toMatch(/^must /);
    expect(standardKey(secret)).toBeNull();
    for (const sign of [
      () => hookHmac('sha256', secret, '{}'),
      () => webhookSignature(secret, signed),
    ])
      expect(sign).toThrow(expect.objectContaining({ code: 'OPTION_INVALID', option: 'secret' }));
  });

  it.each([undefined, null, 7, {}, [], Buffer.from('abc')])(
    'The value %p is no secret',
    (value) => {
      expect(secretProblem(value)).toBe('must be a text');
    },
  );

  it.each([
    { secret: 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw', key: 'MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw' },
    { secret: 'whsec_YQ==', key: 'YQ==' },
    { secret: 'whsec_+/8=', key: '+/8=' },
  ])('The key of $secret is what follows the prefix, decoded', ({ secret, key }) => {
    expect(standardKey(secret)).toEqual(Buffer.from(key, 'base64'));
  });

  it.each([
    'x',
    'my secret',
    ' padded ',
    'a*b',
    'a..b',
    'MfKQ9r8GKYqr',
    'Whsec_YQ==',
    'schlüssel 😀',
  ])('The key of %j is its UTF-8 bytes', (secret) => {
    const expected = createHmac('sha256', Buffer.from(secret)).update('a.1.{}').digest('base64');
    expect(webhookSignature(secret, signed)).toBe(`v1,${expected}`);
  });
});

describe('isWeak', () => {
  it.each([
    { secret: 'mysecret', weak: true },
    { secret: 'whsec_c2VjcmV0', weak: true },
    { secret: 'a'.repeat(15), weak: true },
    { secret: 'a'.repeat(16), weak: false },
    { secret: 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw', weak: false },
  ])('Whether $secret is weak: $weak', ({ secret, weak }) => {
    expect(isWeak(secret)).toBe(weak);
  });
});

describe('isReadAsBase64', () => {
  it.each([
    { secret: 'MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw', is: true },
    { secret: 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw', is: false },
    { secret: 'my secret', is: false },
    { secret: 'a-secret-of-24-characters', is: false },
  ])('Whether other libraries decode $secret: $is', ({ secret, is }) => {
    expect(isReadAsBase64(secret)).toBe(is);
  });
});
