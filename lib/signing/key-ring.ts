import { isObjectLiteral } from '../base/json';
import { OptionInvalidError } from '../errors/option-errors';
import { type SigningKey, signingKeyIn } from './key-pair';
import { asymmetricSignatures, type SignedContent } from './signature';

/**
 * Secret keys of ed25519 by id, the newest first: each is `whsk_` and base64 of the 64 bytes of seed and public key. The id of a key is its
 * `kid` in the published key set.
 */
export type SigningKeys = Readonly<Record<string, string>>;

/** A public key in a JSON Web Key Set (RFC 7517, RFC 8037). */
export interface PublicJwk {
  readonly kty: 'OKP';
  readonly crv: 'Ed25519';
  readonly kid: string;
  /** The 32 bytes in base64url. */
  readonly x: string;
  readonly use: 'sig';
  readonly alg: 'EdDSA';
}

/** Each request has a signature of each key, so their number is limited. */
const MAX_SIGNING_KEYS = 4;

const ID = /^[A-Za-z0-9_.-]{1,64}$/;
const INTEGER = /^(0|[1-9]\d*)$/;

const EXPECTED_ID = 'named by 1 to 64 letters, digits, "_", "." and "-"';
const UNORDERED =
  'named by more than digits if there are several keys: JavaScript moves names that are integers to the front, ' +
  'so that the newest key would be unknown';

/** The keys that requests are signed with by `v1a`. While there are several, all of them sign. */
export class KeyRing {
  readonly #keys: ReadonlyMap<string, SigningKey>;

  /** Throws `OPTION_INVALID`, which never shows a key. */
  constructor(given: SigningKeys = {}) {
    if (!isObjectLiteral(given))
      throw new OptionInvalidError('signingKeys', 'a plain object of keys by id, the newest first');
    const entries = Object.entries(given);
    if (entries.length > MAX_SIGNING_KEYS)
      throw new OptionInvalidError('signingKeys', `at most ${MAX_SIGNING_KEYS} keys`);
    this.#keys = new Map(entries.map(([id, key], n) => [id, checked(id, key, { n, entries })]));
  }

  get isEmpty(): boolean {
    return this.#keys.size === 0;
  }

  /** One signature by each key, in the order of the keys. */
  signatures(content: SignedContent): readonly string[] {
    const keys = [...this.#keys.values()].map(({ privateKey }) => privateKey);
    return asymmetricSignatures(keys, content);
  }

  /** The public keys. */
  get publicKeys(): readonly PublicJwk[] {
    return [...this.#keys].map(([kid, { publicBytes }]) => ({
      kty: 'OKP',
      crv: 'Ed25519',
      kid,
      x: publicBytes.toString('base64url'),
      use: 'sig',
      alg: 'EdDSA',
    }));
  }

  /** Whether both hold the same keys in the same order. */
  hasSameKeys(other: KeyRing): boolean {
    return JSON.stringify(this.publicKeys) === JSON.stringify(other.publicKeys);
  }
}

interface Among {
  readonly n: number;
  readonly entries: readonly unknown[];
}

function checked(id: string, text: unknown, { n, entries }: Among): SigningKey {
  const option = `signingKeys${nameOf(id, n)}`;
  if (!isId(id)) throw new OptionInvalidError(option, EXPECTED_ID);
  if (entries.length > 1 && INTEGER.test(id)) throw new OptionInvalidError(option, UNORDERED);
  const key = signingKeyIn(text);
  if (typeof key === 'string') throw new OptionInvalidError(option, { option, text: key });
  return key;
}

/** The id of a key, or its index if the id is malformed or could be a key. */
function nameOf(id: string, n: number): string {
  return isId(id) ? `.${id}` : `[${n}]`;
}

/** A key that stands in the place of its id must not be shown. */
function isId(id: string): boolean {
  return ID.test(id) && !/^wh(sk|sec)_/i.test(id);
}
