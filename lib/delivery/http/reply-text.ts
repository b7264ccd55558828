import { TextDecoder } from 'node:util';

/** Byte order marks, with the encodings that they belong to. */
const MARKS: readonly (readonly [mark: readonly number[], encoding: string])[] = [
  [[0xef, 0xbb, 0xbf], 'utf-8'],
  [[0xfe, 0xff], 'utf-16be'],
  [[0xff, 0xfe], 'utf-16le'],
];
const CHARSET = /;\s*charset\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s;]*))/i;

/**
 * The text of a reply: by its byte order mark, else by the `charset` of its content type, else in UTF-8. Without any of them, JSON in
 * UTF-16 is known by its zero bytes (RFC 4627, section 3). Bytes that are not valid become U+FFFD. A character that was cut is left out.
 */
export function replyText(bytes: Buffer, contentType: string | null, isCut: boolean): string {
  return decoderOf(bytes, contentType).decode(bytes, { stream: isCut });
}

function decoderOf(bytes: Buffer, contentType: string | null): TextDecoder {
  const marked = MARKS.find(([mark]) => mark.every((byte, at) => bytes[at] === byte))?.[1];
  const [, ...charset] = CHARSET.exec(contentType ?? '') ?? [];
  const named = charset.find((name) => name !== undefined)?.trim() ?? '';
  const isWide = named === '' || /^utf-?16$/i.test(named);
  return decoder(marked ?? (isWide ? wideEncodingOf(bytes) : null) ?? named);
}

/** The encoding of a text in UTF-16 without a mark that begins with an ASCII character. */
function wideEncodingOf([first, second]: Buffer): string | null {
  if (first === undefined || second === undefined || (first === 0) === (second === 0)) return null;
  return first === 0 ? 'utf-16be' : 'utf-16le';
}

/** UTF-8 for an encoding that does not exist. */
function decoder(encoding: string): TextDecoder {
  try {
    return new TextDecoder(encoding || 'utf-8');
  } catch {
    return new TextDecoder();
  }
}
