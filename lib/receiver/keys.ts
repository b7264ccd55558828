import type { KeyObject } from 'node:crypto';
import { OptionInvalidError } from '../errors/option-errors';
import { isPublicKeyText, publicKeyIn } from '../signing/key-pair';
import { secretProblem } from '../signing/secret';
import { unusable } from '../signing/signature';
import { isKeySource, type KeySource } from './jwks';

/** The secret of a listener, or the public key of the sender: `whpk_…`. */
export type VerifyKey = string;

/** What requests are verified with: one key or several, or keys that are read from a URL. */
export type VerifyKeys = VerifyKey | KeySource | readonly (VerifyKey | KeySource)[];

/** Keys by what they verify: a secret verifies `v1` only, and a public key `v1a` only. */
export interface SortedKeys {
  readonly secrets: readonly string[];
  readonly publicKeys: readonly KeyObject[];
  readonly sources: readonly KeySource[];
}

/** An unset variable or a masked copy in place of a key must not make anybody's signature acceptable. Throws `OPTION_INVALID`. */
export function sortedKeys(given: unknown): SortedKeys {
  const keys: readonly unknown[] = Array.isArray(given) ? Array.from<unknown>(given) : [given];
  if (keys.length === 0)
    throw new OptionInvalidError('secret', 'the secret of the listener, or a list of secrets');
  const sources = keys.filter(isKeySource);
  const texts = keys.filter((key) => !isKeySource(key)).map(textOf);
  return {
    sources,
    secrets: texts.filter((text) => !isPublicKeyText(text)),
    publicKeys: texts.filter(isPublicKeyText).map(publicKeyOf),
  };
}

function textOf(key: unknown): string {
  if (typeof key !== 'string') throw unusable(key);
  if (!isPublicKeyText(key) && secretProblem(key) !== null) throw unusable(key);
  return key;
}

function publicKeyOf(text: string): KeyObject {
  const key = publicKeyIn(text);
  if (key !== null) return key;
  throw new OptionInvalidError(
    'secret',
    'base64 of the 32 bytes of a public key of ed25519 after whpk_, not a masked or cut copy of it',
  );
}
