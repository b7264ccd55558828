import { types } from 'node:util';
import { base64Bytes, base64UrlBytes } from '../base/base64';
import { isObjectLiteral } from '../base/json';
import { OptionInvalidError } from '../errors/option-errors';

/**
 * Keys of 32 bytes by id, the newest first: bytes, or a text of 43 or 44 characters of base64, 64 hexadecimal digits or 32 one-byte
 * characters. The id of a key is stored with each secret that the key encrypts.
 */
export type EncryptionKeys = Readonly<Record<string, Uint8Array | string>>;

const KEY_BYTES = 32;
const ID = /^[A-Za-z0-9_.-]{1,64}$/;
const INTEGER = /^(0|[1-9]\d*)$/;

const EXPECTED_ID = 'named by 1 to 64 letters, digits, "_", "." and "-"';
const EXPECTED_KEY =
  '32 bytes: a Uint8Array, or a text of 43 or 44 characters of base64, 64 hexadecimal digits or 32 one-byte characters';
const UNORDERED =
  'named by more than digits if there are several keys: JavaScript moves names that are integers to the front, ' +
  'so that the newest key would be unknown';

/** The bytes of the keys, in their order. Throws `OPTION_INVALID`, which never shows a key. */
export function keyBytes(keys: EncryptionKeys = {}): ReadonlyMap<string, Buffer> {
  // A Map, for example, has no own members, so that everything would be stored in plain text.
  if (!isObjectLiteral(keys))
    throw new OptionInvalidError(
      'encryptionKeys',
      'a plain object of keys by id, the newest first',
    );
  const entries = Object.entries(keys);
  return new Map(
    entries.map(([id, key], n) => {
      const option = `encryptionKeys${nameOf(id, n)}`;
      if (!ID.test(id)) throw new OptionInvalidError(option, EXPECTED_ID);
      if (entries.length > 1 && INTEGER.test(id)) throw new OptionInvalidError(option, UNORDERED);
      const bytes = bytesOf(key);
      if (!bytes) throw new OptionInvalidError(option, EXPECTED_KEY);
      return [id, bytes];
    }),
  );
}

/** The id of a key, or its index if the id is malformed or could be a key. */
function nameOf(id: string, n: number): string {
  return ID.test(id) && !bytesOf(id) ? `.${id}` : `[${n}]`;
}

function bytesOf(key: unknown): Buffer | null {
  if (types.isUint8Array(key)) return key.length === KEY_BYTES ? Buffer.from(key) : null;
  if (typeof key !== 'string') return null;
  if (key.length === KEY_BYTES) return /^[\0-\x7f]*$/.test(key) ? Buffer.from(key) : null;
  if (/^[0-9a-f]{64}$/i.test(key)) return Buffer.from(key, 'hex');
  const padded = `${key.replace(/=$/, '')}=`;
  const bytes = base64Bytes(padded) ?? base64UrlBytes(padded.slice(0, -1));
  return bytes?.length === KEY_BYTES ? bytes : null;
}
