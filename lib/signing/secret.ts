import { base64Bytes } from '../base/base64';

const STANDARD_PREFIX = 'whsec_';

/** What copies of a secret show in its place. Everybody knows them, so everybody could sign with them. */
const MASK = /^x{4,64}$|[*•●∙█]{3}|…|^[<[({].*(secret|redacted|filtered|hidden|masked).*[>\])}]$/is;
/** What an unset variable becomes in a text. */
const UNSET = new Set(['undefined', 'null', 'NaN', '[object Object]']);

/** Everybody may know a public key. If its text was a secret, everybody could sign with it. */
const ASYMMETRIC = /^\s*wh[sp]k_/i;

/** Why nobody may sign or verify with a secret. Null if it is usable. Ends the sentence "The secret …". */
export function secretProblem(secret: unknown): string | null {
  if (typeof secret !== 'string') return 'must be a text';
  if (ASYMMETRIC.test(secret))
    return 'must be a secret that only sender and receiver know; it is a key of ed25519';
  const isStandard = secret.startsWith(STANDARD_PREFIX);
  const text = isStandard ? secret.slice(STANDARD_PREFIX.length) : secret;
  if (text.trim() === '') return 'must not be empty';
  if (MASK.test(text)) return 'must be the secret itself, not a masked copy of it';
  if (UNSET.has(text)) return `must be a secret; it is the text of an unset variable`;
  if (isStandard && base64Bytes(text) === null)
    return 'must be base64 after whsec_: the standard alphabet, with padding';
  return null;
}

/** The key of `webhook-signature`. Null if the secret is not usable. */
export function standardKey(secret: string): Buffer | null {
  if (secretProblem(secret) !== null) return null;
  if (!secret.startsWith(STANDARD_PREFIX)) return Buffer.from(secret);
  return base64Bytes(secret.slice(STANDARD_PREFIX.length));
}

/** A secret in the format of Standard Webhooks with fewer bytes can be guessed. The bytes of 128 bits. */
const STRONG_BYTES = 16;

/** Whether a secret is short enough to be guessed from one signed request. */
export function isWeak(secret: string): boolean {
  return (standardKey(secret)?.length ?? 0) < STRONG_BYTES;
}

/** Whether other libraries of Standard Webhooks read other bytes: they decode each text that is base64. */
export function isReadAsBase64(secret: string): boolean {
  return !secret.startsWith(STANDARD_PREFIX) && base64Bytes(secret) !== null;
}
