import { withPlainLength } from './plain-length';
import { Trouble } from './trouble';

/** Informational replies that are accepted before one reply, because an endpoint may send them without end. */
const MAX_INFORMATIONAL = 32;
/** Bytes of the head of a reply that are looked at. undici accepts no more. */
const MAX_HEAD_BYTES = 16_384;
/** How a status line begins. */
const STATUS_LINE = [/H/, /T/, /T/, /P/, /\//, /1/, /\./, /[01]/, / /, /\d/, /\d/, /\d/];
const WHOLE_STATUS_LINE = /^HTTP\/1\.[01] \d\d\d/;
/** The status line of an informational reply; code 101 would switch to another protocol, which undici refuses. */
const INFORMATIONAL = /^HTTP\/1\.[01] 1(?!01)\d\d/;
const END = /\n\r?\n/;
const NOTHING: Buffer = Buffer.alloc(0);

/**
 * Reads the heads of replies before undici does, which is stricter than servers are: it fails on a `100 Continue` that it did not ask for,
 * and on a Content-Length that comes twice. Informational replies (1xx) are left out, and the length is written once.
 */
export class HeadFilter {
  /** Whether the bytes belong to the body, or to something that is no reply. */
  #isPassing = false;
  /** Bytes of a head that is not complete. */
  #held = NOTHING;
  #informational = 0;

  /** The next reply begins. */
  restart(): void {
    this.#isPassing = false;
    this.#held = NOTHING;
    this.#informational = 0;
  }

  /** What undici gets of the received bytes; null if nothing is known of them yet. Throws for too much before the reply. */
  pass(piece: Buffer): Buffer | null {
    if (this.#isPassing) return piece;
    this.#held = this.#held.length === 0 ? piece : Buffer.concat([this.#held, piece]);
    for (;;) {
      const text = this.#held.toString('latin1', 0, MAX_HEAD_BYTES);
      const end = isHead(text) ? END.exec(text) : null;
      const isInformational = INFORMATIONAL.test(text);
      if (end === null && isHead(text) && text.length < MAX_HEAD_BYTES) return null;
      if (!isInformational)
        return this.#passOn(end ? text.slice(0, end.index + end[0].length) : '');
      if (end === null) throw new Trouble(`more than ${MAX_HEAD_BYTES} bytes came before a reply`);
      this.#skip(end.index + end[0].length);
      if (this.#held.length === 0) return null;
    }
  }

  #skip(bytes: number): void {
    this.#informational += 1;
    if (this.#informational > MAX_INFORMATIONAL)
      throw new Trouble(`more than ${MAX_INFORMATIONAL} informational replies came`);
    this.#held = this.#held.subarray(bytes);
  }

  /** In `latin1`, each character of the head is a byte. */
  #passOn(head: string): Buffer {
    const held = this.#held;
    this.#held = NOTHING;
    this.#isPassing = true;
    const plain = withPlainLength(head);
    if (plain === head) return held;
    return Buffer.concat([Buffer.from(plain, 'latin1'), held.subarray(head.length)]);
  }
}

/** Whether a text may be the beginning of a head. */
function isHead(text: string): boolean {
  if (WHOLE_STATUS_LINE.test(text)) return true;
  return STATUS_LINE.every((expected, at) => at >= text.length || expected.test(text[at] ?? ''));
}
