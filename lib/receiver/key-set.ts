import type { KeyObject } from 'node:crypto';
import { base64UrlBytes } from '../base/base64';
import { publicKeyOf } from '../signing/key-pair';

/** The longest key set that is read, in bytes. */
const MAX_BYTES = 65_536;
/** The most keys of a set. Each signature is tried with each key. */
const MAX_KEYS = 16;

interface Fetching {
  readonly timeoutMs: number;
  readonly fetch: (url: string, init: RequestInit) => Promise<Response>;
}

/** Whether keys may be read from a URL: who can change them on the way can sign. */
export function isKeySetUrl(url: unknown): boolean {
  if (typeof url !== 'string' || !URL.canParse(url)) return false;
  const { protocol, hostname, username, password } = new URL(url);
  if (username !== '' || password !== '') return false;
  return protocol === 'https:' || (protocol === 'http:' && isLoopback(hostname));
}

/** URL writes each spelling of an IPv4 address in this one. */
function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127(\.\d{1,3}){3}$/.test(hostname);
}

/** The keys of ed25519 in the key set at a URL. Rejects if it cannot be read in time, is too long or no key set. */
export async function fetchedKeys(
  url: string,
  { timeoutMs, fetch }: Fetching,
): Promise<readonly KeyObject[]> {
  // Node.js refuses fractions.
  const signal = AbortSignal.timeout(Math.ceil(timeoutMs));
  // A function that is given need not obey the signal.
  const timeOut = new Promise<never>((_resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
  return Promise.race([read(url, fetch, signal), timeOut]);
}

async function read(
  url: string,
  fetch: Fetching['fetch'],
  signal: AbortSignal,
): Promise<readonly KeyObject[]> {
  // A redirect could lead to another host, which would then decide who can sign.
  const headers = { accept: 'application/jwk-set+json, application/json' };
  const response = await fetch(url, { redirect: 'error', headers, signal });
  if (response.redirected) throw new Error('The key set was redirected.');
  if (response.status !== 200) {
    await response.body?.cancel();
    throw new Error(`The key set was answered with the status ${response.status}.`);
  }
  return keysIn(JSON.parse(await textOf(response)));
}

async function textOf({ body }: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of body ?? []) {
    bytes += chunk.length;
    if (bytes > MAX_BYTES) throw new Error(`The key set is longer than ${MAX_BYTES} bytes.`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}

/** Keys of other kinds are left out. Throws if it is no key set. */
function keysIn(json: unknown): readonly KeyObject[] {
  const keys = isObject(json) ? json.keys : undefined;
  if (!Array.isArray(keys)) throw new Error('The answer is not a key set.');
  if (keys.length > MAX_KEYS) throw new Error(`The key set has more than ${MAX_KEYS} keys.`);
  return keys.flatMap((key: unknown) => keyIn(key) ?? []);
}

function keyIn(jwk: unknown): KeyObject | null {
  if (!isObject(jwk) || jwk.kty !== 'OKP' || jwk.crv !== 'Ed25519') return null;
  const { use = 'sig', alg = 'EdDSA', x } = jwk;
  if (use !== 'sig' || (alg !== 'EdDSA' && alg !== 'Ed25519') || typeof x !== 'string') return null;
  const bytes = base64UrlBytes(x);
  return bytes && publicKeyOf(bytes);
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}
