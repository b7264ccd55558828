import type { Listener } from '../../listener/declared/listener';
import type { Digest } from '../../options/listener';

export interface SampleCode {
  readonly language: string;
  readonly code: string;
}

/** How a receiver checks the requests of a listener. */
export function codesFor({
  signature,
  digest,
}: Pick<Listener, 'signature' | 'digest'>): readonly SampleCode[] {
  return signature === 'v1a' ? BY_KEYS : sampleCodes(digest);
}

/** Requests of a listener with `v1a` have no `Hook-HMAC`. */
const BY_KEYS: readonly SampleCode[] = [
  {
    language: 'Node.js',
    code: `import { jwks, verify } from 'typeorm-model-hooks/receiver';

// The URL of this admin app, followed by /.well-known/webhook-keys
const keys = jwks(process.env.WEBHOOK_KEYS_URL);

export async function isSigned(headers, rawBody) {
  return verify(headers, rawBody, keys).then(() => true, () => false);
}`,
  },
];

/** How a receiver checks `Hook-HMAC`, with nothing but the standard library of each language. */
export function sampleCodes(digest: Digest): readonly SampleCode[] {
  const bits = digest.slice('sha'.length);
  const go = GO_HASHES[digest];
  return [
    {
      language: 'Node.js',
      code: `import { createHmac, timingSafeEqual } from 'node:crypto';

export function isSigned(rawBody, hookHmac) {
  const expected = createHmac('${digest}', process.env.WEBHOOK_SECRET).update(rawBody).digest();
  const given = Buffer.from(hookHmac, 'base64');
  return given.length === expected.length && timingSafeEqual(given, expected);
}`,
    },
    {
      language: 'Python',
      code: `import base64, hashlib, hmac, os

def is_signed(raw_body: bytes, hook_hmac: str) -> bool:
    secret = os.environ["WEBHOOK_SECRET"].encode()
    expected = base64.b64encode(hmac.new(secret, raw_body, hashlib.${digest}).digest())
    return hmac.compare_digest(expected, hook_hmac.encode())`,
    },
    {
      language: 'PHP',
      code: `<?php
function is_signed(string $rawBody, string $hookHmac): bool {
    $expected = base64_encode(hash_hmac('${digest}', $rawBody, getenv('WEBHOOK_SECRET'), true));
    return hash_equals($expected, $hookHmac);
}`,
    },
    {
      language: 'Ruby',
      code: `require "base64"
require "openssl"

def signed?(raw_body, hook_hmac)
  expected = Base64.strict_encode64(OpenSSL::HMAC.digest("${digest.toUpperCase()}", ENV.fetch("WEBHOOK_SECRET"), raw_body))
  OpenSSL.secure_compare(expected, hook_hmac)
end`,
    },
    {
      language: 'Go',
      code: `package receiver

import (
	"crypto/hmac"
	"${go.package}"
	"encoding/base64"
	"os"
)

func IsSigned(rawBody []byte, hookHMAC string) bool {
	mac := hmac.New(${go.constructor}, []byte(os.Getenv("WEBHOOK_SECRET")))
	mac.Write(rawBody)
	expected := base64.StdEncoding.EncodeToString(mac.Sum(nil))
	return hmac.Equal([]byte(expected), []byte(hookHMAC))
}`,
    },
    {
      language: 'Java',
      code: `import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.util.Base64;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

class Webhooks {
  static boolean isSigned(byte[] rawBody, String hookHmac) throws GeneralSecurityException {
    byte[] secret = System.getenv("WEBHOOK_SECRET").getBytes(StandardCharsets.UTF_8);
    Mac mac = Mac.getInstance("HmacSHA${bits}");
    mac.init(new SecretKeySpec(secret, "HmacSHA${bits}"));
    String expected = Base64.getEncoder().encodeToString(mac.doFinal(rawBody));
    return MessageDigest.isEqual(
        expected.getBytes(StandardCharsets.UTF_8), hookHmac.getBytes(StandardCharsets.UTF_8));
  }
}`,
    },
    {
      language: 'bash',
      code: `# The raw body is in the file body; the header Hook-HMAC is in $HOOK_HMAC.
expected=$(openssl dgst -${digest} -hmac "$WEBHOOK_SECRET" -binary < body | base64 -w 0)
[ "$expected" = "$HOOK_HMAC" ] && echo signed`,
    },
  ];
}

const GO_HASHES: Readonly<
  Record<Digest, { readonly package: string; readonly constructor: string }>
> = {
  sha1: { package: 'crypto/sha1', constructor: 'sha1.New' },
  sha256: { package: 'crypto/sha256', constructor: 'sha256.New' },
  sha384: { package: 'crypto/sha512', constructor: 'sha512.New384' },
  sha512: { package: 'crypto/sha512', constructor: 'sha512.New' },
};
