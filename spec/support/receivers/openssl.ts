import { execFileSync, spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** The HMAC that the program `openssl` computes, in base64. */
export function opensslHmac(digest: string, key: Uint8Array, content: string | Uint8Array): string {
  const hexKey = Buffer.from(key).toString('hex');
  const args = ['dgst', `-${digest}`, '-mac', 'HMAC', '-macopt', `hexkey:${hexKey}`, '-binary'];
  return execFileSync('openssl', args, { input: content }).toString('base64');
}

/** Whether the program `openssl` accepts an ed25519 signature by the key in a JWK. `folder` gets the files that it reads. */
export function opensslAccepts(
  {
    jwk,
    signature,
    content,
  }: {
    readonly jwk: { readonly x: string };
    readonly signature: Uint8Array;
    readonly content: Uint8Array;
  },
  folder: string,
): boolean {
  const start = Buffer.from('302a300506032b6570032100', 'hex');
  const files = {
    key: Buffer.concat([start, Buffer.from(jwk.x, 'base64url')]),
    signature,
    content,
  };
  const path = (name: string) => join(folder, name);
  for (const [name, bytes] of Object.entries(files)) writeFileSync(path(name), bytes);
  const args = ['pkeyutl', '-verify', '-rawin', '-pubin', '-keyform', 'DER', '-inkey', path('key')];
  const { error, status } = spawnSync('openssl', [
    ...args,
    ...['-in', path('content'), '-sigfile', path('signature')],
  ]);
  if (error) throw error;
  return status === 0;
}
