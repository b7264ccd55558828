import { createHash } from 'node:crypto';

/** A strong entity tag of a text. */
export function contentEtag(text: string): string {
  return `"${createHash('sha256').update(text).digest('base64url').slice(0, 22)}"`;
}
