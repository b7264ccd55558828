/** Shorter secrets are not redacted: they occur inside ordinary words, and redacting them would hide nothing. */
export const MIN_LENGTH = 4;
/** Words of at least this length inside a secret (`Bearer abc…`) are redacted on their own, too. */
const MIN_WORD_LENGTH = 8;
const BASE64 = /^[A-Za-z0-9+/_-]+={0,2}$/;
/** Characters that the bytes before an encoded text change, by their number modulo 3. */
const ALIGNMENTS = [0, 2, 3] as const;

/** A text that gives a secret away. */
export interface SecretForm {
  readonly text: string;
  /** It is in hexadecimal digits, which have two cases. `text` is in lower case. */
  readonly isHex: boolean;
}

/**
 * The texts that give secrets away, longest first: each secret, its long words, what these are in base64 decoded, and all of them in
 * base64 (at any place of a longer text) and in hexadecimal digits.
 */
export function secretForms(secrets: readonly string[]): readonly SecretForm[] {
  const plain = plainForms(secrets);
  const encoded = plain.flatMap((text) => encodedForms(Buffer.from(text)));
  const keys = plain.flatMap((text) => (isBase64(text) ? encodedForms(decoded(text)) : []));
  const forms = [...plain.map((text) => ({ text, isHex: false })), ...encoded, ...keys];
  return forms.sort((a, b) => b.text.length - a.text.length);
}

/** The secrets, their long words, and the texts that these encode in base64, such as `user:password`. */
export function plainForms(secrets: readonly string[]): readonly string[] {
  const given = secrets.flatMap(withWords);
  const inside = given.filter(isBase64).flatMap((text) => textForms(decoded(text)));
  return [...new Set([...given, ...inside])];
}

function withWords(secret: string): readonly string[] {
  const words = secret.split(/[\s,;:=_]+/).filter(({ length }) => length >= MIN_WORD_LENGTH);
  const base64 = /^whsec_(.+?)=*$/.exec(secret)?.[1] ?? '';
  const texts = base64.length < MIN_WORD_LENGTH ? words : [...words, base64];
  return secret.length >= MIN_LENGTH ? [secret, ...texts] : texts;
}

/** Bytes that are a text are shown by it, and so is the password of credentials. */
function textForms(bytes: Buffer): readonly string[] {
  const text = bytes.toString();
  if (!Buffer.from(text).equals(bytes)) return [];
  const password = text.slice(text.indexOf(':') + 1);
  return [...new Set([text, password])].filter(({ length }) => length >= MIN_LENGTH);
}

function isBase64(text: string): boolean {
  return text.length >= MIN_WORD_LENGTH && BASE64.test(text);
}

/** Node.js reads both alphabets of base64. */
function decoded(text: string): Buffer {
  return Buffer.from(text, 'base64');
}

function encodedForms(bytes: Buffer): readonly SecretForm[] {
  const base64 = ALIGNMENTS.map((hidden, before) =>
    Buffer.concat([Buffer.alloc(before), bytes])
      .toString('base64')
      // What follows the secret changes the last character, too.
      .replace(/.=+$/, '')
      .slice(hidden),
  );
  const url = base64.map((text) => text.replaceAll('+', '-').replaceAll('/', '_'));
  const texts = [...new Set([...base64, ...url])].map((text) => ({ text, isHex: false }));
  const hex = { text: bytes.toString('hex'), isHex: true };
  return [...texts, hex].filter(({ text }) => text.length >= MIN_WORD_LENGTH);
}
