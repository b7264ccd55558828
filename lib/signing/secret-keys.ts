import { createSecretKey, type KeyObject } from 'node:crypto';
import { remember } from '../base/remember';
import { standardKey } from './secret';

/** The keys that requests with one secret are signed with. */
export interface SecretKeys {
  /** The secret as it was given, in UTF-8. */
  readonly exact: KeyObject;
  /** The decoded base64 after `whsec_`; of another secret, the same bytes as `exact`. */
  readonly standard: KeyObject;
}

/** Secrets whose keys are kept. */
const MAX_KEPT = 1_000;

const kept = new Map<string, SecretKeys>();

/** Null if the secret is not usable. Checking a secret and making its keys takes longer than signing a request. */
export function secretKeys(secret: string): SecretKeys | null {
  const known = kept.get(secret);
  if (known) return known;
  const standard = standardKey(secret);
  if (standard === null) return null;
  const keys = {
    exact: createSecretKey(Buffer.from(secret)),
    standard: createSecretKey(standard),
  };
  remember(kept, MAX_KEPT, secret, keys);
  return keys;
}
