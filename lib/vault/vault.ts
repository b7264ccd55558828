import {
  createCipheriv,
  createDecipheriv,
  createHmac,
  createSecretKey,
  hkdfSync,
  type KeyObject,
  randomBytes,
} from 'node:crypto';
import { base64UrlBytes } from '../base/base64';
import { SecretKeyMissingError, SecretUnreadableError } from '../errors/vault-errors';
import { type EncryptionKeys, keyBytes } from './encryption-keys';

const CIPHER = 'aes-256-gcm';
const IV_BYTES = 12;
const TAG_BYTES = 16;

/** Start of an encrypted text. A plain text that starts like this is stored with the prefix `PLAIN`. Later versions are refused. */
const MARKED = /^enc:v\d+:/;
const PLAIN = 'enc:v0:';
const SEALED = /^enc:v1:([A-Za-z0-9_.-]{1,64}):([A-Za-z0-9_-]+)$/;

/**
 * Encrypts secrets for the database with AES-256-GCM: `enc:v1:<key id>:` and base64url of the nonce (96 random bits), tag and ciphertext.
 * A secret that is encrypted for one place cannot be decrypted in another. Without keys, texts are stored as they are.
 *
 * @see NIST SP 800-38D
 */
export class Vault {
  readonly #keys: ReadonlyMap<string, KeyObject>;
  /** The id of the key that encrypts. Null without keys. */
  readonly newest: string | null;
  readonly #digestKey: Buffer | null;

  /** Throws `OPTION_INVALID`. */
  constructor(keys: EncryptionKeys = {}) {
    const given = [...keyBytes(keys)];
    this.#keys = new Map(given.map(([id, bytes]) => [id, createSecretKey(bytes)]));
    const [newest] = given;
    this.newest = newest?.[0] ?? null;
    this.#digestKey = newest ? digestKey(newest[1]) : null;
  }

  get ids(): readonly string[] {
    return [...this.#keys.keys()];
  }

  /** Whether both hold the same keys in the same order. */
  hasSameKeys(other: Vault): boolean {
    const [own, others] = [[...this.#keys], [...other.#keys]];
    return (
      own.length === others.length &&
      own.every(([id, key], n) => others[n]?.[0] === id && key.equals(others[n][1]))
    );
  }

  /** Encrypts a text for this place. Without keys, the text stays as it is. */
  seal(text: string, place: string): string {
    const key = this.newest === null ? undefined : this.#keys.get(this.newest);
    if (!key) return MARKED.test(text) ? PLAIN + text : text;
    const iv = randomBytes(IV_BYTES);
    const cipher = createCipheriv(CIPHER, key, iv, { authTagLength: TAG_BYTES });
    cipher.setAAD(Buffer.from(place));
    const sealed = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]);
    const bytes = Buffer.concat([iv, cipher.getAuthTag(), sealed]);
    return `enc:v1:${this.newest}:${bytes.toString('base64url')}`;
  }

  /** Throws `SECRET_KEY_MISSING` and `SECRET_UNREADABLE`. */
  open(stored: string, place: string): string {
    if (!MARKED.test(stored)) return stored;
    if (stored.startsWith(PLAIN)) return stored.slice(PLAIN.length);
    const [, id = '', payload = ''] = SEALED.exec(stored) ?? [];
    const bytes = base64UrlBytes(payload);
    if (!bytes || bytes.length < IV_BYTES + TAG_BYTES) throw new SecretUnreadableError(id);
    const key = this.#keys.get(id);
    if (!key) throw new SecretKeyMissingError([id]);
    const text = opened(key, bytes, place);
    if (text === null) throw new SecretUnreadableError(id);
    return text;
  }

  /** Whether a stored text is encrypted with the newest key. Without keys: whether it is plain. */
  isCurrent(stored: string): boolean {
    return keyIdOf(stored) === this.newest;
  }

  /** A keyed hash of a secret, to compare secrets by. Without keys, the secret itself. */
  digest(secret: string): string {
    if (!this.#digestKey) return secret;
    return createHmac('sha256', this.#digestKey).update(secret).digest('base64url');
  }
}

/** The id of the key that a stored text is encrypted with. Null for a plain text. */
export function keyIdOf(stored: string): string | null {
  return SEALED.exec(stored)?.[1] ?? null;
}

function opened(key: KeyObject, bytes: Buffer, place: string): string | null {
  const iv = bytes.subarray(0, IV_BYTES);
  const decipher = createDecipheriv(CIPHER, key, iv, { authTagLength: TAG_BYTES });
  decipher.setAAD(Buffer.from(place));
  decipher.setAuthTag(bytes.subarray(IV_BYTES, IV_BYTES + TAG_BYTES));
  try {
    const sealed = bytes.subarray(IV_BYTES + TAG_BYTES);
    return Buffer.concat([decipher.update(sealed), decipher.final()]).toString('utf8');
  } catch {
    return null;
  }
}

function digestKey(key: Buffer): Buffer {
  return Buffer.from(hkdfSync('sha256', key, '', 'typeorm-model-hooks: digest of secrets', 32));
}
