const STANDARD = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

/**
 * The bytes of a text in base64: the standard alphabet, padded, without a bit too many (RFC 4648, section 4). Null for any other text, also
 * for an empty one. Node.js decodes whatever it can and drops the rest, so that a key would become a shorter one.
 */
export function base64Bytes(text: string): Buffer | null {
  if (text === '' || !STANDARD.test(text)) return null;
  const bytes = Buffer.from(text, 'base64');
  return bytes.toString('base64') === text ? bytes : null;
}

/** The bytes of a text in base64url without padding. Null for any other text. */
export function base64UrlBytes(text: string): Buffer | null {
  const bytes = Buffer.from(text, 'base64url');
  return text !== '' && bytes.toString('base64url') === text ? bytes : null;
}
