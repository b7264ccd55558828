import { createPublicKey, verify } from 'node:crypto';
import { generateSigningKey, publicKeyIn, signingKeyIn } from '../../lib/signing/key-pair';
import { KeyRing } from '../../lib/signing/key-ring';

/** RFC 8032, section 7.1, test 1. */
const SEED = '9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60';
const POINT = 'd75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a';
const KEY = `whsk_${Buffer.from(SEED + POINT, 'hex').toString('base64')}`;

describe('generateSigningKey', () => {
  it('generateSigningKey() makes a secret key of 64 bytes and the public key that belongs to it', () => {
    const { secretKey, publicKey } = generateSigningKey();
    const bytes = Buffer.from(secretKey.slice('whsk_'.length), 'base64');
    expect(bytes).toHaveLength(64);
    expect(`whpk_${bytes.subarray(32).toString('base64')}`).toBe(publicKey);
    expect(signingKeyIn(secretKey)).toMatchObject({ publicBytes: bytes.subarray(32) });
    expect(generateSigningKey().secretKey).not.toBe(secretKey);
  });
});

describe('signingKeyIn', () => {
  it('signingKeyIn() reads the key of RFC 8032', () => {
    expect(signingKeyIn(KEY)).toMatchObject({ publicBytes: Buffer.from(POINT, 'hex') });
  });
});

describe('publicKeyIn', () => {
  it.each([
    '00'.repeat(32),
    `${'00'.repeat(31)}80`,
    `01${'00'.repeat(31)}`,
    '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05',
    '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85',
    'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a',
    'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa',
    `ec${'ff'.repeat(30)}7f`,
    `ed${'ff'.repeat(30)}7f`,
    `ee${'ff'.repeat(30)}ff`,
  ])('publicKeyIn() refuses the point of small order %s', (hex) => {
    expect(publicKeyIn(`whpk_${Buffer.from(hex, 'hex').toString('base64')}`)).toBeNull();
  });
});

describe('KeyRing', () => {
  const { secretKey, publicKey } = generateSigningKey();
  const wrong = `whsk_${Buffer.from(SEED + '00'.repeat(32), 'hex').toString('base64')}`;

  it.each<[string, unknown, string]>([
    ['a list', [secretKey], 'signingKeys'],
    ['a Map', new Map([['a', secretKey]]), 'signingKeys'],
    ['five keys', { a: KEY, b: KEY, c: KEY, d: KEY, e: KEY }, 'signingKeys'],
    ['a public key', { a: publicKey }, 'signingKeys.a'],
    ['a secret', { a: 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw' }, 'signingKeys.a'],
    ['a seed alone', { a: `whsk_${Buffer.from(SEED, 'hex').toString('base64')}` }, 'signingKeys.a'],
    ['a public key that is not that of the seed', { a: wrong }, 'signingKeys.a'],
    ['a number', { a: 1 }, 'signingKeys.a'],
    ['an id with a space', { 'a b': KEY }, 'signingKeys[0]'],
    ['a key as its id', { [secretKey]: 'a' }, 'signingKeys[0]'],
    ['a part of a key as its id', { [secretKey.slice(0, 40)]: 'a' }, 'signingKeys[0]'],
    ['numbers as ids of several keys', { 1: KEY, 2: secretKey }, 'signingKeys.1'],
  ])('KeyRing refuses %s and shows no key', (_name, keys, option) => {
    const make = () => new KeyRing(keys as never);
    expect(make).toThrow(expect.objectContaining({ code: 'OPTION_INVALID', option }));
    for (const shown of [secretKey, publicKey, KEY, wrong].map((key) => key.slice(5, 25)))
      expect(make).not.toThrow(shown);
  });

  it('Each key of a KeyRing signs, the newest first, and its public keys verify it', () => {
    const ring = new KeyRing({ newest: secretKey, old: KEY });
    const signatures = ring.signatures({ id: 'id', timestamp: 7, body: '{"a":"ü"}' });
    expect(ring.publicKeys.map(({ kid }) => kid)).toEqual(['newest', 'old']);
    for (const [n, jwk] of ring.publicKeys.entries()) {
      const key = createPublicKey({ key: { ...jwk }, format: 'jwk' });
      const bytes = Buffer.from(signatures[n]?.slice('v1a,'.length) ?? '', 'base64');
      expect(verify(null, Buffer.from('id.7.{"a":"ü"}'), key, bytes)).toBe(true);
    }
  });

  it('hasSameKeys() compares keys, ids and their order', () => {
    const ring = new KeyRing({ a: secretKey, b: KEY });
    expect(ring.hasSameKeys(new KeyRing({ a: secretKey, b: KEY }))).toBe(true);
    for (const other of [{ b: KEY, a: secretKey }, { a: secretKey }, { a: KEY, b: secretKey }])
      expect(ring.hasSameKeys(new KeyRing(other))).toBe(false);
  });
});
