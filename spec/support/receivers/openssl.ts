import { execFileSync } from 'node:child_process';

/** The HMAC that the program `openssl` computes, in base64. */
export function opensslHmac(digest: string, key: Uint8Array, content: string | Uint8Array): string {
  const hexKey = Buffer.from(key).toString('hex');
  const args = ['dgst', `-${digest}`, '-mac', 'HMAC', '-macopt', `hexkey:${hexKey}`, '-binary'];
  return execFileSync('openssl', args, { input: content }).toString('base64');
}
