import {
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
} from 'node:crypto';
import { base64Bytes } from '../base/base64';

/** A key pair of ed25519, in the format of Standard Webhooks. */
export interface SigningKeyPair {
  /** For the option `signingKeys`: `whsk_` and base64 of the seed and the public key, 64 bytes. Whoever has it can sign. */
  readonly secretKey: string;
  /** For receivers: `whpk_` and base64 of the public key, 32 bytes. It may be published. */
  readonly publicKey: string;
}

const SECRET_PREFIX = 'whsk_';
const PUBLIC_PREFIX = 'whpk_';
/** Bytes of a seed, and of a public key. */
const KEY_BYTES = 32;

/** What precedes the seed of a private key in PKCS #8, and a public key in SPKI (RFC 8410, section 10). */
const PKCS8_START = Buffer.from('302e020100300506032b657004220420', 'hex');
const SPKI_START = Buffer.from('302a300506032b6570032100', 'hex');

/**
 * A new key pair for the option `signingKeys`.
 *
 * @example
 * const { secretKey, publicKey } = generateSigningKey();
 * console.log('keep', secretKey, 'and give receivers', publicKey);
 */
export function generateSigningKey(): SigningKeyPair {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  const seed = privateKey.export({ format: 'der', type: 'pkcs8' }).subarray(-KEY_BYTES);
  const point = publicBytes(publicKey);
  return {
    secretKey: SECRET_PREFIX + Buffer.concat([seed, point]).toString('base64'),
    publicKey: PUBLIC_PREFIX + point.toString('base64'),
  };
}

/** A secret key that was read. */
export interface SigningKey {
  readonly privateKey: KeyObject;
  readonly publicBytes: Buffer;
}

/** The key in a text `whsk_…`, or why it is none. The reason ends the sentence "The key …" and shows nothing of the key. */
export function signingKeyIn(text: unknown): SigningKey | string {
  if (typeof text !== 'string') return 'must be a text';
  if (text.startsWith(PUBLIC_PREFIX))
    return 'must be a secret key that begins with whsk_; it is the public key, which cannot sign';
  if (!text.startsWith(SECRET_PREFIX)) return 'must begin with whsk_';
  const bytes = base64Bytes(text.slice(SECRET_PREFIX.length));
  if (bytes?.length !== 2 * KEY_BYTES)
    return 'must be base64 of 64 bytes after whsk_: the seed of ed25519 and its public key';
  const key = privateKeyOf(bytes.subarray(0, KEY_BYTES));
  const point = publicBytes(createPublicKey(key));
  if (!point.equals(bytes.subarray(KEY_BYTES)))
    return 'must hold the public key that belongs to its seed: it was put together wrongly';
  return { privateKey: key, publicBytes: point };
}

/** Whether a text is meant as a public key. */
export function isPublicKeyText(text: string): boolean {
  return text.startsWith(PUBLIC_PREFIX);
}

/** The key in a text `whpk_…`. Null if it is none, or one under which anybody can make signatures. */
export function publicKeyIn(text: string): KeyObject | null {
  if (!isPublicKeyText(text)) return null;
  const bytes = base64Bytes(text.slice(PUBLIC_PREFIX.length));
  return bytes && publicKeyOf(bytes);
}

/** The public key of these bytes. Null if there are not 32, or if anybody can make signatures that it accepts. */
export function publicKeyOf(bytes: Uint8Array): KeyObject | null {
  if (bytes.length !== KEY_BYTES || hasSmallOrder(bytes)) return null;
  return createPublicKey({
    key: Buffer.concat([SPKI_START, bytes]),
    format: 'der',
    type: 'spki',
  });
}

/** The 32 bytes of a public key. */
function publicBytes(key: KeyObject): Buffer {
  return Buffer.from(key.export({ format: 'der', type: 'spki' }).subarray(-KEY_BYTES));
}

function privateKeyOf(seed: Uint8Array): KeyObject {
  const key = Buffer.concat([PKCS8_START, seed]);
  return createPrivateKey({ key, format: 'der', type: 'pkcs8' });
}

/**
 * The points of small order, without their sign bits. One signature under such a key is valid for many messages, so that nobody needs
 * the seed. A key of zeros, what an empty buffer gives, is one of them.
 *
 * @see Chalkias, Garillot and Nikolaenko, "Taming the many EdDSAs", 2020, table 1
 */
const SMALL_ORDER: ReadonlySet<string> = new Set([
  `01${'00'.repeat(31)}`,
  '00'.repeat(32),
  '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05',
  'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a',
  `ec${'ff'.repeat(30)}7f`,
  `ed${'ff'.repeat(30)}7f`,
  `ee${'ff'.repeat(30)}7f`,
]);

function hasSmallOrder(bytes: Uint8Array): boolean {
  const point = Buffer.from(bytes);
  point.writeUInt8(point.readUInt8(KEY_BYTES - 1) & 0x7f, KEY_BYTES - 1);
  return SMALL_ORDER.has(point.toString('hex'));
}
