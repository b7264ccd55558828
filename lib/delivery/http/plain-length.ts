const FRAMING = /(?:content-length|transfer-encoding)[^\n]*/gi;
const LENGTH = /^content-length[ \t]*:[ \t]*(.*?)[ \t]*\r?\n/gim;
const CODING = /^transfer-encoding[ \t]*:/im;

/**
 * The head of a reply with its Content-Length once, if it says the same number several times, and without it if there is a
 * Transfer-Encoding, which overrides it. Any other head is returned as it is.
 *
 * @see RFC 9112, section 6.3.
 */
export function withPlainLength(head: string): string {
  // Nearly every head: one length, and nothing beside it.
  const framing = head.match(FRAMING);
  if (framing === null || (framing.length === 1 && !framing[0]?.includes(','))) return head;
  const lengths = [...head.matchAll(LENGTH)].flatMap(([, value = '']) => value.split(/\s*,\s*/));
  const [first = ''] = lengths;
  if (lengths.length === 0) return head;
  if (CODING.test(head)) return head.replace(LENGTH, '');
  const isSame = /^\d+$/.test(first) && lengths.every((length) => length === first);
  if (lengths.length === 1 || !isSame) return head;
  let isFirst = true;
  return head.replace(LENGTH, () => {
    const line = isFirst ? `Content-Length: ${first}\r\n` : '';
    isFirst = false;
    return line;
  });
}
