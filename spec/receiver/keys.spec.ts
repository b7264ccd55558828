import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { verify } from 'typeorm-model-hooks/receiver';
import { generateSigningKey } from '../../lib/signing/key-pair';
import { KeyRing } from '../../lib/signing/key-ring';
import { hookHmac, webhookSignature } from '../../lib/signing/signature';
import { BODY, ID, NOW, SECRET } from '../support/receivers/signed';

const pair = generateSigningKey();
const other = generateSigningKey();
const timestamp = NOW / 1_000;
const now = () => NOW;
const content = { id: ID, timestamp, body: BODY };
const [RIGHT = ''] = signaturesBy(pair.secretKey);
const REFUSED = expect.objectContaining({ reason: 'signature-mismatch' });

function signaturesBy(...secretKeys: readonly string[]): readonly string[] {
  const keys = Object.fromEntries(secretKeys.map((key, n) => [`k${n}`, key]));
  return new KeyRing(keys).signatures(content);
}

function headersOf(signature: string): Record<string, string> {
  return {
    'webhook-id': ID,
    'webhook-timestamp': String(timestamp),
    'webhook-signature': signature,
  };
}

function hmacBy(key: string | Uint8Array): string {
  const secret = typeof key === 'string' ? key : `whsec_${Buffer.from(key).toString('base64')}`;
  return webhookSignature(secret, content);
}

const publicBytes = Buffer.from(pair.publicKey.slice('whpk_'.length), 'base64');
/** What `hookHmac` makes of a text that no secret may be. */
const hmacByText = (text: string) =>
  `v1,${Buffer.from(hookHmac('sha256', `x${text}`, BODY), 'base64').toString('base64')}`;

describe('verify() with a public key', () => {
  it.each<[string, string | readonly string[]]>([
    ['the key', pair.publicKey],
    ['several keys', [other.publicKey, pair.publicKey]],
    ['a secret and the key', [SECRET, pair.publicKey]],
  ])('verify() accepts a signature v1a with %s', (_name, key) => {
    expect(verify(headersOf(RIGHT), BODY, key, { now }).id).toBe(ID);
    expect(verify(headersOf(RIGHT), Buffer.from(BODY), key, { now }).id).toBe(ID);
  });

  it('verify() accepts one right signature among those of other keys and kinds', () => {
    const all = [hmacBy(SECRET), ...signaturesBy(other.secretKey, pair.secretKey), 'v2,x'];
    for (const key of [pair.publicKey, other.publicKey, SECRET])
      expect(verify(headersOf(all.join(' ')), BODY, key, { now }).id).toBe(ID);
  });

  const base64 = RIGHT.slice('v1a,'.length);
  it.each<[string, string, string | readonly string[]]>([
    ['an HMAC with the bytes of the public key', hmacBy(publicBytes), pair.publicKey],
    ['that HMAC, called v1a', hmacBy(publicBytes).replace('v1,', 'v1a,'), pair.publicKey],
    ['an HMAC with the text of the public key', hmacByText(pair.publicKey), pair.publicKey],
    ['a signature v1a that is called v1', `v1,${base64}`, pair.publicKey],
    ['a signature of another key', signaturesBy(other.secretKey).join(' '), pair.publicKey],
    ['a signature v1a, for a receiver with a secret only', RIGHT, SECRET],
    ['an HMAC, for a receiver with a public key only', hmacBy(SECRET), pair.publicKey],
    ['a signature without its base64 padding', RIGHT.replace(/=+$/, ''), pair.publicKey],
    [
      'a signature in base64url',
      RIGHT.replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, ''),
      pair.publicKey,
    ],
    ['a signature of 64 zeros', `v1a,${Buffer.alloc(64).toString('base64')}`, pair.publicKey],
    ['an empty signature', 'v1a,', [pair.publicKey, SECRET]],
    [
      'a right signature after 8 wrong ones',
      [...Array(8).fill(signaturesBy(other.secretKey)[0]), RIGHT].join(' '),
      pair.publicKey,
    ],
  ])('verify() refuses %s', (_name, signature, key) => {
    expect(() => verify(headersOf(signature), BODY, key, { now })).toThrow(REFUSED);
  });

  it.each<[string, string]>([
    ['a secret key', pair.secretKey],
    ['a secret key after a space', ` ${pair.secretKey}`],
    ['a public key after a space', ` ${pair.publicKey}`],
    ['a public key in upper case', pair.publicKey.replace('whpk_', 'WHPK_')],
    ['a public key without its end', pair.publicKey.slice(0, -4)],
    ['a public key with a byte too many', `whpk_${randomBytes(33).toString('base64')}`],
    ['a masked public key', 'whpk_*****'],
    ['a public key of zeros', `whpk_${Buffer.alloc(32).toString('base64')}`],
    ['no key after the prefix', 'whpk_'],
  ])('verify() refuses to work with %s', (_name, key) => {
    const attempt = () => verify(headersOf(RIGHT), BODY, [SECRET, key], { now });
    expect(attempt).toThrow(expect.objectContaining({ code: 'OPTION_INVALID', option: 'secret' }));
    expect(attempt).not.toThrow(key.slice(5, 20) || 'nothing');
  });

  it('A request with one changed bit in its body, id, time or signature is refused', () => {
    const parts = fc.constantFrom('body', 'webhook-id', 'webhook-timestamp', 'webhook-signature');
    fc.assert(
      fc.property(parts, fc.nat(), (part, bit) => {
        const values: Record<string, string> = { ...headersOf(RIGHT), body: BODY };
        const bytes = Buffer.from(values[part] ?? '', part === 'body' ? 'utf8' : 'latin1');
        const place = bit % (8 * bytes.length);
        bytes.writeUInt8(bytes.readUInt8(place >> 3) ^ (1 << (place & 7)), place >> 3);
        const { body, ...headers } = { ...values, [part]: bytes.toString('latin1') };
        const raw = part === 'body' ? bytes : (body ?? '');
        expect(() =>
          verify(headers, raw, pair.publicKey, { now, toleranceMs: Number.POSITIVE_INFINITY }),
        ).toThrow(expect.objectContaining({ code: 'SIGNATURE_INVALID' }));
      }),
    );
  });
});
